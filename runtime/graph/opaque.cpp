#include "runtime/graph/opaque.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

Signature signature(const Opaque& op, InputTypes inputs) {
  Signature result;
  for (const Opaque::Output& output : op.outputs) {
    TensorType& type = result.outputs.emplace_back(TensorType{output.dtype, {}, false});
    for (const Opaque::Size& size : output.sizes) {
      if (size.input < 0) {
        type.shape.push_back(size.size);
        continue;
      }
      const Shape& like = inputs[static_cast<std::size_t>(size.input)].shape;
      const auto axis = static_cast<std::size_t>(size.axis);
      if (axis >= like.rank()) fail_input("input {} is {}, dimension {} expected", size.input, like.str(), axis);
      type.shape.push_back(like[axis]);
    }
  }
  return result;
}

std::vector<CannotRun> cannot_run(const Graph& graph) {
  std::vector<CannotRun> result;
  for (const Node& node : graph.live()) {
    const auto* opaque = node.as<Opaque>();
    if (opaque == nullptr || opaque->foreign->reason.empty()) continue;
    const auto same = [&](const CannotRun& each) {
      return each.op == opaque->foreign->op && each.reason == opaque->foreign->reason;
    };
    const auto found = std::ranges::find_if(result, same);
    if (found != result.end()) found->nodes.push_back(node.name);
    else result.push_back({opaque->foreign->op, opaque->foreign->reason, {node.name}});
  }
  return result;
}

namespace {

void require_none(const Graph& graph, std::string_view what, std::string_view instead) {
  const std::vector<CannotRun> reasons = cannot_run(graph);
  if (reasons.empty()) return;
  constexpr std::size_t named = 3;
  std::size_t nodes = 0;
  std::string lines;
  for (const CannotRun& each : reasons) {
    nodes += each.nodes.size();
    const std::span shown(each.nodes.data(), std::min(each.nodes.size(), named));
    lines += fmt::format("\n  {} '{}'", each.op, fmt::join(shown, "', '"));
    if (shown.size() < each.nodes.size()) lines += fmt::format(" and {} more", each.nodes.size() - shown.size());
    lines += fmt::format(": {}", each.reason);
  }
  const auto all = std::ranges::count_if(graph.nodes, [](const Node& node) { return !node.erased(); });
  fail_input("{} of {} nodes cannot be {}:{}\n{}", nodes, all, what, lines, instead);
}

}  // namespace

void require_runnable(const Graph& graph) {
  require_none(graph, "run",
               "`banoff fold -o OUT.onnx`, `explain` and `inspect` take the network as it is; to run it, export it "
               "without these");
}

void require_writable(const Graph& graph) {
  require_none(graph, "written as YAML", "write OUT.onnx instead: it carries them as they are");
}

}  // namespace banoff
