// A model's contents after a change to its graph.
#pragma once

#include "runtime/session/contents.hpp"

namespace banoff {

using ContentsPtr = std::shared_ptr<const Model::Contents>;

/// Contents whose types are those of their graph under their bindings.
[[nodiscard]] ContentsPtr with_types(Model::Contents contents);

/// The same network after `change` to its graph, at its other sizes as well.
[[nodiscard]] ContentsPtr changed(const Model::Contents& from, Graph graph,
                                  const std::function<Model(const Model&)>& change);

}  // namespace banoff
