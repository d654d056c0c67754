// Quantisation as its users see it: what to do, and what it cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "banoff/export.h"
#include "banoff/fold.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

/// How the range of a value follows from what pictures make of it: all of it, or that which gives the least squared
/// error on the grid.
enum class Ranges : std::uint8_t { minmax, mse };
[[nodiscard]] BANOFF_API std::string_view name_of(Ranges ranges) noexcept;
[[nodiscard]] BANOFF_API Ranges ranges_named(std::string_view name);  ///< throws usage for an unknown word

/// Whether each output of a layer has a scale of weights of its own, or all have one.
enum class WeightScales : std::uint8_t { channel, tensor };
[[nodiscard]] BANOFF_API std::string_view name_of(WeightScales scales) noexcept;
[[nodiscard]] BANOFF_API WeightScales weight_scales_named(std::string_view name);  ///< throws usage likewise

/// How weights are rounded: each to its nearest number, or, where there are pictures, together, so that the output's
/// error on what pictures make of the layer's input is small.
enum class WeightRounding : std::uint8_t { nearest, fitted };
[[nodiscard]] BANOFF_API std::string_view name_of(WeightRounding rounding) noexcept;
[[nodiscard]] BANOFF_API WeightRounding weight_rounding_named(std::string_view name);  ///< throws usage likewise

/// Whether channels that share a grid are brought to one size first. automatic: with one scale of weights for a layer,
/// and where that is expected to divide the noise by ten.
enum class Equalise : std::uint8_t { automatic, on, off };
[[nodiscard]] BANOFF_API std::string_view name_of(Equalise equalise) noexcept;
[[nodiscard]] BANOFF_API Equalise equalise_named(std::string_view name);  ///< throws usage likewise

struct BANOFF_API QuantizeOptions {
  /// Inputs of the network, by name, as they are after preprocessing; empty: the statistics of its batch norms tell.
  std::vector<std::map<std::string, Tensor>> pictures;
  Ranges ranges = Ranges::minmax;
  WeightScales weights = WeightScales::channel;
  WeightRounding rounding = WeightRounding::fitted;
  Equalise equalise = Equalise::automatic;
  /// How many of the noisiest layers stay in float.
  std::size_t float_layers = 4;
  FoldOptions fold = without_clamps();
  int threads = 0;         ///< 0: as many as this process may use
  std::uint64_t seed = 1;  ///< of the made-up inputs that the error is measured on
  std::function<void(double share)> progress = {};

  /// Clamps and padding values per channel have no form in integers.
  [[nodiscard]] static FoldOptions without_clamps();
};

/// What became of one layer, or of another node whose value was put on a grid.
struct QuantizedLayer {
  std::string name;
  std::string op;
  std::string where;  ///< file:line
  bool integers = false;
  std::string why;  ///< of what stays in float: the reason
  /// The grid of the value made here, or by what was fused behind it; scale 0 where it stays a float.
  std::string value;
  double low = 0, high = 0, scale = 0;
  std::int64_t zero_point = 0;
  double largest_weight_scale = 0;
  /// Shares of the noise that all grids together make of the outputs, 0..1: of the weights, of the value.
  double weight_noise = 0, value_noise = 0;
  double correction = 0;  ///< largest change of a bias by its correction, relative to the value's largest magnitude
  std::size_t dead_outputs = 0;  ///< outputs whose weights are so small that the bias decides their scale
  bool makes_pixels = false;     ///< added in front to undo a normalisation, in float
};

/// How far outputs are from those of the floats. `relative`: root of the squared difference over that of the squared
/// outputs around their mean, over all outputs of floats.
struct QuantizeError {
  std::size_t inputs = 0;
  double relative = 0;
  double agreement = 0;  ///< share of inputs whose first output has its largest number at the same place
};

struct BANOFF_API QuantizeReport {
  std::vector<QuantizedLayer> layers;
  FoldReport fold;
  std::size_t pictures = 0;
  bool equalised = false;
  double equalising_gain = 1;    ///< by what equalising was expected to divide the noise
  std::size_t known_values = 0;  ///< values whose statistics a batch norm told
  QuantizeError on_pictures, on_random;
  [[nodiscard]] std::size_t in_integers() const;
  [[nodiscard]] std::size_t in_float() const;  ///< without those that make pixels
};

}  // namespace banoff
