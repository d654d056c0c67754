#include <algorithm>
#include <array>

#include "banoff/quantize.hpp"
#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

constexpr std::array<std::string_view, 2> ranges_names{"minmax", "mse"}, scales_names{"channel", "tensor"},
    rounding_names{"nearest", "fitted"};

constexpr std::array<std::string_view, 3> equalise_names{"auto", "on", "off"};

template <class E, std::size_t count>
E named(const std::array<std::string_view, count>& names, std::string_view what, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) fail_usage("unknown {} '{}' ({})", what, name, fmt::join(names, " or "));
  return static_cast<E>(found - names.begin());
}

}  // namespace

std::string_view name_of(Ranges ranges) noexcept { return row_for(ranges_names, ranges); }
Ranges ranges_named(std::string_view name) { return named<Ranges>(ranges_names, "ranges", name); }
std::string_view name_of(WeightScales scales) noexcept { return row_for(scales_names, scales); }
WeightScales weight_scales_named(std::string_view name) {
  return named<WeightScales>(scales_names, "scales of weights", name);
}
std::string_view name_of(WeightRounding rounding) noexcept { return row_for(rounding_names, rounding); }
WeightRounding weight_rounding_named(std::string_view name) {
  return named<WeightRounding>(rounding_names, "rounding", name);
}
std::string_view name_of(Equalise equalise) noexcept { return row_for(equalise_names, equalise); }
Equalise equalise_named(std::string_view name) { return named<Equalise>(equalise_names, "equalising", name); }

FoldOptions QuantizeOptions::without_clamps() {
  FoldOptions fold;
  fold.activations = Activations::literal;
  fold.borders = false;
  return fold;
}

std::size_t QuantizeReport::in_integers() const {
  return static_cast<std::size_t>(std::ranges::count_if(layers, &QuantizedLayer::integers));
}

std::size_t QuantizeReport::in_float() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      layers, [](const QuantizedLayer& layer) { return !layer.why.empty() && !layer.makes_pixels; }));
}

}  // namespace banoff
