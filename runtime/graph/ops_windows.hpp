// Ops that make images smaller or larger: pooling and resizing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

enum class PoolKind : std::uint8_t { max, avg };

struct Pool {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  PoolKind kind = PoolKind::max;
  Spatial kernel;
  std::optional<Spatial> stride;  ///< default: the kernel
  Padding padding;
  Spatial dilation;
  bool ceil_mode = false;
  bool count_include_pad = false;
  [[nodiscard]] const Spatial& steps() const { return stride ? *stride : kernel; }
  void fields(auto&& f, auto& self) const {
    f("kernel", self.kernel, required), f("stride", self.stride), f("padding", self.padding);
    f("dilation", self.dilation), f("ceil_mode", self.ceil_mode);
    if (kind == PoolKind::avg) f("count_include_pad", self.count_include_pad);
  }
  bool operator==(const Pool&) const = default;
};

/// Where the maximum of each window stands in the input, as i64: its place in the row-major order of all elements, or
/// with `column_major` in the order in which the last spatial dimension is the slowest of its channel.
struct MaxPoolIndices {
  static constexpr OpFacts facts{"max_pool_indices", one_input,   Elements::floats,
                                 Memory::computed,   Role::other, Order::own,
                                 Pictures::together, no_slot,     no_work};
  Pool pool;
  bool column_major = false;
  void fields(auto&& f, auto& self) const { pool.fields(f, self.pool), f("column_major", self.column_major); }
  bool operator==(const MaxPoolIndices&) const = default;
};

/// Reduces every spatial dimension to 1.
struct GlobalPool {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          Work{0, 1}};
  PoolKind kind = PoolKind::avg;
  void fields(auto&&, auto&) const {}
  bool operator==(const GlobalPool&) const = default;
};

/// Averages the spatial dimensions to a given size, over bins that cover the input evenly and may overlap.
struct AdaptiveAvgPool {
  static constexpr OpFacts facts{"adaptive_avg_pool", one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own,          Pictures::apart, no_slot,          Work{0, 1}};
  Spatial size;
  /// Along a dimension, bin `o` of `out` reads [begin_of(o), end_of(o)): torch.nn.AdaptiveAvgPool's bins.
  [[nodiscard]] static constexpr std::int64_t begin_of(std::int64_t o, std::int64_t in, std::int64_t out) {
    return o * in / out;
  }
  [[nodiscard]] static constexpr std::int64_t end_of(std::int64_t o, std::int64_t in, std::int64_t out) {
    return ((o + 1) * in + out - 1) / out;
  }
  void fields(auto&& f, auto& self) const { f("size", self.size, required); }
  bool operator==(const AdaptiveAvgPool&) const = default;
};

/// Resizes the spatial dimensions: out = floor(in * scale), or `size`, or (with neither) those of a second input, of
/// which only the sizes count.
struct Resize {
  static constexpr OpFacts facts{"resize",   Arity{1, 2},     Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::vector<double> scale;
  Ints size;
  ResizeMode mode = ResizeMode::nearest;
  Coordinates coordinates = Coordinates::half_pixel;
  Rounding rounding = Rounding::floor;
  void fields(auto&& f, auto& self) const {
    f("scale", self.scale), f("size", self.size), f("mode", self.mode), f("coordinates", self.coordinates),
        f("rounding", self.rounding);
  }
  bool operator==(const Resize&) const = default;
};

}  // namespace banoff
