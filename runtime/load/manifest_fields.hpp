// The keys of `preprocess` and `task`, listed once for reading and printing.
#pragma once

#include "banoff/manifest.hpp"
#include "runtime/load/fields.hpp"

namespace banoff {

template <>
inline constexpr std::array<std::string_view, 3> words_of<Fit>{"shorter", "exact", "letterbox"};
template <>
inline constexpr std::array<std::string_view, 3> words_of<Channels>{"rgb", "bgr", "gray"};
template <>
inline constexpr std::array<std::string_view, 2> words_of<Interpolation>{"bilinear", "nearest"};
template <>
inline constexpr std::array<std::string_view, 4> words_of<TaskKind>{"none", "classification", "detection",
                                                                    "segmentation"};

void preprocess_fields(auto&& f, auto& self) {
  f("resize", self.resize), f("fit", self.fit), f("crop", self.crop), f("interpolation", self.interpolation),
      f("scale", self.scale), f("mean", self.mean), f("std", self.std), f("channels", self.channels),
      f("fill", self.fill);
}

void task_fields(auto&& f, auto& self) {
  f("kind", self.kind, required), f("labels", self.labels), f("output", self.output), f("softmax", self.softmax),
      f("top", self.top), f("min_score", self.min_score), f("masks", self.masks), f("palette", self.palette);
}

}  // namespace banoff
