#include "runtime/onnx/export.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "banoff/file.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/exporter.hpp"

namespace banoff {

namespace onnx_export {
namespace {

void check_size(const Graph& graph) {
  std::size_t bytes = 0;
  for (const Param& param : graph.params) bytes += param.value.bytes();
  constexpr std::size_t most = (std::size_t{1} << 31) - (std::size_t{1} << 24);
  if (bytes > most) fail_input("{} bytes of weights, and an ONNX file holds at most 2 GiB", bytes);
}

std::vector<Elsewhere> look_beside(const Graph& graph, const std::vector<TensorType>& types) {
  std::vector<Elsewhere> result;
  const std::vector<OpenSize> open = open_sizes(graph, types);
  for (const OpenSize& size : open) std::ranges::move(beside(graph, open, size), std::back_inserter(result));
  return result;
}

template <class T>
std::optional<std::string> first_other(const google::protobuf::RepeatedPtrField<T>& here,
                                       const google::protobuf::RepeatedPtrField<T>& there) {
  for (int i = 0; i < std::min(here.size(), there.size()); ++i) {
    if (here[i].SerializeAsString() != there[i].SerializeAsString()) return here[i].name();
  }
  if (here.size() == there.size()) return std::nullopt;
  return here.size() > there.size() ? here[there.size()].name() : there[here.size()].name();
}

/// The first node or constant that two files do not share.
std::optional<std::string> difference(const onnx::GraphProto& here, const onnx::GraphProto& there) {
  const auto constant = first_other(here.initializer(), there.initializer());
  return constant ? constant : first_other(here.node(), there.node());
}

/// Fixes every open size of which the file would say something else at another value of it, and leaves what is beside
/// the others in `elsewhere`. Returns those fixed, with reasons.
std::map<std::string, std::string> fix_what_differs(Graph& graph, const std::vector<TensorType>& types,
                                                    std::vector<Elsewhere>& elsewhere) {
  std::map<std::string, std::string> fixed;
  const auto sketch = [&](const std::vector<TensorType>& at) {
    return Exporter(graph, at, elsewhere, Exporter::Purpose::sketch).run();
  };
  std::optional<onnx::ModelProto> here;
  for (const OpenSize& size : open_sizes(graph, types)) {
    if (std::ranges::find(elsewhere, size.symbol, &Elsewhere::symbol) == elsewhere.end()) {
      fixed[size.symbol] = "the network takes no other size near it";
    }
  }
  for (const Elsewhere& there : elsewhere) {
    if (fixed.contains(there.symbol)) continue;
    if (!here) here = sketch(types);
    try {
      if (const auto name = difference(here->graph(), sketch(there.types).graph())) {
        fixed[there.symbol] = fmt::format("'{}' depends on it", *name);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
      fixed[there.symbol] = fmt::format("at another size: {}", error.what());
    }
  }
  for (const auto& [symbol, why] : fixed) fix_size(graph, types, symbol);
  std::erase_if(elsewhere, [&](const Elsewhere& there) { return fixed.contains(there.symbol); });
  return fixed;
}

}  // namespace
}  // namespace onnx_export

std::vector<NodeId> without_onnx_form(const Graph& graph, const std::vector<TensorType>& types) {
  using onnx_export::Exporter;
  return Exporter(graph, types, {}, Exporter::Purpose::sketch).refused();
}

std::map<std::string, std::string> save_onnx(const std::filesystem::path& file, const Graph& graph,
                                             const std::vector<TensorType>& types) {
  using onnx_export::Exporter;
  onnx_export::check_size(graph);
  Graph written = graph;
  std::vector<Elsewhere> elsewhere = onnx_export::look_beside(written, types);
  const auto fixed = onnx_export::fix_what_differs(written, types, elsewhere);
  std::string text;
  if (!Exporter(written, types, elsewhere, Exporter::Purpose::file).run().SerializeToString(&text)) {
    fail_internal("ONNX: cannot be serialised");
  }
  write_file_atomically(file, text);
  return fixed;
}

}  // namespace banoff
