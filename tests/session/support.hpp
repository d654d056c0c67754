// Files that the tests of whole networks need.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "banoff/session.hpp"
#include "banoff/task/npy.hpp"
#include "tests/source_dir.hpp"

namespace banoff::test {

inline const std::filesystem::path source = source_dir();

inline std::filesystem::path data_folder() {
  const char* given = std::getenv("BANOFF_DATA");
  return given != nullptr ? std::filesystem::path(given) : source / "../shared/data";
}

/// Every way a network can be folded.
inline Model folded(const Model& model, Method method) {
  FoldOptions options;
  options.method = method;
  return model.fold(options).first;
}
inline constexpr std::array methods{Method::none, Method::naive, Method::banoff, Method::optimal};

/// The op of each layer, in order.
inline std::vector<std::string> ops_of(const Model& model) {
  std::vector<std::string> ops;
  for (const LayerInfo& layer : model.layers()) ops.push_back(layer.op);
  return ops;
}

inline Tensors run_on(const Model& model, const std::string& device, const Tensors& inputs, int threads = 1) {
  DeviceOptions options;
  options.name = device;
  options.threads = threads;
  return Session(CompiledModel::compile(model, options)).run(inputs);
}

inline double max_difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector<double>();
  const std::vector<double> y = b.to_vector<double>();
  REQUIRE(x.size() == y.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - y[i]));
  return worst;
}

}  // namespace banoff::test
