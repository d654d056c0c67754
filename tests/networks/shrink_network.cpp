#include "tests/networks/shrink_network.hpp"

#include <set>

namespace banoff::test {

namespace {

/// Drops nodes and constants that no output needs.
void drop_unread(onnx::GraphProto& graph) {
  std::set<std::string> read;
  for (const onnx::ValueInfoProto& output : graph.output()) read.insert(output.name());
  auto& nodes = *graph.mutable_node();
  for (int i = nodes.size() - 1; i >= 0; --i) {
    bool needed = false;
    for (const std::string& output : nodes[i].output()) needed = needed || read.contains(output);
    if (needed) read.insert(nodes[i].input().begin(), nodes[i].input().end());
    else nodes.DeleteSubrange(i, 1);
  }
  auto& constants = *graph.mutable_initializer();
  for (int i = constants.size() - 1; i >= 0; --i) {
    if (!read.contains(constants[i].name())) constants.DeleteSubrange(i, 1);
  }
}

void read_instead(onnx::GraphProto& graph, const std::string& of, const std::string& instead) {
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (std::string& input : *node.mutable_input()) input = input == of ? instead : input;
  }
}

class Shrinker {
 public:
  Shrinker(RandomNetwork network, const std::function<bool(const RandomNetwork&)>& fails)
      : network_(std::move(network)), fails_(fails) {}

  RandomNetwork run() {
    while (fewer_outputs() || earlier_outputs() || fewer_nodes()) {
    }
    return network_;
  }

 private:
  /// Makes the change if the network still fails with it.
  template <class Change>
  bool attempt(Change&& change) {
    RandomNetwork smaller = network_;
    change(*smaller.model.mutable_graph());
    drop_unread(*smaller.model.mutable_graph());
    if (smaller.model.graph().ByteSizeLong() >= network_.model.graph().ByteSizeLong() || !fails_(smaller)) return false;
    network_ = std::move(smaller);
    return true;
  }
  [[nodiscard]] const onnx::GraphProto& graph() const { return network_.model.graph(); }

  bool fewer_outputs() {
    for (int i = 0; graph().output_size() > 1 && i < graph().output_size(); ++i) {
      if (attempt([&](onnx::GraphProto& each) { each.mutable_output()->DeleteSubrange(i, 1); })) return true;
    }
    return false;
  }
  bool earlier_outputs() {
    for (int i = 0; i < graph().node_size(); ++i) {
      for (int o = 0; o < graph().output_size(); ++o) {
        const std::string name = graph().node(i).output(0);
        if (attempt([&](onnx::GraphProto& each) { each.mutable_output(o)->set_name(name); })) return true;
      }
    }
    return false;
  }
  bool fewer_nodes() {
    for (int i = 0; i < graph().node_size(); ++i) {
      for (int input = 0; input < graph().node(i).input_size(); ++input) {
        const std::string from = graph().node(i).output(0), to = graph().node(i).input(input);
        if (attempt([&](onnx::GraphProto& each) { read_instead(each, from, to); })) return true;
      }
    }
    return false;
  }

  RandomNetwork network_;
  const std::function<bool(const RandomNetwork&)>& fails_;
};

}  // namespace

RandomNetwork shrink_network(RandomNetwork network, const std::function<bool(const RandomNetwork&)>& fails) {
  return Shrinker(std::move(network), fails).run();
}

}  // namespace banoff::test
