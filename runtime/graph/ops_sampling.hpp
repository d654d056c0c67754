// Ops that read images between their pixels: at the places of a grid, under boxes in several pictures. Folding stops at
// them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

enum class SampleMode : std::uint8_t { linear, nearest, cubic };
template <>
inline constexpr std::array<std::string_view, 3> words_of<SampleMode>{"linear", "nearest", "cubic"};

/// What lies outside an image: nothing, its border, or the image mirrored.
enum class Outside : std::uint8_t { zeros, border, reflection };
template <>
inline constexpr std::array<std::string_view, 3> words_of<Outside>{"zeros", "border", "reflection"};

/// Samples images [N, C, spatial…] at the places of a grid [N, out spatial…, as many as x has spatial dimensions],
/// which names the last dimension first and runs from -1 to 1: to [N, C, out spatial…]. -1 and 1 are the centres of the
/// outermost pixels with `align_corners`, else their outer edges. `nearest` rounds halves to the even neighbour;
/// `cubic` is Keys' kernel with a = -0.75.
struct GridSample {
  static constexpr OpFacts facts{"grid_sample", two_inputs,         Elements::floats, Memory::computed, Role::other,
                                 Order::own,    Pictures::together, no_slot,          Work{8, 0}};
  SampleMode mode = SampleMode::linear;
  Outside outside = Outside::zeros;
  bool align_corners = false;
  void fields(auto&& f, auto& self) const {
    f("mode", self.mode), f("outside", self.outside), f("align_corners", self.align_corners);
  }
  bool operator==(const GridSample&) const = default;
};

/// RoIAlign (He et al. 2017) of boxes in several pictures: x [N, C, H, W], boxes [K, 4] (x1 y1 x2 y2, in pixels of x
/// divided by `scale`) and the picture of each [K] to [K, C, size]. A bin is the mean of its sampling points, or with
/// `max` the largest of their neighbours as weighted, as ONNX defines it.
struct RoiAlignBatch {
  static constexpr OpFacts facts{"roi_align_batch", three_inputs,       Elements::any, Memory::computed, Role::other,
                                 Order::own,        Pictures::together, no_slot,       no_work};
  Spatial size;
  double scale = 1;
  std::int64_t sampling = 0;  ///< points per bin and direction; 0: as many as the bin has pixels, rounded up
  bool max = false;
  bool aligned = false;  ///< pixels have their centres at halves
  void fields(auto&& f, auto& self) const {
    f("size", self.size, required), f("scale", self.scale), f("sampling", self.sampling), f("max", self.max),
        f("aligned", self.aligned);
  }
  bool operator==(const RoiAlignBatch&) const = default;
};

}  // namespace banoff
