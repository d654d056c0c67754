// A model on grids of integers: what its file knows of its inputs, and something to compute with.
#include "runtime/compress/quantize/quantize.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/session/changed.hpp"
#include "runtime/session/node_runner.hpp"
#include "runtime/session/picture_axes.hpp"

namespace banoff {

namespace {

/// What normalised pixels are: of photographs, whose pixels lie around 115 and deviate by 65 or so.
quantize::KnownInput known_of(const Preprocess& how, const TensorInfo& input) {
  constexpr double grey = 115, deviation = 65, most = 255;
  const std::size_t count = std::max({how.mean.size(), how.std.size(), std::size_t{1}});
  const auto at = [](const std::vector<double>& values, std::size_t c, double fallback) {
    return values.empty() ? fallback : values.size() == 1 ? values[0] : values.at(c);
  };
  quantize::KnownInput known;
  for (std::size_t c = 0; c < count; ++c) {
    const double mean = at(how.mean, c, 0), std = at(how.std, c, 1);
    const auto pixel = [&](double value) { return (value / how.scale - mean) / std; };
    known.mean.push_back(pixel(grey));
    known.var.push_back(std::pow(deviation / how.scale / std, 2));
    known.low = std::min({known.low, pixel(0), pixel(most)});
    known.high = std::max({known.high, pixel(0), pixel(most)});
    for (double value = 0; value <= most; ++value) known.levels.push_back(static_cast<float>(pixel(value)));
    known.pixel_scale.push_back(std * how.scale);
    known.pixel_shift.push_back(mean * how.scale);
  }
  const bool channels_apart = input.shape.rank() == 4 && picture_axes(how, input).channels == 1;
  if (!channels_apart && count > 1) {
    const auto n = static_cast<double>(count);
    double mean = 0, var = 0;
    for (std::size_t c = 0; c < count; ++c) mean += known.mean[c] / n, var += known.var[c] / n;
    known.mean = {mean}, known.var = {var};
    known.pixel_scale.clear(), known.pixel_shift.clear();
  }
  return known;
}

std::map<std::string, Shape> common_shapes(const std::vector<Tensors>& pictures) {
  std::map<std::string, Shape> shapes;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (const auto& [name, tensor] : pictures[i]) {
      const auto [at, added] = shapes.emplace(name, tensor.shape());
      if (!added && at->second != tensor.shape())
        fail_input("calibration picture {}: input '{}' is {}, expected {} as in those before it", i, name,
                   tensor.shape().str(), at->second.str());
    }
  }
  return shapes;
}

}  // namespace

bool Model::is_quantized() const {
  for (const Node& node : contents_->graph.live()) {
    if (node.as<FakeQuantize>() != nullptr || node.as<Quantize>() != nullptr || has_weight_scale(node.op)) return true;
  }
  return false;
}

std::pair<Model, QuantizeReport> Model::quantize(const QuantizeOptions& options) const {
  require_runnable(contents_->graph);
  const Model here = at(common_shapes(options.pictures));
  FoldOptions how = options.fold;
  how.threads = options.threads;
  auto [folded, fold_report] = here.fold(how, {.threads = options.threads});
  quantize::KnownInputs known;
  const std::vector<TensorInfo> inputs = here.inputs();
  for (const Preprocess& preprocess : manifest().preprocess) {
    const auto input = std::ranges::find(inputs, preprocess.input, &TensorInfo::name);
    if (input != inputs.end()) known.emplace(preprocess.input, known_of(preprocess, *input));
  }
  const std::shared_ptr<const Device> device = make_device({.threads = options.threads});
  Graph graph = folded.contents().graph;
  const quantize::Job job{here.contents().graph, folded.contents().types, known, [&] { return node_runner(device); }};
  QuantizeReport report = quantize::quantize(graph, job, options);
  report.fold = std::move(fold_report);
  const auto elsewhere = [](const Model& model) -> Model {
    fail_input("{}: a network on grids is for the sizes that it was quantised at", model.name());
  };
  return {Model(changed(here.contents(), std::move(graph), elsewhere)), std::move(report)};
}

std::pair<Model, FoldReport> fold_for(const Model& model, const FoldOptions& options, const DeviceOptions& device) {
  if (!in_integers(device) || model.is_quantized()) return model.fold(options, device);
  QuantizeOptions quantised;
  quantised.fold = options;
  quantised.fold.activations = QuantizeOptions::without_clamps().activations;
  quantised.fold.borders = QuantizeOptions::without_clamps().borders;
  quantised.threads = device.threads;
  auto [result, report] = model.quantize(quantised);
  return {std::move(result), std::move(report.fold)};
}

}  // namespace banoff
