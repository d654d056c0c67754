// Graph inputs as a model file writes them.
#pragma once

#include "runtime/load/expression.hpp"

namespace banoff {

/// `64`, `N`, `N=1` or `N<=100`. Throws bad_input without a location.
[[nodiscard]] Dim read_dim(const Datum& from);
/// The same, printed.
[[nodiscard]] std::string print_dim(const Dim& dim);

/// The bindings with the shape that was given without a name, if one was, under that of the only input. Throws
/// bad_input where there are several.
[[nodiscard]] Bindings with_names(Bindings given, const std::vector<std::string>& inputs);

/// Adds the inputs of the `inputs` section to the graph. Throws bad_input with file:line.
void read_inputs(const Yaml& section, const std::string& file, const Env& env, Graph& graph);

/// The type of an input for naming parameters: symbols without a default are as in `sizes`, bounds at their capacity.
[[nodiscard]] TensorType nominal_type(const GraphInput& input, const std::map<std::string, std::int64_t>& sizes);

}  // namespace banoff
