// A kernel around one oneDNN primitive.
#pragma once

#include <functional>

#include "kernels/cpu/onednn/compat.hpp"
#include "kernels/cpu/weight_cache.hpp"
#include "kernels/region.hpp"

namespace banoff::onednn {

/// Weights from one memory descriptor to another.
using Packing = std::pair<Md, Md>;
using Weights = cpu::WeightCache<Packing, dnnl::memory>;
using PackedPtr = Weights::Pointer;

/// What describing and making kernels needs to know of the device. Outlives its offers.
struct Context {
  dnnl::engine engine;
  int threads = 1;
  std::size_t implementations = 1;  ///< offered for one convolution
  std::shared_ptr<Weights> weights = std::make_shared<Weights>();
};

/// A memory descriptor of f32 values. Rank 3 is described as rank 4 with height 1, the same bytes.
[[nodiscard]] Md descriptor(const Shape& shape, Layout layout);
[[nodiscard]] Md descriptor_of(dnnl::memory::data_type type, const Shape& shape, Layout layout);
/// The same of floats as they are stored. Throws Refused where they are numbers on a grid.
[[nodiscard]] Md float_descriptor(const TensorType& type, Layout layout);

/// Which region input feeds an argument of the primitive.
struct Binding {
  int argument = 0;
  Md md;
  std::size_t input = 0;
};

struct PrimitiveParts {
  dnnl::primitive primitive;
  std::string implementation;
  std::vector<Binding> inputs;
  int output_argument = DNNL_ARG_DST;
  Md output;
  std::vector<std::pair<int, PackedPtr>> constants;  ///< packed weights
  Md scratchpad;
  int in_place = none;
};

[[nodiscard]] std::unique_ptr<Kernel> primitive_kernel(const Context& context, PrimitiveParts parts);

/// Values that lie row-major (or as `given` says) in memory the primitive prefers: a copy, shared with whoever asked
/// for the same before.
[[nodiscard]] PackedPtr packed(const Context& context, std::span<const float> values, const Md& given,
                               const Md& wanted);

/// Attributes with the scratchpad handed in by the caller, so that run need not allocate.
[[nodiscard]] dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {});

/// Whether an implementation's name is one of those that are 10 to 1000 times slower than the others for convolutions.
[[nodiscard]] bool is_slow(const std::string& implementation);

/// At most `most` implementations that are not slow, the library's favourite first; where there is none such, the first
/// slow one. Those behind a slow one are not looked for once something is found: the library lists them last. Throws
/// Refused where there is no implementation at all.
template <class Primitive, class... Args>
[[nodiscard]] std::vector<typename Primitive::primitive_desc> implementations(const Context& context, std::size_t most,
                                                                              const dnnl::primitive_attr& attr,
                                                                              const Args&... args) {
  using Pd = typename Primitive::primitive_desc;
  std::vector<Pd> fast, slow;
  const auto visit = [&](const Pd& pd) {
    const bool is_fast = !is_slow(pd.impl_info_str());
    if (is_fast || slow.empty()) (is_fast ? fast : slow).emplace_back(pd.get());
    return fast.size() < most && (fast.empty() || slow.empty());
  };
  try {
    for_each_implementation<Primitive>(context.engine, attr, visit, args...);
    return fast.empty() ? slow : fast;
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) {
      throw Refused{std::string("oneDNN has no implementation: ") + error.what()};
    }
    throw;
  }
}

}  // namespace banoff::onednn
