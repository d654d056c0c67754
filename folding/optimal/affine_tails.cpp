#include "folding/optimal/affine_tails.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "folding/gauge.hpp"
#include "runtime/graph/copy.hpp"

namespace banoff::gauge {

namespace {

/// The axis that a norm's scale and shift run along; none where they cover several.
std::optional<std::int64_t> tail_axis(const Node& node) {
  if (const auto* group = node.as<GroupNorm>(); group && group->affine) return 1;
  if (const auto* layer = node.as<LayerNorm>(); layer && layer->affine && layer->axes.size() == 1)
    return layer->axes[0];
  return std::nullopt;
}

void set_affine(Op& op, bool affine) {
  if (auto* group = std::get_if<GroupNorm>(&op)) group->affine = affine;
  if (auto* layer = std::get_if<LayerNorm>(&op)) layer->affine = affine;
}

/// x combined with a constant that is one number per index of an axis.
struct ByConstant {
  ValueId x = none;
  DType type = DType::f32;
  std::int64_t axis = 1;
  std::vector<double> scale, shift;
};

class Splitter {
 public:
  Splitter(const Graph& graph, const std::vector<TensorType>& types)
      : graph_(graph), types_(types), read_(graph.values.size()) {}

  Graph run() {
    result_ = begin_copy(graph_, values_);
    result_.params = graph_.params;
    for (const Node& node : graph_.live()) copy(node);
    for (const GraphOutput& output : graph_.outputs) {
      read_[index(output.value)] = true;
      result_.add_output(output.name, values_[index(output.value)]);
    }
    // A constant that went into an Affine node may have no other use.
    for (const Node& node : graph_.live()) {
      if (!node.as<Constant>() || read_[index(node.outputs[0])]) continue;
      result_.node(result_.value(values_[index(node.outputs[0])]).producer).outputs.clear();
    }
    return result_.compacted();
  }

 private:
  [[nodiscard]] const Shape& shape(ValueId value) const { return types_[index(value)].shape; }

  NodeId add(Node node) {
    for (ValueId& input : node.inputs) {
      read_[index(input)] = true;
      input = values_[index(input)];
    }
    return result_.add_node(std::move(node), 1);
  }

  void copy(const Node& node) {
    if (const std::optional<ByConstant> map = by_constant(node)) {
      values_[index(node.outputs[0])] = add_affine(node, *map);
      return;
    }
    Node same = node;
    for (ValueId& input : same.inputs) {
      read_[index(input)] = true;
      input = values_[index(input)];
    }
    const std::optional<std::int64_t> axis = tail_axis(node);
    if (axis) {
      same.name += ".normalized";
      same.params.clear();
      set_affine(same.op, false);
    }
    const NodeId id = result_.add_node(std::move(same), node.outputs.size());
    for (std::size_t i = 0; i < node.outputs.size(); ++i) values_[index(node.outputs[i])] = result_.node(id).outputs[i];
    if (!axis) return;
    Node tail;
    tail.name = node.name;
    tail.where = node.where;
    tail.op = Affine{*axis, node.param(Slot::weight) != none, node.param(Slot::bias) != none};
    tail.params = node.params;
    tail.inputs = {values_[index(node.outputs[0])]};
    const NodeId tail_id = result_.add_node(std::move(tail), 1);
    values_[index(node.outputs[0])] = result_.node(tail_id).outputs[0];
  }

  ValueId add_affine(const Node& node, const ByConstant& map) {
    Node affine;
    affine.name = node.name;
    affine.where = node.where;
    affine.op = Affine{map.axis, !map.scale.empty(), !map.shift.empty()};
    affine.inputs = {map.x};
    const NodeId id = add(std::move(affine));
    const auto give = [&](Slot slot, const std::vector<double>& values) {
      if (!values.empty()) result_.set_param(id, slot, Tensor::of<double>({std::ssize(values)}, values).as(map.type));
    };
    give(Slot::weight, map.scale);
    give(Slot::bias, map.shift);
    return result_.node(id).outputs[0];
  }

  /// add, sub, mul or div of a value and a constant of one number per channel (axis 1) or one in all.
  [[nodiscard]] std::optional<ByConstant> by_constant(const Node& node) const {
    const auto* op = node.as<Binary>();
    if (!op || node.inputs.size() != 2) return std::nullopt;
    for (const std::size_t at : {std::size_t{1}, std::size_t{0}}) {
      const bool reversed = at == 0;
      if (reversed && op->kind == BinaryKind::div) break;
      const Tensor* constant = constant_at(node.inputs[at]);
      const ValueId x = node.inputs[1 - at];
      if (!constant || constant_at(x) || shape(x) != shape(node.outputs[0]) || shape(x).rank() < 2) continue;
      const std::optional<std::vector<double>> numbers = per_channel(*constant, shape(x));
      if (!numbers) continue;
      ByConstant map = combined(op->kind, *numbers, reversed);
      map.x = x;
      map.type = constant->dtype();
      return map;
    }
    return std::nullopt;
  }
  static ByConstant combined(BinaryKind kind, std::vector<double> numbers, bool reversed) {
    ByConstant map;
    if (kind == BinaryKind::mul || kind == BinaryKind::div) {
      if (kind == BinaryKind::div) {
        for (double& each : numbers) each = 1.0 / each;
      }
      map.scale = std::move(numbers);
      return map;
    }
    if (kind == BinaryKind::sub && reversed) map.scale.assign(numbers.size(), -1.0);
    else if (kind == BinaryKind::sub) std::ranges::transform(numbers, numbers.begin(), std::negate());
    map.shift = std::move(numbers);
    return map;
  }
  [[nodiscard]] const Tensor* constant_at(ValueId value) const {
    const NodeId producer = graph_.value(value).producer;
    if (producer == none || !graph_.node(producer).as<Constant>()) return nullptr;
    return graph_.param(graph_.node(producer), Slot::value);
  }
  static std::optional<std::vector<double>> per_channel(const Tensor& constant, const Shape& x) {
    if (constant.dtype() != DType::f32 && constant.dtype() != DType::f64) return std::nullopt;
    const Shape& own = constant.shape();
    const std::vector<double> numbers = constant.to_vector<double>();
    const auto channels = static_cast<std::size_t>(x[1]);
    if (!std::ranges::all_of(numbers, [](double each) { return std::isfinite(each); })) return std::nullopt;
    if (own.elements() == 1) return std::vector<double>(channels, numbers[0]);
    const std::size_t missing = x.rank() - own.rank();
    if (missing > 1 || own[1 - missing] != x[1] || own.elements() != x[1]) return std::nullopt;
    return numbers;
  }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  Graph result_;
  std::vector<ValueId> values_;  ///< of the result, by value of the graph
  std::vector<bool> read_;
};

}  // namespace

Graph with_affine_nodes(const Graph& graph, const std::vector<TensorType>& types) {
  return Splitter(graph, types).run();
}

void rejoin_affine_tails(Graph& graph) {
  Readers readers = graph.readers();
  for (const NodeId id : graph.live_ids()) {
    Node& norm = graph.node(id);
    const bool bare = (norm.as<GroupNorm>() && !norm.as<GroupNorm>()->affine) ||
                      (norm.as<LayerNorm>() && !norm.as<LayerNorm>()->affine);
    if (!bare || !norm.name.ends_with(".normalized")) continue;
    norm.name.resize(norm.name.size() - std::string_view(".normalized").size());
    const NodeId user = readers.only(norm.outputs[0]);
    if (user == none) continue;
    Node& tail = graph.node(user);
    const auto* affine = tail.as<Affine>();
    if (!affine || tail.name != norm.name) continue;
    // A norm has both parameters or none.
    const std::size_t channels = static_cast<std::size_t>(graph.param(tail.params.front().second).elements());
    const DType type = graph.param(tail.params.front().second).dtype();
    for (const auto& [slot, neutral] : {std::pair(Slot::weight, 1.0), std::pair(Slot::bias, 0.0)}) {
      const Tensor* own = graph.param(tail, slot);
      const Tensor value =
          own ? *own
              : Tensor::of<double>({static_cast<std::int64_t>(channels)}, std::vector<double>(channels, neutral))
                    .as(type);
      graph.set_param(id, slot, value);
    }
    set_affine(norm.op, true);
    graph.bypass(user, readers);
  }
}

}  // namespace banoff::gauge
