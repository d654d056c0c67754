#include "runtime/compress/quantize/pixels.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/compress/quantize/grids.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::quantize {

namespace {

/// Whether some level is further from the best grid than what floats make of its steps.
bool lose_on_grid(const std::vector<float>& levels) {
  if (levels.empty()) return false;
  constexpr double exact = 1e-3;
  const FakeQuantize grid = grid_for(levels);
  const auto count = static_cast<std::int64_t>(levels.size());
  const Tensor put = put_on(grid, Tensor::of<float>({count}, std::vector<float>(levels)));
  const std::span<const float> on = put.values<float>();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (std::abs(static_cast<double>(on[i]) - static_cast<double>(levels[i])) > exact * grid.scale) return true;
  }
  return false;
}

class Inserter {
 public:
  Inserter(const Graph& graph, const std::vector<TensorType>& types, const KnownInputs& known)
      : from_(graph), readers_(graph.readers()), known_(known), result_{graph, types, {}} {}

  WithPixels run() {
    std::map<NodeId, const KnownInput*> wanted;
    for (const GraphInput& input : from_.inputs) {
      const auto known = known_.find(from_.value(input.value).name);
      const NodeId reader = readers_.only(input.value);
      if (known != known_.end() && reader != none && fits(from_.node(reader), known->second))
        wanted.emplace(reader, &known->second);
    }
    if (wanted.empty()) return std::move(result_);
    Graph& graph = result_.graph;
    graph.nodes.clear();
    for (const NodeId id : from_.live_ids()) {
      Node node = from_.node(id);
      if (const auto found = wanted.find(id); found != wanted.end()) undo(node, *found->second);
      const auto here = static_cast<NodeId>(graph.nodes.size());
      for (const ValueId output : node.outputs) graph.values[index(output)].producer = here;
      graph.nodes.push_back(std::move(node));
      if (wanted.contains(id)) take_up(here, *wanted.at(id));
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool fits(const Node& node, const KnownInput& known) const {
    const auto* conv = node.as<Conv>();
    if (conv == nullptr || conv->pad_value || conv->weight_standardization) return false;
    if (conv->padding.mode != Padding::Mode::given || known.pixel_scale.empty()) return false;
    const TensorType& type = result_.types[index(node.inputs[0])];
    const std::size_t channels = channels_of(type.shape), count = known.pixel_scale.size();
    const bool by_channel = type.dtype == DType::f32 && type.shape.rank() == 4 && (count == 1 || count == channels);
    return by_channel && lose_on_grid(known.levels);
  }

  static std::vector<double> by_channel(const std::vector<double>& values, std::size_t channels) {
    return values.size() == 1 ? std::vector<double>(channels, values[0]) : values;
  }

  static Tensor floats(const Shape& shape, const std::vector<double>& values) {
    return Tensor::of<double>(shape, values).as(DType::f32);
  }

  /// Adds the layer that makes pixels in front of the convolution, which reads them and pads no more.
  void undo(Node& layer, const KnownInput& known) {
    Graph& graph = result_.graph;
    const ValueId input = layer.inputs[0];
    const TensorType type = result_.types[index(input)];
    const std::int64_t channels = type.shape[1];
    auto& conv = std::get<Conv>(layer.op);
    Conv op;
    op.out = op.groups = channels;
    op.kernel = 1;
    op.padding = conv.padding;
    op.bias = true;
    conv.padding = {};
    std::string name = graph.value(input).name + ".pixels";
    while (std::ranges::any_of(graph.values, [&](const Value& other) { return other.name == name; })) name += "_";
    const auto count = static_cast<std::size_t>(channels);
    Node node{name, op, {input}, {}, {}, layer.where};
    node.params.emplace_back(
        Slot::weight,
        graph.add_param(name + ".weight", floats({channels, 1, 1, 1}, by_channel(known.pixel_scale, count))));
    node.params.emplace_back(Slot::bias,
                             graph.add_param(name + ".bias", floats({channels}, by_channel(known.pixel_shift, count))));
    const NodeId id = graph.add_node(std::move(node));
    const ValueId pixels = graph.node(id).outputs[0];
    layer.inputs[0] = pixels;
    const std::vector<TensorType> read{type};
    result_.types.push_back(signature(op, read).outputs[0]);
    result_.pixels.emplace(pixels, id);
  }

  /// w x + b = (w / scale) pixel + b - sum of (w / scale) shift.
  void take_up(NodeId id, const KnownInput& known) {
    Graph& graph = result_.graph;
    const Tensor weight = *graph.param(graph.node(id), Slot::weight);
    const auto& conv = *graph.node(id).as<Conv>();
    const std::size_t outputs = static_cast<std::size_t>(weight.shape()[0]);
    const std::size_t each = static_cast<std::size_t>(weight.shape()[1]), inner = inner_of(weight.shape());
    const auto groups = static_cast<std::size_t>(groups_of(conv, result_.types[index(graph.node(id).inputs[0])].shape));
    const std::size_t channels = each * groups, outputs_of_group = outputs / groups;
    const std::vector<double> scale = by_channel(known.pixel_scale, channels);
    const std::vector<double> shift = by_channel(known.pixel_shift, channels);
    std::vector<double> weights = weight.to_vector<double>(), bias(outputs, 0.0);
    if (const Tensor* before = graph.param(graph.node(id), Slot::bias)) bias = before->to_vector<double>();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::size_t output = i / (each * inner);
      const std::size_t channel = output / outputs_of_group * each + i / inner % each;
      weights[i] /= scale[channel];
      bias[output] -= weights[i] * shift[channel];
    }
    std::get<Conv>(graph.node(id).op).bias = true;
    graph.set_param(id, Slot::weight, floats(weight.shape(), weights));
    graph.set_param(id, Slot::bias, floats({weight.shape()[0]}, bias));
  }

  const Graph& from_;
  Readers readers_;
  const KnownInputs& known_;
  WithPixels result_;
};

}  // namespace

WithPixels with_pixels(const Graph& graph, const std::vector<TensorType>& types, const KnownInputs& known) {
  return Inserter(graph, types, known).run();
}

}  // namespace banoff::quantize
