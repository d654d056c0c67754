#include "kernels/cpu/simd/depthwise.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/half_depthwise.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/filters-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

HalfDepthwiseKernel half_depthwise_of(std::int64_t kernel, std::int64_t stride) {
  return depthwise_of<HalfFloat>(kernel, stride);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
HalfDepthwiseKernel half_depthwise_kernel(Isa isa, std::int64_t kernel, std::int64_t stride) {
  return BANOFF_FOR_ISA(isa, half_depthwise_of)(kernel, stride);
}
}  // namespace banoff::cpu::simd
#endif
