// The power of the self-check: one wrong number in any parameter of any kind of node that a fold touches is found.
#include <set>

#include "folding/absorb.hpp"
#include "folding/neighbours.hpp"
#include "folding/optimal/choice.hpp"
#include "folding/self_check.hpp"
#include "folding/weights.hpp"
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A network, the choice of norms that go (with clamps and padding values) and what that makes of its parameters.
class Folded {
 public:
  explicit Folded(const Graph& graph)
      : original_(graph), types_(infer_types(graph)), folded_(graph), weights_(folded_), choice_(choose_all()) {
    removed_ = choice_.removed();
    touched_ = gauge::Neighbours(choice_.system).touched(original_.readers(), choice_.assignment, removed_);
    constexpr double free = std::numeric_limits<double>::infinity();
    for (const NodeId id : touched_) {
      if (!std::ranges::binary_search(removed_, id))
        (void)absorb(weights_, id, choice_.system, choice_.assignment, {free, free});
    }
  }

  [[nodiscard]] const std::vector<NodeId>& touched() const { return touched_; }
  [[nodiscard]] const std::vector<NodeId>& removed() const { return removed_; }
  [[nodiscard]] const Graph& folded() const { return folded_; }

  /// The check's error with these numbers in place of a node's own; without a change for an unknown slot.
  [[nodiscard]] double error(NodeId id = none, Slot slot = Slot::weight, const std::vector<double>& values = {}) const {
    Graph changed = folded_;
    gauge::Scalings scalings = weights_.version().scalings;
    if (id != none) {
      const Shape shape = changed.param(changed.node(id), slot)->shape();
      changed.set_param(id, slot, Tensor::of<double>(shape, values));
      if (slot == Slot::weight) scalings.erase(id);
    }
    return self_check({original_, {}}, {changed, scalings}, touched_, removed_, choice_.system, choice_.assignment,
                      types_, reference::compute<double>, 2)
        .error;
  }

  /// What the fold stores in the slot.
  [[nodiscard]] std::vector<double> values(NodeId id, Slot slot) const {
    const Tensor& stored = *folded_.param(folded_.node(id), slot);
    const gauge::Scaling* scaling = slot == Slot::weight ? weights_.version().scaling(id) : nullptr;
    return (scaling != nullptr ? gauge::scaled(stored, *scaling, DType::f64) : stored).to_vector<double>();
  }

 private:
  [[nodiscard]] gauge::Choice choose_all() const {
    FoldOptions options;
    options.activations = Activations::clamp;
    options.objective = Objective::count;
    return gauge::choose(original_, types_, gauge::candidates(original_, types_, options.objective), options, {});
  }

  Graph original_;
  std::vector<TensorType> types_;
  Graph folded_;
  gauge::Weights weights_;
  gauge::Choice choice_;
  std::vector<NodeId> removed_, touched_;
};

/// Fifteen places of `count`, the first and the last among them; all where there are fewer.
std::vector<std::size_t> places(std::size_t count) {
  constexpr std::size_t most = 15;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < std::min(count, most); ++i)
    result.push_back(count <= most ? i : i * (count - 1) / (most - 1));
  return result;
}

/// Puts a fault of a millionth into numbers of every parameter of every touched node, one after the other, and returns
/// the kinds of parameters that had one ("conv.weight").
std::set<std::string> find_faults(const Graph& graph) {
  const Folded net(graph);
  CHECK(net.error() < 1e-12);
  constexpr double fault = 1e-6;
  const double tolerance = FoldOptions{}.tolerance;
  std::set<std::string> kinds;
  for (const NodeId id : net.touched()) {
    if (std::ranges::binary_search(net.removed(), id)) continue;
    const Node& node = net.folded().node(id);
    for (const auto& each : node.params) {
      const Slot slot = each.first;
      const std::vector<double> values = net.values(id, slot);
      double largest = 0;
      for (const double value : values) largest = std::max(largest, std::isfinite(value) ? std::abs(value) : 0.0);
      for (const std::size_t at : places(values.size())) {
        if (!std::isfinite(values[at])) continue;  // no bound
        std::vector<double> wrong = values;
        wrong[at] += fault * std::max(largest, 1.0);
        CAPTURE(node.name);
        CAPTURE(slot_name(slot));
        CAPTURE(at);
        CHECK(net.error(id, slot, wrong) > tolerance);
      }
      kinds.insert(std::string(row_of(node.op).name) + '.' + std::string(slot_name(slot)));
    }
  }
  return kinds;
}

/// Those of `wanted` that are not among `kinds`.
std::string missing(const std::set<std::string>& kinds, const std::vector<std::string>& wanted) {
  std::string result;
  for (const std::string& kind : wanted) result += kinds.contains(kind) ? "" : kind + ' ';
  return result;
}

}  // namespace

TEST_CASE("a fault in one weight, bias, padding value or bound of convs and clamps is found") {
  GraphBuilder net(41);
  ValueId x = net.conv(net.bn(net.input({1, 3, 12, 12})), 16, 3);
  x = net.relu(net.bn(net.relu(x)));
  x = net.add(Activation{ActivationKind::clip, 0, 6}, {net.bn(net.conv(x, 16, 3, 2, 1, 16))});  // depthwise
  x = net.bn(net.add(Activation{ActivationKind::clip, 0, 6}, {net.conv(x, 64, 5, 1, 4, 4)}));   // grouped
  Conv dilated;
  dilated.out = 200, dilated.kernel = 3, dilated.dilation = 2, dilated.bias = true;
  dilated.padding.begin = dilated.padding.end = 2;
  x = net.bn(net.relu(net.add(dilated, {x})));
  net.output(net.bn(net.conv(net.bn(net.conv(x, 300, 1)), 4, 1)));
  const std::set<std::string> kinds = find_faults(net.graph);
  CHECK(missing(kinds, {"conv.weight", "conv.bias", "conv.pad_value", "clamp.lower", "clamp.upper"}) == "");
}

TEST_CASE("a fault in a transposed conv, a moved kink or a slope is found") {
  GraphBuilder net(42);
  ConvTranspose up;
  up.out = 12, up.kernel = 4, up.stride = 2, up.groups = 2, up.bias = false;
  up.padding.begin = up.padding.end = 1;
  ValueId x = net.add(up, {net.conv(net.input({1, 3, 6, 6}), 8)});
  x = net.bn(net.add(Activation{ActivationKind::leaky_relu, 0.1, 0}, {x}));
  x = net.bn(net.add(PRelu{}, {net.add(up, {x})}));
  net.output(net.conv(x, 3, 1));
  const std::set<std::string> kinds = find_faults(net.graph);
  CHECK(missing(kinds,
                {"conv_transpose.weight", "conv_transpose.bias", "kinked.kink", "kinked.below", "kinked.above"}) == "");
}

TEST_CASE("a fault in a dense layer, in a norm or map that stays, or in a constant is found") {
  GraphBuilder net(43);
  const ValueId x =
      net.add(Binary{BinaryKind::add}, {net.conv(net.input({1, 3, 8, 8}), 6), net.add(Constant{{1, 6, 1, 1}}, {})});
  const ValueId stream = net.bn(x);
  // Three norms read one value, and each is pinned behind: one of them goes.
  for (int i = 0; i < 3; ++i)
    net.output(net.add(Activation{ActivationKind::sigmoid}, {net.bn(stream)}), "gate" + std::to_string(i));
  net.output(net.add(Activation{ActivationKind::sigmoid}, {net.add(Affine{}, {stream})}), "map");
  const ValueId flat = net.add(Flatten{}, {net.add(GlobalPool{}, {stream})});
  const ValueId hidden = net.relu(net.bn(net.dense(flat, 20)));
  const ValueId product = net.add(MatMul{}, {hidden, net.add(Constant{{20, 7}}, {})});
  net.output(net.bn(product), "product");
  const std::set<std::string> kinds = find_faults(net.graph);
  CHECK(missing(kinds, {"dense.weight", "dense.bias", "batch_norm.weight", "batch_norm.bias", "batch_norm.running_mean",
                        "batch_norm.running_var", "affine.weight", "affine.bias", "constant.value"}) == "");
}
