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

bool timed(const Result& row) { return row.summary.median > 0; }

std::optional<Measured> speedup(const Rows& rows) {
  if (!timed(rows.none) || !timed(rows.to)) return std::nullopt;
  const Effect e = effect(rows.none, rows.to);
  return Measured{e.percent, e.low, e.high, e.noisy};
}

std::optional<Measured> ratio(const Rows& rows) {
  if (!timed(rows.none) || !timed(rows.to)) return std::nullopt;
  const Summary &a = rows.none.summary, &b = rows.to.summary;
  return Measured{a.median / b.median, a.low95 / b.high95, a.high95 / b.low95, effect(rows.none, rows.to).noisy};
}

std::optional<Measured> saved_ms(const Rows& rows) {
  if (!timed(rows.none) || !timed(rows.to)) return std::nullopt;
  const Summary &a = rows.none.summary, &b = rows.to.summary;
  return Measured{a.median - b.median, a.low95 - b.high95, a.high95 - b.low95, effect(rows.none, rows.to).noisy};
}

/// Points of speed-up over the naive method: (T_naive - T) / T_none.
std::optional<Measured> gain(const Rows& rows) {
  if (rows.naive == nullptr || !timed(rows.none) || !timed(rows.to)) return std::nullopt;
  const Summary &a = rows.naive->summary, &b = rows.to.summary;
  const double scale = 100 / rows.none.summary.median;
  return Measured{(a.median - b.median) * scale, (a.low95 - b.high95) * scale, (a.high95 - b.low95) * scale,
                  effect(*rows.naive, rows.to).noisy};
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

Effect effect(const Result& from, const Result& to) {
  const Summary &a = from.summary, &b = to.summary;
  const auto percent = [](double before, double after) { return 100 * (before - after) / before; };
  Effect result{percent(a.median, b.median), percent(a.low95, b.high95), percent(a.high95, b.low95)};
  result.noisy = (result.high - result.low) / 2 > std::abs(result.percent);
  return result;
}

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
