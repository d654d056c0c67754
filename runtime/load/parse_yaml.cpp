#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/open_sizes.hpp"
#include "runtime/load/expand.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/manifest.hpp"

namespace banoff {

namespace {

/// The graph with nodes by `expand`, at the first of the likely values of its open sizes that they take.
template <class F>
Graph expanded(const Graph& inputs, F&& expand) {
  std::optional<Error> first;
  for (const auto& sizes : likely_sizes(dims_of(inputs))) {
    try {
      Graph graph = inputs;
      expand(sizes, graph);
      return graph;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
      if (!first) first = error;
    }
  }
  throw Error(first.value());
}

}  // namespace

LoadedModel parse_yaml(std::string_view text, const std::string& file, const LoadLimits& limits) {
  const YamlPtr root = parse_document(text, file, limits);
  check_keys(*root, "the model file",
             {"name", "inputs", "weights", "ignore", "preprocess", "task", "let", "blocks", "nodes", "outputs"}, file);
  Env env;
  if (const YamlEntry* let = root->find("let")) {
    if (!let->value->is(Yaml::Kind::map)) fail_at(file, let->line, "let must be a map from name to value");
    for (const YamlEntry& entry : let->value->entries) env.names[entry.key] = interpolate(*entry.value, env, file);
  }
  LoadedModel model;
  model.graph.name = std::filesystem::path(file).stem().string();
  if (const YamlEntry* name = root->find("name")) model.graph.name = interpolate(*name->value, env, file).str();
  const YamlEntry* inputs = root->find("inputs");
  if (inputs == nullptr) fail_at(file, root->line, "'inputs' must be given");
  read_inputs(*inputs->value, file, env, model.graph);
  model.graph =
      expanded(model.graph, [&](const auto& sizes, Graph& graph) { expand(*root, file, env, sizes, limits, graph); });
  model.manifest = read_manifest(*root, file, env, model.graph);
  return model;
}

}  // namespace banoff
