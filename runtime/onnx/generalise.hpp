// One network from readings of the same file at several sizes.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "runtime/graph/signature.hpp"

namespace banoff::onnx_import {

/// What the file comes to at some sizes.
struct Reading {
  Graph graph;  ///< compacted; every dimension has the reading's size
  std::vector<TensorType> types;
};

/// Where two readings say something else.
struct Difference {
  std::string node;
  std::string what;  ///< "computes other values", …
};

/// The first reading's network, made to say at every reading's sizes what that reading says: a shape that copies, or
/// follows from the rest; a slice that counts from the end; a scale in place of a size. Where they differ in more than
/// can be said so, the place.
struct Generalised {
  Graph graph;
  std::optional<Difference> difference;  ///< set: graph is of no use
};
[[nodiscard]] Generalised generalise(const Reading& first, std::span<const Reading* const> others);

}  // namespace banoff::onnx_import
