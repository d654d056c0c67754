// What a model file says besides the network: how an image becomes an input, and what the outputs mean.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace banoff {

enum class Fit : std::uint8_t { shorter, exact, letterbox };
enum class Channels : std::uint8_t { rgb, bgr, gray };
enum class Interpolation : std::uint8_t { bilinear, nearest };
/// How an input's sizes are ordered; `automatic`: nhwc where only the last of them is the number of channels.
enum class PixelLayout : std::uint8_t { automatic, nchw, nhwc };

/// Pixel p (0..255) -> (p / scale - mean[c]) / std[c], after resizing and cropping.
struct Preprocess {
  std::string input;
  std::vector<std::int64_t> resize;  ///< empty: none; one: the shorter side; two: height, width
  Fit fit = Fit::exact;
  std::vector<std::int64_t> crop;  ///< empty: none; one or two sizes, centred
  Interpolation interpolation = Interpolation::bilinear;
  double scale = 255;
  std::vector<double> mean, std;  ///< one per channel, or one for all
  Channels channels = Channels::rgb;
  PixelLayout layout = PixelLayout::automatic;
  double fill = 114;  ///< grey of a letterbox's borders
  bool operator==(const Preprocess&) const = default;
};

enum class TaskKind : std::uint8_t { none, classification, detection, segmentation, text };

/// What raw heads are, where a network's output is not rows of boxes yet (docs/model-format.md).
enum class Decoder : std::uint8_t {
  none,
  boxes,
  ssd,
  fastestdet,
  yolov5,
  yolov8,
  centernet,
  yolox,
  yolov8_seg,
  centerface,
  picodet,
  dbnet
};
enum class BoxForm : std::uint8_t { corners, centres };  ///< x1 y1 x2 y2, or cx cy w h
enum class ScoreKind : std::uint8_t { probability, sigmoid, softmax };

/// Detection: how raw heads become boxes.
struct Decoding {
  Decoder decoder = Decoder::none;
  std::vector<std::string> heads;             ///< outputs in the decoder's order; empty: the network's, in theirs
  double iou = 0.5;                           ///< a box that overlaps a better one of its class by more goes
  std::int64_t max = 100;                     ///< boxes to keep
  ScoreKind scores = ScoreKind::probability;  ///< what makes the scores probabilities
  bool background = false;                    ///< class 0 is none
  BoxForm form = BoxForm::corners;            ///< of boxes and anchors
  bool relative = false;                      ///< boxes and anchors are fractions of the input's sides
  std::string anchors;                        ///< .npy file [count, 4]; empty: they are a head
  std::vector<double> variances{0.1, 0.1, 0.2, 0.2};
  std::vector<std::int64_t> strides{8, 16, 32};  ///< pixels from one cell to the next, of each map in the head
  double threshold = 0.3;                        ///< of a pixel's probability to be in a region
  double unclip = 1.5;                           ///< what a region grows by: this times its area by its perimeter
  bool operator==(const Decoding&) const = default;
};

struct Task {
  TaskKind kind = TaskKind::none;
  std::vector<std::string> labels;
  std::string output;   ///< which graph output; default: the first
  bool softmax = true;  ///< classification: apply softmax to print probabilities
  std::int64_t top = 5;
  double min_score = 0.3;  ///< detection
  std::string masks;       ///< detection: the output that has a mask for each box; empty: none
  Decoding decoding;       ///< detection
  std::vector<std::array<std::uint8_t, 3>> palette;
  bool operator==(const Task&) const = default;
};

struct Manifest {
  std::filesystem::path file;       ///< the model file
  std::filesystem::path weights;    ///< as resolved against it
  std::vector<std::string> ignore;  ///< tensors of the weights file whose names begin so are not for this network
  std::vector<Preprocess> preprocess;
  Task task;
};

}  // namespace banoff
