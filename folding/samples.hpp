// Random values for a check, before and after a change of gauges.
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "folding/gauge_solve.hpp"

namespace banoff::gauge {

/// The gauge of every element of a value whose sample has another spatial size than the value itself.
class ElementGauges {
 public:
  ElementGauges(const System& system, const Assignment& assignment, ValueId value, const Shape& sample);

  [[nodiscard]] const Gauge& at(std::int64_t flat) const {
    // Nearly always the channels are the indices along one axis.
    if (inner_ > 0) return gauges_[index(flat / inner_ % std::ssize(gauges_))];
    return gauges_[index(channel_at_full_size(flat))];
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
                                                    const std::optional<Bends>& bends, int draw,
                                                    std::mt19937_64& random);

}  // namespace banoff::gauge
