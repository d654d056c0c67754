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
inline constexpr std::array<std::string_view, 3> words_of<PixelLayout>{"auto", "nchw", "nhwc"};
template <>
inline constexpr std::array<std::string_view, 5> words_of<TaskKind>{"none", "classification", "detection",
                                                                    "segmentation", "text"};
template <>
inline constexpr std::array<std::string_view, 12> words_of<Decoder>{
    "none",      "boxes", "ssd",        "fastestdet", "yolov5",  "yolov8",
    "centernet", "yolox", "yolov8_seg", "centerface", "picodet", "dbnet"};
template <>
inline constexpr std::array<std::string_view, 2> words_of<BoxForm>{"corners", "centres"};
template <>
inline constexpr std::array<std::string_view, 3> words_of<ScoreKind>{"probability", "sigmoid", "softmax"};

void preprocess_fields(auto&& f, auto& self) {
  f("resize", self.resize), f("fit", self.fit), f("crop", self.crop), f("interpolation", self.interpolation),
      f("scale", self.scale), f("mean", self.mean), f("std", self.std), f("channels", self.channels),
      f("layout", self.layout), f("fill", self.fill);
}

void decoding_fields(auto&& f, auto& self) {
  f("decoder", self.decoder), f("heads", self.heads), f("iou", self.iou), f("max", self.max), f("scores", self.scores),
      f("background", self.background), f("form", self.form), f("relative", self.relative), f("anchors", self.anchors),
      f("variances", self.variances), f("strides", self.strides), f("threshold", self.threshold),
      f("unclip", self.unclip);
}

void task_fields(auto&& f, auto& self) {
  f("kind", self.kind, required), f("labels", self.labels), f("output", self.output), f("softmax", self.softmax),
      f("top", self.top), f("min_score", self.min_score), f("masks", self.masks), f("palette", self.palette);
  decoding_fields(f, self.decoding);
}

}  // namespace banoff
