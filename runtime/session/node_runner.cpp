#include "runtime/session/node_runner.hpp"

#include <algorithm>

#include "kernels/reference/reference.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

/// What a node is, besides its name.
struct Key {
  Op op;
  std::vector<std::pair<Slot, const std::byte*>> params;
  std::vector<std::pair<DType, Shape>> inputs;
  bool operator==(const Key& other) const {
    return static_cast<const OpVariant&>(op) == static_cast<const OpVariant&>(other.op) && params == other.params &&
           inputs == other.inputs;
  }
};

Key key_of(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
  Key key{node.op, {}, {}};
  for (const auto& [slot, id] : node.params) key.params.emplace_back(slot, graph.param(id).data());
  for (const Tensor& input : inputs) key.inputs.emplace_back(input.dtype(), input.shape());
  return key;
}

std::string input_name(std::size_t i) { return "in" + std::to_string(i); }
std::string output_name(std::size_t i) { return "out" + std::to_string(i); }

/// A network of this node alone.
Model model_of(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
  Model::Contents contents;
  Graph& alone = contents.graph;
  Node copy = node;
  copy.inputs.clear();
  copy.params.clear();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<Dim> dims;
    for (const std::int64_t size : inputs[i].shape()) dims.push_back({size, {}, false});
    copy.inputs.push_back(alone.add_input(input_name(i), inputs[i].dtype(), std::move(dims)));
  }
  for (const auto& [slot, id] : node.params)
    copy.params.emplace_back(slot, alone.add_param(std::string(slot_name(slot)), graph.param(id)));
  const NodeId id = alone.add_node(std::move(copy), node.outputs.size());
  for (std::size_t i = 0; i < node.outputs.size(); ++i) alone.add_output(output_name(i), alone.node(id).outputs[i]);
  contents.types = infer_types(alone);
  return Model(std::make_shared<const Model::Contents>(std::move(contents)));
}

class Runner {
 public:
  explicit Runner(std::shared_ptr<const Device> device) : device_(std::move(device)) {}

  std::vector<Tensor> operator()(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
    // Other ops move data, or are not worth a kernel.
    if (facts_of(node.op).role == Role::other && !node.as<Pool>() && !node.as<MatMul>())
      return reference::compute<float>(graph, node, inputs);
    Session& session = session_for(graph, node, inputs);
    Tensors given;
    for (std::size_t i = 0; i < inputs.size(); ++i) given[input_name(i)] = inputs[i];
    const Tensors made = session.run(given);
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) outputs.push_back(made.at(output_name(i)));
    return outputs;
  }

 private:
  struct Compiled {
    Key key;
    std::vector<Tensor> params;  ///< held, so that no other tensor takes their place in memory
    Session session;
  };

  Session& session_for(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
    // The same node with weights of floats, of a grid, and their difference.
    constexpr std::size_t most = 4;
    Key key = key_of(graph, node, inputs);
    std::vector<std::unique_ptr<Compiled>>& known = compiled_[node.name];
    const auto found = std::ranges::find_if(known, [&](const auto& each) { return each->key == key; });
    if (found != known.end()) return (*found)->session;
    if (known.size() == most) known.erase(known.begin());
    std::vector<Tensor> params;
    for (const auto& [slot, id] : node.params) params.push_back(graph.param(id));
    Session session(compile_on(model_of(graph, node, inputs), device_));
    known.push_back(std::make_unique<Compiled>(Compiled{std::move(key), std::move(params), std::move(session)}));
    return known.back()->session;
  }

  std::shared_ptr<const Device> device_;
  std::map<std::string, std::vector<std::unique_ptr<Compiled>>> compiled_;
};

}  // namespace

ComputeNode node_runner(std::shared_ptr<const Device> device) {
  return [runner = std::make_shared<Runner>(std::move(device))](const Graph& graph, const Node& node,
                                                                const std::vector<Tensor>& inputs) {
    return (*runner)(graph, node, inputs);
  };
}

}  // namespace banoff
