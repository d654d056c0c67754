// Networks of Figure 5 with the labelled pictures that tell how good they are.
#pragma once

#include <filesystem>
#include <vector>

#include "banoff/session.hpp"
#include "banoff/task/image.hpp"

namespace banoff::bench {

struct Examples {
  std::vector<Image> images;
  std::vector<std::int64_t> labels;  ///< class numbers
};

/// A classifier with pictures it was not trained on.
struct Exam {
  Model model;
  Examples examples;
};

/// A labelled folder, as `banoff eval` reads it.
[[nodiscard]] Examples read_examples(const std::filesystem::path& folder, const Task& task);

/// Records of CIFAR-10's binary version: a byte of label and 32 x 32 pixels, red, green and blue plane by plane. Throws
/// bad_input for a file that does not hold whole records, or labels beyond 9.
[[nodiscard]] Examples read_cifar10(const std::filesystem::path& file);

/// The demo's classifier with its held-out scans; and ResNet-56 of CIFAR-10 where the environment variable BANOFF_DATA
/// names a folder that has it. Throws bad_input where the demo is nowhere to be found.
[[nodiscard]] std::vector<Exam> figure5_exams();

/// The share of pictures that the network takes for what they are.
[[nodiscard]] double accuracy_of(const Model& model, const Examples& examples, const DeviceOptions& device);

}  // namespace banoff::bench
