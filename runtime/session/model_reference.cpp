// A model by the reference's loops in float64, and inputs to try it with.
#include <algorithm>
#include <random>

#include "folding/fold.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

std::map<std::string, Shape> shapes_of(const Tensors& tensors) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : tensors) shapes[name] = tensor.shape();
  return shapes;
}

}  // namespace

Tensors Model::reference(const Tensors& inputs) const {
  require_runnable(contents_->graph);
  return reference::outputs<double>(at(shapes_of(inputs)).contents_->graph, inputs);
}

std::optional<std::string> Model::first_difference(const Model& other, const Tensors& inputs, double tolerance) const {
  require_runnable(contents_->graph), require_runnable(other.contents_->graph);
  const auto shapes = shapes_of(inputs);
  return banoff::first_difference(at(shapes).contents_->graph, other.at(shapes).contents_->graph, inputs, tolerance,
                                  reference::compute<double>);
}

Tensors Model::random_inputs(std::uint64_t seed) const {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Tensors result;
  for (const TensorInfo& input : inputs()) {
    if (input.has_default) continue;
    std::vector<double> values(static_cast<std::size_t>(input.shape.elements()));
    // Integer images look like pixels; everything else like normalised activations.
    const bool pixels = input.dtype == DType::u8;
    for (double& value : values)
      value = pixels ? std::clamp(128 + 50 * normal(generator), 0.0, 255.0) : normal(generator);
    result[input.name] = Tensor::of(input.shape, std::move(values)).as(input.dtype);
  }
  return result;
}

}  // namespace banoff
