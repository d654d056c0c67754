// The oracle: every op as plain loops, in float or double. Slow, obvious, and what all other devices are tested
// against.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "kernels/device.hpp"

namespace banoff::reference {

/// Computes every value of the graph in T (float or double); values of integer types keep theirs. Float values of any
/// storage type are held as T. `keep` says which values to return (default: the graph's outputs).
/// Inputs are converted to the graph's types first. Throws bad_input when an input is missing or has another shape.
template <class T>
[[nodiscard]] std::map<ValueId, Tensor> run(const Graph& graph, const std::map<std::string, Tensor>& inputs,
                                            const std::function<bool(ValueId)>& keep = {});

/// The output tensors of a graph by name.
template <class T>
[[nodiscard]] std::map<std::string, Tensor> outputs(const Graph& graph, const std::map<std::string, Tensor>& inputs);

/// What one node computes, with `inputs` in its input order. T as above.
template <class T>
[[nodiscard]] std::vector<Tensor> compute(const Graph& graph, const Node& node, const std::vector<Tensor>& inputs);

/// The reference kernels as a device. Everything is plain; with f64, float values take 8 bytes each.
[[nodiscard]] std::unique_ptr<Device> device(DType precision = DType::f32);

}  // namespace banoff::reference
