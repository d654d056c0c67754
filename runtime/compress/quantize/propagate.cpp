// Moments through the ops, by running the ops themselves on means, variances and bounds.
#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/compress/quantize/layers.hpp"
#include "runtime/compress/quantize/moments.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

/// The layer with its weights squared and nothing added: what it makes of variances.
Alone squared(const Graph& graph, const Node& node) {
  const Tensor& weight = *graph.param(node, Slot::weight);
  std::vector<float> squares = weight.to_vector<float>();
  for (float& w : squares) w *= w;
  return alone(node, Tensor::of<float>(weight.shape(), std::move(squares)));
}

class Rules {
 public:
  Rules(const Graph& graph, const Node& node, const std::vector<Moments>& inputs, const ComputeNode& compute)
      : graph_(graph), node_(node), inputs_(inputs), compute_(compute) {}

  std::optional<std::vector<Moments>> apply() const {
    if (node_.as<Constant>()) return std::vector{constant_moments(*graph_.param(node_, Slot::value))};
    if (has_weights(node_)) return std::vector{layer()};
    if (only_moves(node_)) return moved();
    const Role role = facts_of(node_.op).role;
    if (role != Role::other && role != Role::layer && inputs_.size() == 1) return std::vector{elementwise()};
    if (const auto* binary = node_.as<Binary>(); binary != nullptr && follows_inputs(node_))
      return std::vector{binary->kind == BinaryKind::mul ? product() : sum(*binary)};
    if (follows_inputs(node_) && inputs_.size() == 1) return std::vector{averaged()};
    return std::nullopt;
  }

 private:
  using Part = Tensor Moments::*;

  [[nodiscard]] std::vector<Tensor> run(Part part) const {
    std::vector<Tensor> read;
    for (const Moments& input : inputs_) read.push_back(input.*part);
    return floats(compute_(graph_, node_, read));
  }

  static std::vector<Tensor> floats(std::vector<Tensor> tensors) {
    for (Tensor& tensor : tensors) tensor = tensor.as(DType::f32);
    return tensors;
  }

  static Tensor deviations_away(const Tensor& mean, const Tensor& var, double count) {
    return combined(mean, var, [&](float m, float v) {
      return static_cast<float>(static_cast<double>(m) + count * std::sqrt(static_cast<double>(v)));
    });
  }

  static Tensor smaller(const Tensor& a, const Tensor& b) {
    return combined(a, b, [](float x, float y) { return std::min(x, y); });
  }
  static Tensor larger(const Tensor& a, const Tensor& b) {
    return combined(a, b, [](float x, float y) { return std::max(x, y); });
  }

  static Moments around(Tensor mean, Tensor var) {
    Tensor low = deviations_away(mean, var, -reach), high = deviations_away(mean, var, reach);
    return {std::move(mean), std::move(var), std::move(low), std::move(high)};
  }

  [[nodiscard]] Moments layer() const {
    const Alone squares = squared(graph_, node_);
    return around(run(&Moments::mean)[0], floats(compute_(squares.graph, squares.node, {inputs_[0].var}))[0]);
  }

  /// The largest of neighbours is above their mean: by what is usual of values that are much alike.
  [[nodiscard]] std::vector<Moments> moved() const {
    const bool maximum = node_.as<Pool>() != nullptr || node_.as<GlobalPool>() != nullptr;
    constexpr double above = 0.8;
    const auto low = run(&Moments::low), var = run(&Moments::var), high = run(&Moments::high);
    auto mean = run(&Moments::mean);
    std::vector<Moments> result;
    for (std::size_t i = 0; i < mean.size(); ++i) {
      if (maximum) mean[i] = smaller(deviations_away(mean[i], var[i], above), high[i]);
      result.push_back({mean[i], var[i], low[i], high[i]});
    }
    return result;
  }

  /// A function of a normal variable by the trapezium rule, and its ends on the range.
  [[nodiscard]] Moments elementwise() const {
    constexpr int points = 25;
    constexpr double end = 4;
    const Moments& in = inputs_[0];
    std::vector<double> mean, square;
    double total = 0;
    Tensor low, high;
    for (int p = 0; p < points; ++p) {
      const double share = static_cast<double>(p) / (points - 1), z = end * (2 * share - 1);
      const double density = std::exp(-z * z / 2);
      const Tensor at = floats(compute_(graph_, node_, {deviations_away(in.mean, in.var, z)}))[0];
      const std::span<const float> y = at.values<float>();
      mean.resize(y.size()), square.resize(y.size());
      for (std::size_t i = 0; i < y.size(); ++i) {
        mean[i] += density * static_cast<double>(y[i]);
        square[i] += density * static_cast<double>(y[i]) * static_cast<double>(y[i]);
      }
      total += density;
      const Tensor within = combined(in.low, in.high, [&](float a, float b) {
        return static_cast<float>(static_cast<double>(a) * (1 - share) + static_cast<double>(b) * share);
      });
      const Tensor reached = floats(compute_(graph_, node_, {within}))[0];
      low = low ? smaller(low, reached) : reached;
      high = high ? larger(high, reached) : reached;
    }
    std::vector<float> means(mean.size()), vars(mean.size());
    for (std::size_t i = 0; i < mean.size(); ++i) {
      const double m = mean[i] / total;
      means[i] = static_cast<float>(m);
      vars[i] = static_cast<float>(std::max(square[i] / total - m * m, 0.0));
    }
    return {Tensor::of<float>(low.shape(), std::move(means)), Tensor::of<float>(low.shape(), std::move(vars)), low,
            high};
  }

  [[nodiscard]] std::vector<Tensor> run_as(Op op, const std::vector<Tensor>& read) const {
    Node node = node_;
    node.op = std::move(op);
    return floats(compute_(graph_, node, read));
  }

  /// A residual network's branches mostly add to what is large already: of independent ones the sum would have less
  /// than half of the range that it has after twenty blocks.
  static void correlate(Tensor& var, const Moments& a, const Moments& b, const auto& times) {
    constexpr float correlation = 0.4F;
    const auto root = [](float v, float) { return std::sqrt(v); };
    const Tensor product = times(combined(a.var, a.var, root), combined(b.var, b.var, root));
    var = combined(var, product, [](float v, float p) { return v + 2 * correlation * p; });
  }

  /// Within deviations of its own, and within what the sum of the ranges allows.
  [[nodiscard]] Moments sum(const Binary& op) const {
    std::vector<Tensor> vars, lows, highs;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const bool taken_away = op.kind == BinaryKind::sub && i == 1;
      vars.push_back(inputs_[i].var);
      lows.push_back(taken_away ? inputs_[i].high : inputs_[i].low);
      highs.push_back(taken_away ? inputs_[i].low : inputs_[i].high);
    }
    Tensor var = run_as(Binary{BinaryKind::add}, vars)[0];
    if (op.kind == BinaryKind::add && inputs_.size() == 2) {
      correlate(var, inputs_[0], inputs_[1], [&](const Tensor& a, const Tensor& b) {
        return run_as(Binary{BinaryKind::mul}, {a, b})[0];
      });
    }
    Moments result = around(run(&Moments::mean)[0], var);
    result.low = larger(result.low, run_as(op, lows)[0]);
    result.high = smaller(result.high, run_as(op, highs)[0]);
    return result;
  }

  [[nodiscard]] Moments product() const {
    const Moments &a = inputs_[0], &b = inputs_[1];
    const Op times = Binary{BinaryKind::mul};
    const auto square = [](const Tensor& x) { return combined(x, x, [](float u, float v) { return u * v; }); };
    const auto plus = [](const Tensor& x, const Tensor& y) {
      return combined(x, y, [](float u, float v) { return u + v; });
    };
    const Tensor first = run_as(times, {square(a.mean), b.var})[0];
    const Tensor second = run_as(times, {a.var, plus(square(b.mean), b.var)})[0];
    Moments result{run(&Moments::mean)[0], plus(first, second), {}, {}};
    for (const Tensor& x : {a.low, a.high}) {
      for (const Tensor& y : {b.low, b.high}) {
        const Tensor corner = run_as(times, {x, y})[0];
        result.low = result.low ? smaller(result.low, corner) : corner;
        result.high = result.high ? larger(result.high, corner) : corner;
      }
    }
    return result;
  }

  /// Neighbours are alike, so that their mean varies nearly as much as one of them; what is averaged over a whole
  /// picture varies less.
  [[nodiscard]] Moments averaged() const {
    const bool whole = node_.as<GlobalPool>() || node_.as<AdaptiveAvgPool>();
    const float share = whole ? 0.25F : 1.0F;
    Tensor var = run(&Moments::var)[0];
    var = combined(var, var, [&](float v, float) { return share * v; });
    Moments result = around(run(&Moments::mean)[0], var);
    result.low = larger(result.low, run(&Moments::low)[0]);
    result.high = smaller(result.high, run(&Moments::high)[0]);
    return result;
  }

  const Graph& graph_;
  const Node& node_;
  const std::vector<Moments>& inputs_;
  const ComputeNode& compute_;
};

}  // namespace

std::optional<std::vector<Moments>> propagated(const Graph& graph, const Node& node, const std::vector<Moments>& inputs,
                                               const ComputeNode& compute) {
  return Rules(graph, node, inputs, compute).apply();
}

}  // namespace banoff::quantize
