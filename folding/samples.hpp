// Random values for a check, before and after a change of gauges.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "folding/gauge_solve.hpp"

namespace banoff::gauge {

/// Uniform numbers of mean 0 and variance 1 (Marsaglia's xorshift with the star multiplier, "An experimental
/// exploration of Marsaglia's xorshift generators, scrambled", Vigna 2016): checks draw as many as they compute.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}

  /// In (0, 1).
  double unit() {
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return (static_cast<double>((state_ * 0x2545F4914F6CDD1DU) >> 11) + 0.5) * 0x1p-53;
  }
  /// In (-sqrt 3, sqrt 3).
  double operator()() { return (2 * unit() - 1) * 1.7320508075688772; }

 private:
  std::uint64_t state_;
};

/// The gauge of every element of a value whose sample has another spatial size than the value itself.
class ElementGauges {
 public:
  ElementGauges(const System& system, const Assignment& assignment, ValueId value, const Shape& sample);

  [[nodiscard]] const Gauge& at(std::int64_t flat) const {
    // Nearly always the channels are the indices along one axis.
    if (inner_ > 0) return gauges_[index(flat / inner_ % std::ssize(gauges_))];
    return gauges_[index(channel_at_full_size(flat))];
  }

  /// Calls f(begin, end, gauge) for runs of elements that have one gauge, which make up the first `count`.
  template <class F>
  void for_runs(std::size_t count, F&& f) const {
    const auto length = static_cast<std::size_t>(beside());
    for (std::size_t i = 0; i < count; i += length) f(i, std::min(i + length, count), at(static_cast<std::int64_t>(i)));
  }
  /// How many elements beside each other have one gauge, at least.
  [[nodiscard]] std::int64_t beside() const noexcept { return std::max<std::int64_t>(inner_, 1); }

 private:
  [[nodiscard]] std::int64_t channel_at_full_size(std::int64_t flat) const;

  std::vector<Gauge> gauges_;  // by channel
  Shape sample_, full_;
  std::int64_t full_inner_;
  std::int64_t inner_ = 0;  // elements of the sample beside each other in one channel; 0: not so
};

/// Where a piecewise linear function bends, by index along an axis or (one entry) alike for all: at `low` and at
/// `high`, which may be the same.
struct Bends {
  std::size_t axis = 0;
  std::vector<double> low, high;
};

/// The bends of an activation with parameters or without; none for another op.
[[nodiscard]] std::optional<Bends> bends_of(const Graph& graph, const Node& node, const Shape& input);

/// In how many draws every element visits each of the three pieces that two bends make.
inline constexpr int pieces = 3;

/// A value before and after: random of variance 1 where the gauge leaves it free. With bends, element i lies on piece
/// (i + draw) % pieces.
[[nodiscard]] std::pair<Tensor, Tensor> random_pair(const Shape& shape, const ElementGauges& gauges,
                                                    const std::optional<Bends>& bends, int draw, Random& random);

}  // namespace banoff::gauge
