// The networks that follow Keras compute what Keras computed in float64 when tests/data/keras.json was written
// (scripts/check_keras.py --write), from weights that a formula makes on both sides.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "formula_weights.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/load/load.hpp"
#include "support.hpp"

using namespace banoff;
using namespace banoff::test;
using Json = nlohmann::json;

namespace {

/// The network with its picture's side changed.
Graph parsed(const std::string& name, int side) {
  std::ifstream stream(source / "configs/models" / (name + ".yaml"));
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const std::string input = fmt::format("image: [N=1, 3, {}, {}]", side, side);
  return parse_yaml(std::regex_replace(text, std::regex(R"(image: \[N=1, 3, .*\])"), input), name + ".yaml").graph;
}

/// Numbers in (-2, 2).
Tensor picture(int side) {
  const Shape shape{1, 3, side, side};
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  Formula drawn("image");
  for (double& value : values) {
    drawn.draw();
    value = 2 * drawn.centred();
  }
  return Tensor::of<double>(shape, std::move(values));
}

/// Every `step`-th value of a node.
std::vector<double> some_of(const Graph& graph, const std::string& node, std::size_t step, int side) {
  const ValueId value = graph.node(graph.find(node)).outputs.at(0);
  const auto found = reference::run<double>(graph, {{"image", picture(side)}}, [&](ValueId id) { return id == value; });
  const std::vector<double> all = found.at(value).to_vector<double>();
  std::vector<double> picked;
  for (std::size_t i = 0; i < all.size(); i += step) picked.push_back(all[i]);
  return picked;
}

}  // namespace

TEST_CASE("the networks that follow Keras compute what Keras does, in float64") {
  std::ifstream stream(source / "tests/data/keras.json");
  const Json cases = Json::parse(stream);
  REQUIRE(!cases.empty());
  for (const auto& item : cases.items()) {
    const std::string& name = item.key();
    const Json& row = item.value();
    CAPTURE(name);
    const int side = row["side"];
    Graph graph = parsed(name, side);
    fill(graph, row["norm_exponents"], row["constants"]);
    const std::vector<double> expected = row["values"];
    const std::vector<double> actual = some_of(graph, row["node"], row["step"], side);
    REQUIRE(actual.size() == expected.size());
    const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
    const double largest = std::max(-*low, *high);
    for (std::size_t i = 0; i < actual.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) <= 1e-9 * largest);
  }
}
