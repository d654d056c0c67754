// A convolution whose padding reads a value per channel, as the same convolution with zero padding and a constant map:
// at every output position the sum over the taps outside the input of weight times value, zero away from the border.
#pragma once

#include <span>

#include "kernels/cpu/onednn/primitive.hpp"
#include "kernels/layout.hpp"

namespace banoff::onednn {

struct PaddedInput {
  const std::vector<Window>& spatial;
  std::int64_t groups;
  std::span<const float> weights;  ///< [out][in / groups][taps]
  std::span<const float> values;   ///< what the padding reads, [in]
};

class Border {
 public:
  /// The map of `output` in a layout. Takes no more multiplications than one run of the convolution.
  Border(const PaddedInput& input, const Shape& output, Layout layout);

  /// y += map: touches the border only.
  void add_to(float* y) const;
  [[nodiscard]] std::size_t bytes() const { return values_.size() * sizeof(float) + pixels_.size() * sizeof(Pixel); }

 private:
  struct Pixel {
    std::int64_t at;    ///< position among the output's pixels
    std::int64_t cell;  ///< positions of one cell lack the same taps, and share their values
  };

  Blocks view_;
  std::vector<Pixel> pixels_;  ///< of the border, in order
  std::vector<float> values_;  ///< [cell][channel], the channels padded to whole blocks
};

/// The share of a convolution's output positions whose window reads padding.
[[nodiscard]] double border_share(const std::vector<Window>& spatial);

/// `kernel`, a convolution with zero padding, with the map added to its result; or to the input that it overwrites,
/// where it adds onto one, so that what follows in the same kernel sees the sum.
[[nodiscard]] std::unique_ptr<Kernel> bordered_kernel(Border border, std::unique_ptr<Kernel> kernel);
[[nodiscard]] std::string bordered_name(const std::string& implementation);

}  // namespace banoff::onednn
