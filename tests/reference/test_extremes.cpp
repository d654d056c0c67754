// Ops whose attributes and values lie at the edge of what their types hold. Whatever a file says, there is an error or
// an answer; under the sanitizers this finds what overflows, is cast out of range, or reads elsewhere.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "banoff/error.hpp"
#include "kernels/cpu/cpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/graph/activations.hpp"
#include "runtime/plan/offers.hpp"

using namespace banoff;

namespace {

using Integers = std::numeric_limits<std::int64_t>;

/// Draws attributes, as a visitor of an op's `fields`: small ones, and now and then one that no network has.
class Drawer {
 public:
  Drawer(std::mt19937_64& random, bool extreme) : random_(random), extreme_(extreme), length_(1 + below(3)) {}

  template <class T>
  void operator()(std::string_view, T& member) {
    if (below(3) != 0) draw(member);
  }
  template <class T>
  void operator()(std::string_view, T& member, Required) {
    draw(member);
  }
  [[nodiscard]] std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(end));
  }
  [[nodiscard]] bool is_extreme() { return extreme_ && below(5) == 0; }

 private:
  void draw(std::int64_t& v) {
    static constexpr std::int64_t edges[] = {Integers::min(),
                                             Integers::min() + 1,
                                             -(std::int64_t{1} << 31),
                                             -5,
                                             -1,
                                             0,
                                             (std::int64_t{1} << 31) - 1,
                                             std::int64_t{1} << 31,
                                             std::int64_t{1} << 32,
                                             std::int64_t{1} << 62,
                                             Integers::max() - 1,
                                             Integers::max()};
    v = is_extreme() ? edges[below(std::size(edges))] : below(5) - (below(6) == 0 ? 3 : 0);
  }
  void draw(double& v) {
    static constexpr double edges[] = {-HUGE_VAL, HUGE_VAL, 1e300, -1e300, 1e-300, 0, -1, 9.3e18, 2147483648.0};
    v = is_extreme() ? (below(8) == 0 ? std::nan("") : edges[below(std::size(edges))])
                     : static_cast<double>(below(17)) / 4 + 0.25;
  }
  void draw(bool& v) { v = below(2) == 1; }
  void draw(DType& v) { v = static_cast<DType>(below(8)); }
  void draw(Spatial& v) { draw_list(v.values, below(2) == 0 ? 1 : 1 + below(3)); }
  void draw(Padding& v) {
    v.mode = static_cast<Padding::Mode>(below(5) == 0 ? 1 + below(2) : 0);
    const std::int64_t count = below(2) == 0 ? 1 : 1 + below(4);
    draw_list(v.begin.values, count);
    draw_list(v.end.values, count);
  }
  template <class T>
  void draw(std::optional<T>& v) {
    draw(v.emplace());
  }
  template <class T>
  void draw(std::vector<T>& v) {
    draw_list(v, below(5) == 0 ? below(4) : length_);
  }
  template <class E>
  requires std::is_enum_v<E>
  void draw(E& v) { v = static_cast<E>(below(std::ssize(words_of<E>))); }

  template <class T>
  void draw_list(std::vector<T>& list, std::int64_t count) {
    list.clear();
    for (std::int64_t i = 0; i < count; ++i) draw(list.emplace_back());
  }

  std::mt19937_64& random_;
  bool extreme_;
  std::int64_t length_;  ///< of lists, which several of an op must share
};

/// Values of any type, half of them at its edges; `mild` ones for parameters, which the loader has checked.
Tensor drawn_values(std::mt19937_64& random, DType type, const Shape& shape, bool mild) {
  const auto pick = [&](auto... edges) {
    const std::array list{edges...};
    return list[random() % list.size()];
  };
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  std::vector<std::int64_t> whole(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool edge = !mild && random() % 2 == 0;
    const auto small = static_cast<std::int64_t>(random() % 9) - (mild ? -1 : 3);
    values[i] =
        edge ? pick(std::nan(""), HUGE_VAL, -HUGE_VAL, 3e38, -3e38, 1e19, -1e19, 0.0) : static_cast<double>(small);
    whole[i] = edge ? pick(Integers::max(), Integers::min(), std::int64_t{1} << 32, std::int64_t{-1}) : small;
  }
  if (type == DType::f32 || type == DType::f64 || type == DType::f16 || type == DType::bf16)
    return Tensor::of<double>(shape, values).as(type);
  return Tensor::of<std::int64_t>(shape, whole).as(type);
}

std::vector<TensorType> drawn_inputs(Drawer& draw, const OpRow& row) {
  const Arity arity = facts_of(row.prototype).inputs;
  const auto least = static_cast<std::int64_t>(arity.min);
  const auto most = static_cast<std::int64_t>(std::min<std::size_t>(arity.max, arity.min + 2));
  const std::int64_t count = least + draw.below(most - least + 1);
  std::vector<TensorType> types;
  for (std::int64_t i = 0; i < count; ++i) {
    TensorType type{draw.below(3) == 0 ? static_cast<DType>(draw.below(8)) : DType::f32, {}, false};
    if (i > 0 && draw.below(3) != 0) type = types[0];
    if (i > 0 && draw.below(4) == 0) type.dtype = DType::i64;
    if (i == 0 || draw.below(4) == 0) {
      type.shape = {};
      for (std::int64_t d = 1 + draw.below(4); d >= 0; --d) type.shape.push_back(1 + draw.below(4));
    }
    types.push_back(type);
  }
  return types;
}

constexpr std::int64_t most_elements = 20'000;  ///< of what is run

/// A network of one node; empty where its shape rule or its size speaks against it.
std::optional<Graph> graph_of(std::mt19937_64& random, const Op& op, const std::vector<TensorType>& inputs) {
  const Signature made = signature(op, inputs);
  const auto small = [](const Shape& shape) { return shape.elements() <= most_elements; };
  for (const TensorType& type : made.outputs) {
    if (!small(type.shape)) return std::nullopt;
  }
  Graph graph;
  Node node;
  node.name = "node", node.op = op;
  for (const TensorType& type : inputs) {
    std::vector<Dim> dims;
    for (const std::int64_t size : type.shape) dims.push_back({size, "", false});
    node.inputs.push_back(graph.add_input("in" + std::to_string(node.inputs.size()), type.dtype, dims));
  }
  for (const ParamSpec& spec : made.params) {
    if (!small(spec.shape)) return std::nullopt;
    node.params.emplace_back(spec.slot, graph.add_param("p", drawn_values(random, DType::f32, spec.shape, true)));
  }
  const NodeId id = graph.add_node(node, made.outputs.size());
  for (std::size_t i = 0; i < made.outputs.size(); ++i)
    graph.add_output("out" + std::to_string(i), graph.node(id).outputs[i]);
  return graph;
}

/// Runs the graph's node on the device, if that takes it, on these inputs in plain layout.
void run(const Device& device, const Graph& graph, const std::map<std::string, Tensor>& given) {
  const auto types = infer_types(graph);
  Region region;
  region.graph = &graph, region.types = &types, region.nodes = {0};
  region.inputs = graph.nodes[0].inputs, region.outputs = graph.nodes[0].outputs;
  region.input_layouts.assign(region.inputs.size(), Layout::plain);
  region.output_layouts.assign(region.outputs.size(), Layout::plain);
  const Offers offers = ranked_offers(device, region);
  if (std::holds_alternative<Refusal>(offers)) return;
  const auto best = make_kernel(region, std::get<std::vector<Offer>>(offers));
  const Kernel& kernel = *best;
  std::vector<Tensor> held;
  std::vector<std::shared_ptr<std::byte>> made;
  std::vector<const std::byte*> in;
  std::vector<std::byte*> out;
  std::vector<std::int64_t> in_counts, out_counts(region.outputs.size());
  for (std::size_t i = 0; i < region.inputs.size(); ++i) {
    held.push_back(given.at("in" + std::to_string(i)).as(device.storage(region.type(region.inputs[i]).dtype)));
    in_counts.push_back(held[i].shape()[0]);
  }
  for (const Tensor& tensor : held) in.push_back(tensor.data());
  for (const ValueId value : region.outputs) {
    made.push_back(device.allocate(device.bytes(region.type(value), Layout::plain)));
    out.push_back(made.back().get());
  }
  const auto scratch = device.allocate(kernel.scratch_bytes());
  const auto state = kernel.make_state();
  const Entered entered(device);
  kernel.run({in, out, in_counts, out_counts, scratch.get(), state.get()});
}

}  // namespace

TEST_CASE("whatever an op's attributes and values are, there is an error or an answer") {
  const auto reference = reference::device();
  const auto cpu = cpu::device({.threads = 1});
  std::mt19937_64 random(11);
  std::map<std::string_view, int> ran;
  for (const OpRow& row : op_table()) {
    // Most of what is drawn for some ops is refused.
    for (int round = 0; round < 8000 && ran[row.name] < 300; ++round) {
      Drawer draw(random, round % 2 == 0);
      Op op = row.prototype;
      std::visit([&](auto& each) { each.fields(draw, each); }, static_cast<OpVariant&>(op));
      const std::vector<TensorType> inputs = drawn_inputs(draw, row);
      try {
        const auto graph = graph_of(random, op, inputs);
        if (!graph) continue;
        std::map<std::string, Tensor> given;
        for (std::size_t i = 0; i < inputs.size(); ++i)
          given["in" + std::to_string(i)] = drawn_values(random, inputs[i].dtype, inputs[i].shape, false);
        run(*reference, *graph, given);
        run(*cpu, *graph, given);
        ++ran[row.name];
      } catch (const Error& error) {
        CAPTURE(row.name);
        CAPTURE(error.what());
        CHECK(error.kind() == ErrorKind::bad_input);
      }
    }
  }
  CHECK(std::ranges::count_if(ran, [](const auto& entry) { return entry.second > 20; }) >
        std::ssize(op_table()) * 3 / 4);
}
