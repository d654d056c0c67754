// Sizes that a network leaves open: the symbols among its inputs' dimensions. What holds at one size need not hold at
// another, so whoever writes something down that follows from sizes looks at several.
#pragma once

#include "runtime/graph/signature.hpp"

namespace banoff {

/// A symbol of a network's inputs, bounded ones left out.
struct OpenSize {
  std::string symbol;
  std::int64_t size = 1;  ///< at present
  bool batch = false;     ///< somewhere the first dimension
};

/// The open sizes of `graph`, each once, in the order of its inputs; `types` are those of the present.
[[nodiscard]] std::vector<OpenSize> open_sizes(const Graph& graph, const std::vector<TensorType>& types);

/// Other sizes that are worth a look: neighbours, and for images some that several halvings divide and some that not.
[[nodiscard]] std::vector<std::int64_t> sizes_beside(const OpenSize& open);

/// Bindings of every open size as at present, but `changed` is `size`.
[[nodiscard]] Bindings bindings_with(const std::vector<OpenSize>& open, const std::string& changed, std::int64_t size);

/// A network at other sizes than its own.
struct Elsewhere {
  std::string symbol;  ///< the size that is another
  std::int64_t size = 1;
  std::vector<TensorType> types;  ///< by ValueId
};

/// What `graph` comes to (types can be inferred) where one open size, `of`, is another; three values of it at most.
[[nodiscard]] std::vector<Elsewhere> beside(const Graph& graph, const std::vector<OpenSize>& open, const OpenSize& of);

/// The dimensions of each input.
[[nodiscard]] std::vector<std::vector<Dim>> dims_of(const Graph& graph);

/// What to take for open sizes that nobody gave (those of size 0 in `inputs`), by symbol, likeliest first: a batch of
/// 1, pictures of 3 channels or 1, and sides that networks are made for.
[[nodiscard]] std::vector<std::map<std::string, std::int64_t>> likely_sizes(
    const std::vector<std::vector<Dim>>& inputs);

/// Gives a symbol the size that it has in `types` for good.
void fix_size(Graph& graph, const std::vector<TensorType>& types, const std::string& symbol);

}  // namespace banoff
