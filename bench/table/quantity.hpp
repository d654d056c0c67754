// The quantities that tables compare with what was published.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/table/report.hpp"

namespace banoff::bench {

/// A value to stand beside a published one.
struct Measured {
  double value = 0;
  std::optional<double> low, high;  ///< 95 % interval, of timed quantities
  bool noisy = false;               ///< the interval reaches further to each side than the effect itself
};

[[nodiscard]] std::vector<std::string_view> quantity_names();
[[nodiscard]] bool is_quantity(std::string_view name);
[[nodiscard]] std::string_view unit_of(std::string_view quantity);  ///< "%", "ms", "x" or empty
/// A number of this quantity as tables print it, without its unit.
[[nodiscard]] std::string format_quantity(std::string_view quantity, double value);

/// The column's quantity in this cell; nothing where it was not measured or the column is another device's.
[[nodiscard]] std::optional<Measured> measured(const Column& column, const Cell& cell);

}  // namespace banoff::bench
