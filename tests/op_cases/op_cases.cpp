#include "tests/op_cases/op_cases.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "runtime/core/fail.hpp"
#include "runtime/load/fields.hpp"
#include "runtime/load/load.hpp"
#include "tests/source_dir.hpp"

namespace banoff::test {

namespace {

using Json = nlohmann::json;

const std::string base = (source_dir() / "tests/data/op_cases").string();

Datum datum_from(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  std::vector<Datum> items;
  for (const Json& item : json) items.push_back(datum_from(item));
  return Datum(std::move(items));
}

/// The op as the loader reads it from the same keys in a model file.
Op op_from(const std::string& name, const Json& keys) {
  const OpRow* row = find_op(name);
  if (row == nullptr) fail_input("unknown op '{}'", name);
  Attributes attributes;
  for (const auto& [key, value] : keys.items()) attributes[key] = {datum_from(value), 0};
  return read_op(*row, attributes, 0, [&](int, const std::string& message) { fail_input("{}: {}", name, message); });
}

Slot slot_named(const std::string& name) {
  for (const Slot slot : {Slot::weight, Slot::bias, Slot::mean, Slot::var, Slot::pad_value, Slot::value, Slot::lower,
                          Slot::upper, Slot::kink, Slot::below, Slot::above, Slot::peephole, Slot::weight_scale}) {
    if (slot_name(slot) == name) return slot;
  }
  fail_input("unknown parameter '{}'", name);
}

OpCase make_case(const Json& row, const std::map<std::string, Tensor>& tensors) {
  OpCase result;
  result.name = row.at("name").get<std::string>();
  result.magnitude = row.at("magnitude").get<double>();
  Graph& graph = result.graph;
  graph.name = result.name;
  Node node{.name = "node",
            .op = op_from(row.at("op").get<std::string>(), row.at("attributes")),
            .inputs = {},
            .outputs = {},
            .params = {},
            .where = {result.name, 0}};
  for (const Json& key : row.at("inputs")) {
    const Tensor& tensor = tensors.at(key.get<std::string>());
    const std::string name = fmt::format("in{}", graph.inputs.size());
    std::vector<Dim> dims;
    for (const std::int64_t size : tensor.shape()) dims.push_back({size, "", false});
    node.inputs.push_back(graph.add_input(name, tensor.dtype(), dims));
    result.inputs[name] = tensor;
  }
  for (const auto& [name, key] : row.at("params").items()) {
    node.params.emplace_back(slot_named(name), graph.add_param("node." + name, tensors.at(key.get<std::string>())));
  }
  const NodeId id = graph.add_node(node, row.at("outputs").size());
  for (const Json& key : row.at("outputs")) {
    const std::string name = fmt::format("out{}", graph.outputs.size());
    graph.add_output(name, graph.node(id).outputs[graph.outputs.size()]);
    result.expected[name] = tensors.at(key.get<std::string>());
  }
  return result;
}

}  // namespace

std::vector<OpCase> load_op_cases() {
  const std::map<std::string, Tensor> tensors = read_safetensors(base + ".safetensors");
  std::ifstream table(base + ".json");
  if (!table) fail_input("cannot open {}.json", base);
  const Json rows = Json::parse(table);
  std::vector<OpCase> cases;
  for (const Json& row : rows) cases.push_back(make_case(row, tensors));
  return cases;
}

double error_of(const OpCase& expected, const std::map<std::string, Tensor>& got) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  double worst = 0;
  for (const auto& [name, tensor] : expected.expected) {
    const auto found = got.find(name);
    if (found == got.end() || found->second.shape() != tensor.shape()) return infinite;
    const bool whole = tensor.dtype() != DType::f64;
    const auto want = tensor.to_vector<double>();
    const auto have = found->second.to_vector<double>();
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (want[i] == have[i] || (std::isnan(want[i]) && std::isnan(have[i]))) continue;
      const double error = std::abs(want[i] - have[i]) / expected.magnitude;
      if (!std::isfinite(error) || (whole && error > 0)) return infinite;
      worst = std::max(worst, error);
    }
  }
  return worst;
}

}  // namespace banoff::test
