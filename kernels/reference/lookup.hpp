// Ops whose output element is one input element, found by a table per dimension (padding, nearest resizing).
#pragma once

#include <cstring>
#include <vector>

#include "kernels/reference/context.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

/// For each dimension and output index, the input index it takes; -1: none, the fill value.
using Lookup = std::vector<std::vector<std::int64_t>>;

/// `fill` holds one element, or one for every index of axis 1.
[[nodiscard]] inline Body look_up(const TensorType& in, const TensorType& out, Lookup lookup,
                                  std::vector<std::byte> fill) {
  const auto size = static_cast<std::int64_t>(size_of(in.dtype));
  const bool per_channel = std::ssize(fill) > size;
  return [=, shape = out.shape, strides = strides_of(in.shape), count = out.shape.elements(),
          lookup = std::move(lookup), fill = std::move(fill)](const KernelArgs& args) {
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t rest = i;
      std::int64_t at = 0;
      std::int64_t channel = 0;
      bool inside = true;
      for (std::size_t d = shape.rank(); d-- > 0;) {
        const std::int64_t index = rest % shape[d];
        rest /= shape[d];
        const std::int64_t source = lookup[d][static_cast<std::size_t>(index)];
        inside = inside && source >= 0;
        at += source * strides[d];
        if (d == 1 && per_channel) channel = index;
      }
      const std::byte* from = inside ? args.inputs[0] + at * size : fill.data() + channel * size;
      std::memcpy(args.outputs[0] + i * size, from, static_cast<std::size_t>(size));
    }
  };
}

}  // namespace banoff::reference
