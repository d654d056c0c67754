#include "bench/table/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace banoff::bench {

namespace {

/// What a quantity is computed of: the unfolded row, the column's, and the naive one.
struct Rows {
  const Result& none;
  const Result& to;
  const Result* naive;
};

using Compute = std::optional<Measured> (*)(const Rows&);

Measured with_noise(const Estimate& e) { return {e.value, e.low, e.high, e.is_noise()}; }

/// Of what `per_pass` makes of two rows' times in each pass.
template <class PerPass>
std::optional<Measured> paired(const Result& from, const Result& to, PerPass&& per_pass) {
  const std::size_t passes = from.medians.size();
  if (passes == 0 || passes != to.medians.size()) return std::nullopt;
  std::vector<double> values;
  for (std::size_t i = 0; i < passes; ++i)
    values.push_back(per_pass(at(from.medians[i], to.clock), at(to.medians[i], to.clock), i));
  return with_noise(hodges_lehmann(values));
}

std::optional<Measured> speedup(const Rows& rows) {
  const auto saved = saved_percent(rows.none, rows.to);
  return saved ? std::optional(with_noise(*saved)) : std::nullopt;
}

std::optional<Measured> ratio(const Rows& rows) {
  auto result = paired(rows.none, rows.to, [](double none, double to, std::size_t) { return none / to; });
  if (result) result->noisy = speedup(rows)->noisy;
  return result;
}

std::optional<Measured> saved_ms(const Rows& rows) {
  return paired(rows.none, rows.to, [](double none, double to, std::size_t) { return none - to; });
}

std::optional<Measured> saved_us_per_norm(const Rows& rows) {
  if (rows.to.bn.folded == 0) return std::nullopt;
  return paired(rows.none, rows.to, [&](double none, double to, std::size_t) {
    return 1e3 * (none - to) / static_cast<double>(rows.to.bn.folded);
  });
}

/// Points of speed-up over the naive method: (T_naive - T) / T_none.
std::optional<Measured> gain(const Rows& rows) {
  if (rows.naive == nullptr || rows.none.medians.size() != rows.to.medians.size()) return std::nullopt;
  return paired(*rows.naive, rows.to, [&](double naive, double to, std::size_t i) {
    return 100 * (naive - to) / at(rows.none.medians[i], rows.to.clock);
  });
}

/// A number that no clock is needed for.
template <class T>
std::optional<Measured> exact(T value) {
  const auto number = static_cast<double>(value);
  if (std::isnan(number)) return std::nullopt;
  return Measured{number, std::nullopt, std::nullopt, false};
}

std::optional<Measured> error(const Rows& rows, double Difference::*which) {
  return rows.to.device.empty() ? std::nullopt : exact(rows.to.difference.*which);
}

struct Quantity {
  std::string_view name, unit, format;
  Compute compute;
};

const std::array quantities{
    Quantity{"speedup", "%", "{:.2f}", speedup},
    Quantity{"gain", "%", "{:+.2f}", gain},
    Quantity{"ratio", "x", "{:.2f}", ratio},
    Quantity{"saved_ms", "ms", "{:.2f}", saved_ms},
    Quantity{"saved_us_per_norm", "us", "{:.2f}", saved_us_per_norm},
    Quantity{"kernels", "", "{:.0f}", [](const Rows& r) { return exact(r.to.kernels); }},
    Quantity{"megabytes_moved", "MB", "{:.2f}",
             [](const Rows& r) { return exact(1e-6 * static_cast<double>(r.to.bytes_moved)); }},
    Quantity{"folded", "", "{:.0f}", [](const Rows& r) { return exact(r.to.bn.folded); }},
    Quantity{"left", "", "{:.0f}", [](const Rows& r) { return exact(r.to.bn.total - r.to.bn.folded); }},
    Quantity{"norm_percent", "%", "{:.3g}", [](const Rows& r) { return exact(r.to.bn.norm_percent); }},
    Quantity{"removed_percent", "%", "{:.3g}", [](const Rows& r) { return exact(r.to.bn.removed_percent); }},
    Quantity{"removed_parameters", "", "{:.0f}",
             [](const Rows& r) { return exact(r.to.bn.trainable_before - r.to.bn.trainable_after); }},
    Quantity{"parameters_before", "", "{:.0f}", [](const Rows& r) { return exact(r.to.bn.trainable_before); }},
    Quantity{"parameters_after", "", "{:.0f}", [](const Rows& r) { return exact(r.to.bn.trainable_after); }},
    Quantity{"mean_abs_error", "", "{:.1e}", [](const Rows& r) { return error(r, &Difference::mean_abs); }},
    Quantity{"max_abs_error", "", "{:.1e}", [](const Rows& r) { return error(r, &Difference::max_abs); }},
};

const Quantity& quantity_named(std::string_view name) {
  return *std::ranges::find(quantities, name, &Quantity::name);  // read_table() and read_report() let no other through
}

}  // namespace

std::vector<std::string_view> quantity_names() {
  std::vector<std::string_view> names;
  for (const Quantity& quantity : quantities) names.push_back(quantity.name);
  return names;
}

bool is_quantity(std::string_view name) {
  return std::ranges::find(quantities, name, &Quantity::name) != quantities.end();
}

std::string_view unit_of(std::string_view quantity) { return quantity_named(quantity).unit; }

std::string format_quantity(std::string_view quantity, double value) {
  return fmt::format(fmt::runtime(quantity_named(quantity).format), value);
}

std::optional<Measured> measured(const Column& column, const Cell& cell) {
  if (!column.device.empty() && !cell.device.empty() && column.device != cell.device) return std::nullopt;
  const Result* none = find_result(cell, Method::none);
  const Result* to = find_result(cell, column.method);
  if (none == nullptr || to == nullptr) return std::nullopt;
  return quantity_named(column.quantity).compute({*none, *to, find_result(cell, Method::naive)});
}

}  // namespace banoff::bench
