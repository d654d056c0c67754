// What ONNX Runtime gave for some networks (make_expected.py), and a check against it.
#pragma once

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/files.hpp"
#include "tests/session/support.hpp"

namespace banoff::test {

/// The input that make_expected.py gives to ONNX Runtime.
inline Tensor made_up(const TensorInfo& input) {
  std::vector<double> values(static_cast<std::size_t>(input.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * 7919 % 1009) / 504.0 - 1;
  return Tensor::of<double>(input.shape, std::move(values)).as(input.dtype);
}

/// ONNX Runtime's line for a network, split at its commas: the file, the number of elements or "refused", elements.
inline std::vector<std::string> answer_of(const std::string& name) {
  std::ifstream file(source / "tests/onnx/data/onnxruntime.csv");
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    if (cells.front() == name + ".onnx") return cells;
  }
  FAIL("no line for " << name);
  return {};
}

/// The tolerance is relative to the largest number, or to 1.
inline void check_answer(const std::string& name, const Model& model, const std::string& device, double tolerance) {
  const std::vector<std::string> expected = answer_of(name);
  const TensorInfo input = model.inputs().at(0);
  const std::vector<double> actual =
      run_on(model, device, {{input.name, made_up(input)}}, 2).begin()->second.to_vector<double>();
  REQUIRE(std::to_string(actual.size()) == expected.at(1));
  REQUIRE(expected.size() == 34);
  double largest = 1;
  for (std::size_t i = 2; i < expected.size(); ++i) largest = std::max(largest, std::abs(std::stod(expected[i])));
  for (std::size_t i = 2; i < expected.size(); ++i) {
    const double error = actual[(i - 2) * actual.size() / 32] - std::stod(expected[i]);
    CHECK(std::abs(error) < tolerance * largest);
  }
}

}  // namespace banoff::test
