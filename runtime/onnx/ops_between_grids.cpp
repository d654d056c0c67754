// Operators that read integers and write integers: a float operator between a DequantizeLinear of each input and a
// QuantizeLinear of the output, which grids.cpp joins with those of their neighbours.
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

/// The nodes that stand for a call. Names of values are those in the body.
class Body {
 public:
  explicit Body(Call& call) : call_(call) {}

  /// Input i of the call; "" where it is absent.
  std::string in(std::size_t i) {
    if (!call_.has(i)) return "";
    const std::string name = fmt::format("in {}", i);
    if (given_.insert(i).second) definitions_.emplace_back(name, call_.in(i));
    return name;
  }

  /// The only output of a new node.
  std::string step(const std::string& op, const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(fmt::format("step {}", graph_.node_size()));
    return node.output(0);
  }
  /// Gives the last node an attribute.
  void set(const std::string& name, std::int64_t value) {
    onnx::AttributeProto& added = attribute(name, onnx::AttributeProto::INT);
    added.set_i(value);
  }
  void set(const std::string& name, double value) {
    attribute(name, onnx::AttributeProto::FLOAT).set_f(static_cast<float>(value));
  }
  /// Gives the last node the call's attributes.
  void take_attributes() {
    for (const onnx::AttributeProto& given : call_.node().attribute()) {
      if (given.name() == "channels_last") continue;
      *graph_.mutable_node()->rbegin()->add_attribute() = given;
      call_.attributes.ignore(given.name());
    }
  }

  /// Integers in input i as floats; their scale and zero point are inputs, along `axis` where they are several.
  std::string floats(std::size_t i, std::size_t scale, std::size_t zero, std::int64_t axis = 0) {
    const std::string x = in(i);
    const std::string result = step("DequantizeLinear", {x, in(scale), in(zero)});
    set("axis", axis);
    return result;
  }

  /// Writes the nodes in place of the call, whose output `y` is.
  void become(const std::string& y) {
    graph_.add_output()->set_name(y);
    const Operand result = call_.importer().inlined(graph_, definitions_, call_.name() + "/").at(0);
    if (const auto why = call_.importer().why_no_tensor(result)) fail_input("{}{}", in_its_body, *why);
    call_.result(0, result);
  }
  /// The same with y put on the grid of two inputs.
  void become(const std::string& y, std::size_t scale, std::size_t zero, std::int64_t axis = 0) {
    const std::string numbers = step("QuantizeLinear", {y, in(scale), in(zero)});
    set("axis", axis);
    become(numbers);
  }

 private:
  onnx::AttributeProto& attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& added = *graph_.mutable_node()->rbegin()->add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
  }

  Call& call_;
  onnx::GraphProto graph_;
  Definitions definitions_;
  std::set<std::size_t> given_;
};

/// A bias in int32, in steps of the product of two scales.
std::string bias_of(Body& body, std::size_t bias, std::size_t x_scale, std::size_t weight_scale) {
  const std::string scale = body.step("Mul", {body.in(x_scale), body.in(weight_scale)});
  const std::string result = body.step("DequantizeLinear", {body.in(bias), scale});
  body.set("axis", std::int64_t{0});
  return result;
}

void qlinear_conv(Call& call) {
  Body body(call);
  std::vector<std::string> inputs{body.floats(0, 1, 2), body.floats(3, 4, 5)};
  if (call.has(8)) {
    if (call.type(8).dtype != DType::i32) fail_input("the bias is {}, expected int32", name_of(call.type(8).dtype));
    inputs.push_back(bias_of(body, 8, 1, 4));
  }
  const std::string y = body.step("Conv", inputs);
  body.take_attributes();
  body.become(y, 6, 7);
}

/// Several scales are those of rows on the left and in the output, of columns on the right.
void qlinear_matmul(Call& call) {
  const auto axis = [&](std::size_t i, std::int64_t from_end) {
    return std::max<std::int64_t>(static_cast<std::int64_t>(call.shape(i).rank()) - from_end, 0);
  };
  Body body(call);
  const std::string a = body.floats(0, 1, 2, axis(0, 2)), b = body.floats(3, 4, 5, axis(3, 1));
  body.become(body.step("MatMul", {a, b}), 6, 7, axis(0, 2));
}

// ----- of ONNX Runtime's own domain
// ------------------------------------------------------------------------------------

template <const auto& op>
void of_two(Call& call) {
  Body body(call);
  const std::string a = body.floats(0, 1, 2), b = body.floats(3, 4, 5);
  body.become(body.step(op, {a, b}), 6, 7);
}

template <const auto& op>
void of_one(Call& call) {
  call.attributes.require("channels_last", 0);
  Body body(call);
  const std::string x = body.floats(0, 1, 2), y = body.step(op, {x});
  body.take_attributes();
  body.become(y, 3, 4);
}

/// The output's scale and zero point, then three inputs for each part.
void qlinear_concat(Call& call) {
  if (call.inputs() < 5 || call.inputs() % 3 != 2)
    fail_input("{} inputs, expected 2 and 3 for each part", call.inputs());
  Body body(call);
  std::vector<std::string> parts;
  for (std::size_t i = 2; i < call.inputs(); i += 3) parts.push_back(body.floats(i, i + 1, i + 2));
  const std::string y = body.step("Concat", parts);
  body.take_attributes();
  body.become(y, 0, 1);
}

/// alpha (A B + C), C in steps of the product of the scales; floats where the output has no scale.
void qgemm(Call& call) {
  const double alpha = call.attributes.real("alpha", 1);
  const std::int64_t turn_a = call.attributes.integer("transA", 0), turn_b = call.attributes.integer("transB", 0);
  Body body(call);
  std::vector<std::string> inputs{body.floats(0, 1, 2), body.floats(3, 4, 5, turn_b != 0 ? 0 : 1)};
  if (call.has(6)) inputs.push_back(bias_of(body, 6, 1, 4));
  const std::string y = body.step("Gemm", inputs);
  body.set("alpha", alpha), body.set("beta", alpha);
  body.set("transA", turn_a), body.set("transB", turn_b);
  if (call.has(7)) body.become(y, 7, 8);
  else body.become(y);
}

constexpr char add[] = "Add", mul[] = "Mul", leaky_relu[] = "LeakyRelu", sigmoid[] = "Sigmoid",
               average_pool[] = "AveragePool", global_average_pool[] = "GlobalAveragePool";

constexpr Row rows[] = {{"QLinearConv", qlinear_conv}, {"QLinearMatMul", qlinear_matmul}};

constexpr Row added_rows[] = {{"QLinearAdd", of_two<add>},
                              {"QLinearMul", of_two<mul>},
                              {"QLinearLeakyRelu", of_one<leaky_relu>},
                              {"QLinearSigmoid", of_one<sigmoid>},
                              {"QLinearAveragePool", of_one<average_pool>},
                              {"QLinearGlobalAveragePool", of_one<global_average_pool>},
                              {"QLinearConcat", qlinear_concat},
                              {"QGemm", qgemm}};

}  // namespace

std::span<const Row> between_grids_rows() { return rows; }
std::span<const Row> onnxruntime_rows() { return added_rows; }

}  // namespace banoff::onnx_import
