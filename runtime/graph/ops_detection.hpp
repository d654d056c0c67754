// Ops on boxes: what detectors have behind their convolutions. Folding stops at all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

/// The boxes x1 y1 x2 y2 that a detector starts from: [H W A, 4] for a feature map of H x W cells, the A boxes of a
/// cell one after the other. The inputs (feature map, image) say how large things are; what they hold does not matter.
struct Anchors {
  static constexpr OpFacts facts{"anchors",  two_inputs,         Elements::floats, Memory::known, Role::other,
                                 Order::own, Pictures::together, no_slot,          no_work};
  std::vector<double> sizes;        ///< the square root of a box's area, for each of the A boxes
  std::vector<double> ratios{1.0};  ///< height / width
  double offset = 0.5;              ///< of the first cell's centre, in cells
  bool relative = false;      ///< sizes are fractions of the image's sides, and no side is longer than the image's
  bool whole_pixels = false;  ///< cells are a whole number of pixels apart, and half the sides are rounded
  void fields(auto&& f, auto& self) const {
    f("sizes", self.sizes, required), f("ratios", self.ratios), f("offset", self.offset), f("relative", self.relative),
        f("whole_pixels", self.whole_pixels);
  }
  bool operator==(const Anchors&) const = default;
};

/// Moves boxes by deltas (dx dy dw dh): the centre by (dx, dy) / weights of a box's size, its sides times exp of
/// (dw, dh) / weights. A third input is the image that the results are clipped to (its size alone counts).
struct DecodeBoxes {
  static constexpr OpFacts facts{"decode_boxes", Arity{2, 3},        Elements::floats, Memory::computed, Role::other,
                                 Order::own,     Pictures::together, no_slot,          no_work};
  std::vector<double> weights{1.0, 1.0, 1.0, 1.0};
  double max_log_scale = 4.135166556742356;  ///< of a side: log(1000 / 16)
  void fields(auto&& f, auto& self) const { f("weights", self.weights), f("max_log_scale", self.max_log_scale); }
  bool operator==(const DecodeBoxes&) const = default;
};

/// Non-maximum suppression per class and per pair of inputs: boxes [K, 4] (x1 y1 x2 y2) or one for each class
/// [K, 4 C], and scores [K, C], to rows x1 y1 x2 y2 score class.
struct Nms {
  static constexpr OpFacts facts{"nms",      Arity{2, any_number}, Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::together,   no_slot,          no_work};
  double iou = 0.5;
  double score = 0.05;
  std::int64_t max = 100;
  std::optional<std::int64_t> candidates;  ///< how many of the best boxes of a class are looked at
  std::optional<double> min_size;          ///< of both sides
  bool background = false;                 ///< class 0 is none
  void fields(auto&& f, auto& self) const {
    f("iou", self.iou), f("score", self.score), f("max", self.max), f("candidates", self.candidates),
        f("min_size", self.min_size), f("background", self.background);
  }
  bool operator==(const Nms&) const = default;
};

/// RoIAlign (He et al. 2017) from a pyramid of feature maps [1, C, H, W], finest first: boxes [K, 4 or more] to
/// [K, C, size]. The map a box is read from follows from its area (eq. 1 of Lin et al. 2017).
struct RoiAlign {
  static constexpr OpFacts facts{"roi_align", Arity{2, any_number}, Elements::floats, Memory::computed, Role::other,
                                 Order::own,  Pictures::together,   no_slot,          no_work};
  static constexpr std::int64_t most_points = 256;  ///< in a direction: bins times sampling
  Spatial size;
  Ints strides;                      ///< of the maps, powers of two
  std::int64_t sampling = 2;         ///< points per bin and direction
  double canonical_size = 224;       ///< the side of a box that is read from the map of
  std::int64_t canonical_level = 4;  ///< stride 2^canonical_level
  bool aligned = false;              ///< pixels have their centres at halves
  void fields(auto&& f, auto& self) const {
    f("size", self.size, required), f("strides", self.strides, required), f("sampling", self.sampling),
        f("canonical_size", self.canonical_size), f("canonical_level", self.canonical_level),
        f("aligned", self.aligned);
  }
  bool operator==(const RoiAlign&) const = default;
};

/// Of each row of x [K, C, …] the channel that the last entry of the same row of y [K, M] names: [K, 1, …].
struct PickChannel {
  static constexpr OpFacts facts{"pick_channel", two_inputs,         Elements::floats, Memory::computed, Role::other,
                                 Order::own,     Pictures::together, no_slot,          no_work};
  void fields(auto&&, auto&) const {}
  bool operator==(const PickChannel&) const = default;
};

}  // namespace banoff
