// What the weights of a layer multiply: samples of its windows.
#pragma once

#include "runtime/compress/quantize/rounding.hpp"

namespace banoff::quantize {

/// Up to some thousand windows of a convolution, from all over its inputs, or rows of a dense layer.
class Samples {
 public:
  Samples(const Node& layer, const Values& inputs);
  [[nodiscard]] std::size_t groups() const { return groups_; }
  /// Of the numbers that weights begin … begin + size of each output of a group multiply, with the variance of rounding
  /// them to multiples of `input_scale`.
  [[nodiscard]] Covariance covariance(std::size_t group, std::size_t begin, std::size_t size, double input_scale) const;

 private:
  static constexpr std::int64_t padding = -1;
  struct Place {
    std::size_t input;                ///< which of `floats_`
    std::vector<std::int64_t> inner;  ///< by tap: the element of a channel's plane, or padding
    std::size_t batch = 0;
  };
  void add_windows(const Node& layer, std::size_t input, std::size_t count);
  /// [samples][width] with zeros behind `size`, means taken out.
  [[nodiscard]] std::vector<float> rows(std::size_t first_channel, std::size_t begin, std::size_t size,
                                        std::size_t width) const;

  std::vector<Tensor> floats_;
  std::vector<Place> places_;
  std::size_t groups_ = 1, taps_ = 1, channels_ = 1, plane_ = 1;
};

}  // namespace banoff::quantize
