#include "folding/samples.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A number on one piece: below both bends, between them or above both. Where there is one bend, or none between the
/// infinite ones, there are fewer pieces.
double on_piece(int piece, double low, double high, Random& random) {
  const double x = random();
  if (low == -infinity) low = high == infinity ? 0 : high;
  if (high == infinity) high = low;
  if (piece == 0) return low - std::abs(x) * (1 + std::abs(low));
  if (piece == 1 && low < high) return low + (high - low) * (0.5 + x / std::sqrt(12.0));
  return high + std::abs(x) * (1 + std::abs(high));
}

}  // namespace

ElementGauges::ElementGauges(const System& system, const Assignment& assignment, ValueId value, const Shape& sample)
    : sample_(sample), full_(system.shape(value)), full_inner_(system.inner(value)) {
  const auto [first, last] = system.range(value);
  for (VarId var = first; var < last; ++var) {
    const Gauge* gauge = assignment.find(var);
    gauges_.push_back(gauge ? *gauge : Gauge{});
  }
  const auto extent = std::ssize(gauges_);
  for (std::size_t axis = 0; axis < full_.rank() && inner_ == 0; ++axis) {
    const bool along = extent == full_[axis] && full_inner_ == full_.elements(axis + 1, full_.rank());
    if (along && sample[axis] % extent == 0) inner_ = sample.elements(axis + 1, sample.rank());
  }
  if (extent == 1) inner_ = std::max<std::int64_t>(sample.elements(), 1);
}

std::int64_t ElementGauges::channel_at_full_size(std::int64_t flat) const {
  // A sample shrinks in space only: the element at this place of the full-size value has the same channel. At other
  // sizes it may be larger along what is open, where all elements have one gauge.
  std::int64_t place = 0;
  std::int64_t stride = 1;
  for (std::size_t axis = sample_.rank(); axis-- > 0;) {
    place += flat % sample_[axis] % full_[axis] * stride;
    flat /= sample_[axis];
    stride *= full_[axis];
  }
  return place / full_inner_ % std::ssize(gauges_);
}

std::optional<Bends> bends_of(const Graph& graph, const Node& node, const Shape& input) {
  if (const auto* op = node.as<Activation>()) {
    const bool clip = op->kind == ActivationKind::clip;
    return Bends{0, {clip ? op->alpha : 0.0}, {clip ? op->beta : 0.0}};
  }
  if (node.as<PRelu>() != nullptr) return Bends{0, {0.0}, {0.0}};
  if (const auto* op = node.as<Clamp>())
    return Bends{resolve_axis(op->axis, input.rank()), values_of(graph, node, Slot::lower, 1, -infinity),
                 values_of(graph, node, Slot::upper, 1, infinity)};
  if (const auto* op = node.as<Kinked>()) {
    const std::vector<double> kink = values_of(graph, node, Slot::kink, 1, 0.0);
    return Bends{resolve_axis(op->axis, input.rank()), kink, kink};
  }
  return std::nullopt;
}

std::pair<Tensor, Tensor> random_pair(const Shape& shape, const ElementGauges& gauges,
                                      const std::optional<Bends>& bends, int draw, Random& random) {
  std::vector<double> original(static_cast<std::size_t>(shape.elements()));
  std::vector<double> stored(original.size());
  const std::int64_t inner = bends ? shape.elements(std::min(bends->axis + 1, shape.rank()), shape.rank()) : 1;
  const auto bend = [&](const std::vector<double>& all, std::size_t i) { return all[i / index(inner) % all.size()]; };
  gauges.for_runs(original.size(), [&](std::size_t begin, std::size_t end, const Gauge& gauge) {
    if (gauge.den == 0.0) {  // what is stored is forgotten
      std::fill(original.begin() + static_cast<std::ptrdiff_t>(begin),
                original.begin() + static_cast<std::ptrdiff_t>(end), -gauge.shift / gauge.num);
      for (std::size_t i = begin; i < end; ++i) stored[i] = random();
      return;
    }
    const double scale = gauge.num / gauge.den, shift = gauge.shift / gauge.den;
    for (std::size_t i = begin; i < end; ++i) {
      const int piece = static_cast<int>((i + static_cast<std::size_t>(draw)) % pieces);
      original[i] = bends ? on_piece(piece, bend(bends->low, i), bend(bends->high, i), random) : random();
      stored[i] = scale * original[i] + shift;
    }
  });
  return {Tensor::of<double>(shape, std::move(original)), Tensor::of<double>(shape, std::move(stored))};
}

}  // namespace banoff::gauge
