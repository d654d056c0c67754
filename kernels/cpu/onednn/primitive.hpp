// A kernel around one oneDNN primitive.
#pragma once

#include <functional>

#include "kernels/cpu/onednn/compat.hpp"
#include "kernels/cpu/onednn/weight_cache.hpp"
#include "kernels/region.hpp"

namespace banoff::onednn {

/// What compile functions need to know of the device.
struct Context {
  dnnl::engine engine;
  int threads = 1;
  bool allow_slow = false;
  std::shared_ptr<WeightCache> weights = std::make_shared<WeightCache>();
};

/// A memory descriptor of f32 values. Rank 3 is described as rank 4 with height 1, the same bytes.
[[nodiscard]] Md descriptor(const Shape& shape, Layout layout);

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
  double cost_us = 0;
};

[[nodiscard]] std::unique_ptr<Kernel> primitive_kernel(const Context& context, PrimitiveParts parts);

/// A kernel that knows its cost and nothing else, for a planner that compares alternatives.
[[nodiscard]] std::unique_ptr<Kernel> estimated_kernel(std::string implementation, double cost_us);

/// Values that lie row-major (or as `given` says) in memory the primitive prefers: a copy, shared with whoever asked
/// for the same before.
[[nodiscard]] PackedPtr packed(const Context& context, const std::vector<float>& values, const Md& given,
                               const Md& wanted);

/// Attributes with the scratchpad handed in by the caller, so that run need not allocate.
[[nodiscard]] dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {});

/// Whether an implementation's name is one of those that are 10 to 1000 times slower than the others for convolutions.
[[nodiscard]] bool is_slow(const std::string& implementation);

/// The first implementation that is not slow; with `slow_too`, the first one if there is none such. Throws Refused
/// naming what there is.
template <class Primitive, class... Args>
[[nodiscard]] typename Primitive::primitive_desc choose(const Context& context, const dnnl::primitive_attr& attr,
                                                        bool slow_too, const Args&... args) {
  try {
    std::string first;
    const auto fast = [&](const std::string& name) {
      if (first.empty()) first = name;
      return !is_slow(name);
    };
    if (auto pd = find_implementation<Primitive>(context.engine, attr, fast, args...)) return *pd;
    if (!slow_too) throw Refused{"oneDNN has only " + first};
    const auto any = [](const std::string&) { return true; };
    return find_implementation<Primitive>(context.engine, attr, any, args...).value();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) {
      throw Refused{std::string("oneDNN has no implementation: ") + error.what()};
    }
    throw;
  }
}

}  // namespace banoff::onednn
