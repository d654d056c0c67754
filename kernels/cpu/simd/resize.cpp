#include "kernels/cpu/simd/resize.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/resize.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

void linear_row(const LinearRow& given) {
  const LinearRow p = given;  // of which the compiler knows that nothing else points at it
  const ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  const auto one = Set(d, 1.0F);
  const auto below = Set(d, p.below);
  const auto above = Sub(one, below);
  for (std::int64_t at = 0; at < p.out_width; at += lanes) {
    const std::int64_t first = p.first[at / lanes];
    const std::int64_t left = p.in_width - first;
    const auto top = load_lanes(d, p.top + first, left);
    const auto bottom = load_lanes(d, p.bottom + first, left);
    const auto line = MulAdd(bottom, below, Mul(top, above));
    const auto from_left = TableLookupLanes(line, SetTableIndices(d, p.left + at));
    const auto from_right = TableLookupLanes(line, SetTableIndices(d, p.right + at));
    const auto beside = LoadU(d, p.beside + at);
    const auto value = MulAdd(from_right, beside, Mul(from_left, Sub(one, beside)));
    store_lanes(d, value, p.y + at, p.out_width - at);
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
LinearRowKernel linear_row_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, linear_row); }
}  // namespace banoff::cpu::simd
#endif
