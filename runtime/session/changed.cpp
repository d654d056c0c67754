#include "runtime/session/changed.hpp"

#include "runtime/graph/parameter_shapes.hpp"

namespace banoff {

ContentsPtr with_types(Model::Contents contents) {
  contents.types = infer_types(contents.graph, contents.bindings);
  check_parameter_shapes(contents.graph, contents.types);
  for (SizeInfo& size : contents.sizes) {
    const auto given = contents.bindings.symbols.find(size.name);
    if (given != contents.bindings.symbols.end()) size.size = given->second;
  }
  return std::make_shared<const Model::Contents>(std::move(contents));
}

ContentsPtr changed(const Model::Contents& from, Graph graph, const std::function<Model(const Model&)>& change) {
  Model::Contents contents{std::move(graph), from.manifest, from.bindings, {}, from.sizes, from.symbols, {}};
  if (from.at) contents.at = [at = from.at, change](const Sizes& sizes) { return change(at(sizes)); };
  return with_types(std::move(contents));
}

}  // namespace banoff
