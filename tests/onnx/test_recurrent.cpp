// LSTM, GRU and RNN of ONNX files: all that they can say, what is refused, and what is written again.
#include <fstream>
#include <functional>
#include <random>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/element_type.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr std::int64_t steps = 4, batch = 3, features = 5, hidden = 6;

struct Made {
  std::string op = "LSTM";
  std::int64_t directions = 1, opset = 14;
  std::vector<std::string> outputs{"y", "last", "cell"};
  std::function<void(onnx::NodeProto&)> change = [](onnx::NodeProto&) {};
  std::function<void(OnnxModel&)> add = [](OnnxModel&) {};
  std::vector<std::int64_t> x{steps, batch, features};

  [[nodiscard]] std::int64_t gates() const { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }
};

std::vector<float> drawn(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = std::uniform_real_distribution(-0.9F, 0.9F)(random);
  return values;
}
Tensor tensor(const Shape& shape, std::uint64_t seed) {
  return Tensor::of<float>(shape, drawn(shape.elements(), seed));
}

/// One layer with all inputs up to B; `change` may add others, of names that `add` defines.
OnnxModel model_of(const Made& made) {
  OnnxModel model(made.opset);
  model.input("x", made.x);
  const std::int64_t rows = made.gates() * hidden;
  const auto weight = [&](const char* name, const std::vector<std::int64_t>& shape, std::uint64_t seed) {
    model.weight(name, shape, drawn(Shape(shape).elements(), seed));
  };
  weight("w", {made.directions, rows, features}, 1);
  weight("r", {made.directions, rows, hidden}, 2);
  weight("b", {made.directions, 2 * rows}, 3);
  made.add(model);
  std::vector<std::string> outputs = made.outputs;
  if (made.op != "LSTM") outputs.resize(std::min<std::size_t>(outputs.size(), 2));
  onnx::NodeProto node;
  node.set_op_type(made.op);
  node.set_name("layer");
  for (const char* input : {"x", "w", "r", "b"}) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  set_integer(node, "hidden_size", hidden);
  if (made.directions == 2) set_word(node, "direction", "bidirectional");
  made.change(node);
  *model.graph().add_node() = node;
  for (const std::string& output : outputs) {
    if (!output.empty()) model.output(output);
  }
  return model;
}

Model load(const Made& made) {
  const TemporaryFolder folder;
  return Model::load(model_of(made).write(folder));
}

std::string said_of(const Made& made) {
  return input_error([&] { (void)load(made); });
}
bool tells(const std::string& said, const std::string& words) {
  INFO(said);
  return said.find(words) != std::string::npos;
}

void set_texts(onnx::NodeProto& node, const std::string& name, const std::vector<std::string>& values) {
  onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute.add_strings(value);
}
void set_floats(onnx::NodeProto& node, const std::string& name, const std::vector<float>& values) {
  onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::FLOATS);
  for (const float value : values) attribute.add_floats(value);
}
/// Inputs up to `place`, of which those between B and it are absent.
void add_input(onnx::NodeProto& node, int place, const std::string& name) {
  while (node.input_size() < place) node.add_input("");
  node.add_input(name);
}

/// What an initializer of small integers is: lengths, in ONNX of 32 bits.
void lengths(OnnxModel& model, const std::vector<std::int32_t>& values) {
  onnx::TensorProto& proto = *model.graph().add_initializer();
  proto.set_name("lengths");
  proto.set_data_type(onnx::TensorProto::INT32);
  proto.add_dims(std::ssize(values));
  for (const std::int32_t value : values) proto.add_int32_data(value);
}

const Tensor sequence = tensor({steps, batch, features}, 9);

}  // namespace

TEST_CASE("every attribute and input of a recurrent layer survives being written and read") {
  struct Case {
    std::string op;
    std::int64_t directions;
    std::function<void(onnx::NodeProto&)> change;
  };
  const auto nothing = [](onnx::NodeProto&) {};
  const std::vector<Case> cases{
      {"LSTM", 1, nothing},
      {"GRU", 2, nothing},
      {"RNN", 2, nothing},
      {"RNN", 1, [](onnx::NodeProto& n) { set_word(n, "direction", "reverse"); }},
      {"GRU", 2, [](onnx::NodeProto& n) { set_integer(n, "linear_before_reset", 1); }},
      {"GRU", 1,
       [](onnx::NodeProto& n) {
         set_texts(n, "activations", {"HardSigmoid", "Elu"});
         set_floats(n, "activation_alpha", {0.3F, 0.6F}), set_floats(n, "activation_beta", {0.4F});
       }},
      {"LSTM", 2, [](onnx::NodeProto& n) {
         set_number(n, "clip", 0.5F), set_integer(n, "input_forget", 1);
         add_input(n, 4, "lengths"), add_input(n, 5, "first"), add_input(n, 6, "first_cell"), add_input(n, 7, "p");
       }}};
  const TemporaryFolder folder;
  for (const Case& each : cases) {
    CAPTURE(each.op);
    Made made{.op = each.op, .directions = each.directions, .change = each.change};
    made.add = [&](OnnxModel& model) {
      const std::vector<std::int64_t> state{each.directions, batch, hidden};
      model.weight("first", state, drawn(Shape(state).elements(), 4));
      model.weight("first_cell", state, drawn(Shape(state).elements(), 5));
      model.weight("p", {each.directions, 3 * hidden}, drawn(each.directions * 3 * hidden, 6));
      lengths(model, {2, 4, 0});
    };
    const Model model = load(made);
    const Tensors expected = run_on(model, "reference-f64", {{"x", sequence}});
    CHECK(expected.at("y").shape() == Shape{steps, each.directions, batch, hidden});
    CHECK(max_difference(expected.at("y"), Tensor::allocate(DType::f32, expected.at("y").shape()).first) > 0.1);
    model.save(folder / "again.onnx");
    onnx::ModelProto written;
    std::ifstream in(folder / "again.onnx", std::ios::binary);
    REQUIRE(written.ParseFromIstream(&in));
    std::vector<std::string> operators;
    for (const onnx::NodeProto& node : written.graph().node()) {
      if (node.op_type() != "Identity") operators.push_back(node.op_type());  // a constant
    }
    CHECK(operators == std::vector<std::string>{each.op});  // its gates are part of it
    model.save(folder / "again.yaml");
    for (const char* file : {"again.onnx", "again.yaml"}) {
      const Model again = Model::load(folder / file);
      for (const char* device : {"reference", "cpu"}) {
        for (const auto& [name, value] : run_on(again, device, {{"x", sequence}}))
          CHECK(max_difference(value, expected.at(name)) < 3e-6);
      }
    }
  }
}

TEST_CASE("any of the outputs may be left out") {
  for (const char* op : {"LSTM", "GRU", "RNN"}) {
    const Tensors all = run_on(load({.op = op}), "cpu", {{"x", sequence}});
    for (const std::vector<std::string>& wanted : std::vector<std::vector<std::string>>{
             {"y"}, {"", "last"}, {"y", "last"}, {"", "", "cell"}, {"y", "", "cell"}, {"", "last", "cell"}}) {
      if (op != std::string("LSTM") && wanted.size() > 2) continue;
      const Tensors some = run_on(load({.op = op, .outputs = wanted}), "cpu", {{"x", sequence}});
      CHECK(std::ssize(some) == std::ssize(wanted) - std::ranges::count(wanted, ""));
      for (const auto& [name, value] : some) CHECK(max_difference(value, all.at(name)) == 0);
    }
  }
}

TEST_CASE("with layout 1 the batch stands first in everything") {
  const auto states = [](OnnxModel& model, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    model.weight("first", shape, values);
  };
  const std::vector<float> first = drawn(2 * batch * hidden, 4);
  std::vector<float> turned(first.size());
  for (std::int64_t d = 0; d < 2; ++d)
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t j = 0; j < hidden; ++j)
        turned[static_cast<std::size_t>((n * 2 + d) * hidden + j)] =
            first[static_cast<std::size_t>((d * batch + n) * hidden + j)];
  Made plain{.op = "GRU", .directions = 2, .change = [](onnx::NodeProto& n) { add_input(n, 5, "first"); }};
  plain.add = [&](OnnxModel& model) { states(model, {2, batch, hidden}, first); };
  Made other = plain;
  other.x = {batch, steps, features};
  other.change = [](onnx::NodeProto& n) { add_input(n, 5, "first"), set_integer(n, "layout", 1); };
  other.add = [&](OnnxModel& model) { states(model, {batch, 2, hidden}, turned); };
  const Tensor x = tensor({batch, steps, features}, 9);
  std::vector<float> by_step(static_cast<std::size_t>(x.elements()));
  for (std::int64_t n = 0; n < batch; ++n)
    for (std::int64_t t = 0; t < steps; ++t)
      for (std::int64_t i = 0; i < features; ++i)
        by_step[static_cast<std::size_t>((t * batch + n) * features + i)] =
            x.values<float>()[static_cast<std::size_t>((n * steps + t) * features + i)];
  const Tensors expected = run_on(load(plain), "cpu", {{"x", Tensor::of<float>({steps, batch, features}, by_step)}});
  const Tensors actual = run_on(load(other), "cpu", {{"x", x}});
  CHECK(actual.at("y").shape() == Shape{batch, steps, 2, hidden});
  CHECK(actual.at("last").shape() == Shape{batch, 2, hidden});
  const auto y = actual.at("y").to_vector<double>(), want = expected.at("y").to_vector<double>();
  const auto last = actual.at("last").to_vector<double>(), want_last = expected.at("last").to_vector<double>();
  const auto place = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::int64_t n = 0; n < batch; ++n)
    for (std::int64_t d = 0; d < 2; ++d)
      for (std::int64_t j = 0; j < hidden; ++j) {
        CHECK(last[place((n * 2 + d) * hidden + j)] == want_last[place((d * batch + n) * hidden + j)]);
        for (std::int64_t t = 0; t < steps; ++t)
          CHECK(y[place(((n * steps + t) * 2 + d) * hidden + j)] ==
                want[place(((t * 2 + d) * batch + n) * hidden + j)]);
      }
}

TEST_CASE("lengths may be given when the network runs, and those beyond the sequence are it") {
  Made made{.directions = 2, .change = [](onnx::NodeProto& n) { add_input(n, 4, "lengths"); }};
  Made known = made;
  known.add = [](OnnxModel& model) { lengths(model, {1, 4, 3}); };
  made.add = [](OnnxModel& model) {
    model.input("lengths", {batch});
    model.graph().mutable_input()->rbegin()->mutable_type()->mutable_tensor_type()->set_elem_type(
        onnx::TensorProto::INT32);
  };
  const Tensors expected = run_on(load(known), "reference", {{"x", sequence}});
  const Model open = load(made);
  for (const char* device : {"reference", "cpu"}) {
    const Tensors actual =
        run_on(open, device, {{"x", sequence}, {"lengths", Tensor::of<std::int32_t>({batch}, {1, 4, 3})}});
    for (const auto& [name, value] : actual) CHECK(max_difference(value, expected.at(name)) < 1e-6);
    const Tensors whole = run_on(load({.directions = 2}), device, {{"x", sequence}});
    const Tensors beyond =
        run_on(open, device, {{"x", sequence}, {"lengths", Tensor::of<std::int32_t>({batch}, {1 << 30, 5, 4})}});
    for (const auto& [name, value] : beyond) CHECK(max_difference(value, whole.at(name)) == 0);
    const Tensors none =
        run_on(open, device, {{"x", sequence}, {"lengths", Tensor::of<std::int32_t>({batch}, {-7, 0, -1})}});
    for (const auto& [name, value] : none)
      CHECK(max_difference(value, Tensor::allocate(DType::f32, value.shape()).first) == 0);
  }
}

TEST_CASE("states that are zero and lengths that are all of the sequence are none, so that sizes stay open") {
  Made made{.x = {-1, -1, features}};
  const auto plain = ops_of(load(made));
  CHECK(plain == std::vector<std::string>{"dense", "lstm"});
  made.x = {steps, batch, features};
  made.change = [](onnx::NodeProto& n) {
    add_input(n, 4, "lengths"), add_input(n, 5, "zero"), add_input(n, 6, "zero");
  };
  made.add = [](OnnxModel& model) {
    lengths(model, {steps, steps, steps});
    model.weight("zero", {1, batch, hidden}, std::vector<float>(batch * hidden));
  };
  CHECK(ops_of(load(made)) == plain);
}

TEST_CASE("sizes of a recurrent layer that do not belong together are refused with what was expected") {
  const auto with = [](std::function<void(OnnxModel&)> add, std::function<void(onnx::NodeProto&)> change) {
    return said_of({.change = std::move(change), .add = std::move(add)});
  };
  const auto replaced = [&](int place, const std::vector<std::int64_t>& shape) {
    return with([&](OnnxModel& m) { m.weight("other", shape, drawn(Shape(shape).elements(), 1)); },
                [=](onnx::NodeProto& n) {
                  while (n.input_size() <= place) n.add_input("");
                  n.set_input(place, "other");
                });
  };
  CHECK(tells(replaced(1, {1, 23, features}), "W is 1x23x5, expected 1x24x5"));
  CHECK(tells(replaced(1, {24, features}), "W is 24x5, expected 1x24x5"));
  CHECK(tells(replaced(1, {2, 24, features}), "expected 1x24x5"));
  CHECK(tells(replaced(2, {1, 24, 7}), "R is 1x24x7, expected 1x24x6"));
  CHECK(tells(replaced(2, {6}), "R is 6, expected 1x24x6"));
  CHECK(tells(replaced(3, {1, 24}), "B is 1x24, expected 1x48"));
  CHECK(tells(replaced(5, {1, batch, 7}), "initial_h is 1x3x7, expected 1x3x6"));
  CHECK(tells(replaced(6, {batch, 1, hidden}), "initial_c is 3x1x6, expected 1x3x6"));
  CHECK(tells(replaced(7, {1, hidden}), "P is 1x6, expected 1x18"));
  CHECK(tells(replaced(4, {batch}), "sequence_lens is f32"));
  CHECK(tells(said_of({.x = {steps, features}}), "X is f32 4x5, expected 3 dimensions"));
  const auto changed = [&](std::function<void(onnx::NodeProto&)> change) {
    return said_of({.change = std::move(change)});
  };
  const auto size = [](std::int64_t value) {
    return [=](onnx::NodeProto& n) { n.mutable_attribute(0)->set_i(value); };
  };
  CHECK(tells(changed(size(5)), "W is 1x24x5, expected 1x20x5"));
  CHECK(tells(changed(size(-6)), "hidden_size is -6"));
  CHECK(tells(changed(size(std::int64_t{1} << 62)), "does not fit in 64 bits"));
  CHECK(tells(changed([](onnx::NodeProto& n) { set_word(n, "direction", "sideways"); }), "direction 'sideways'"));
  CHECK(tells(changed([](onnx::NodeProto& n) { set_texts(n, "activations", {"Tanh"}); }), "1 activations, expected 3"));
  CHECK(tells(changed([](onnx::NodeProto& n) {
                set_texts(n, "activations", {"Tanh", "Sinh", "Tanh"});
              }),
              "activation 'Sinh'"));
  CHECK(tells(changed([](onnx::NodeProto& n) {
                set_texts(n, "activations", {"Tanh", "Affine", "Tanh"});
              }),
              "activation_alpha has none for Affine"));
  CHECK(tells(changed([](onnx::NodeProto& n) {
                set_texts(n, "activations", {"Sigmoid", "LeakyRelu", "Tanh"});
                set_floats(n, "activation_alpha", {0, 0.1F, 0});
              }),
              "activation_alpha has 3 values, but the functions take 1"));
  CHECK(tells(changed([](onnx::NodeProto& n) { set_number(n, "clip", 0); }), "clip is 0"));
  const auto long_as = [&](std::vector<std::int32_t> values) {
    return with([&](OnnxModel& m) { lengths(m, values); }, [](onnx::NodeProto& n) { add_input(n, 4, "lengths"); });
  };
  CHECK(tells(long_as({1, -2, 3}), "a sequence of length -2 in 4 steps"));
  CHECK(tells(long_as({1, 5, 3}), "a sequence of length 5 in 4 steps"));
  CHECK(tells(long_as({1, 2}), "sequence_lens is i32 2, expected 3 integers"));
  CHECK(tells(with(
                  [](OnnxModel& m) {
                    m.input("unknown", {1, 24, hidden});
                  },
                  [](onnx::NodeProto& n) { n.set_input(2, "unknown"); }),
              "R ('unknown') must be a constant"));
}

TEST_CASE("a batch norm in front of an LSTM goes into its gates, by every method, and the written LSTM has it") {
  const TemporaryFolder folder;
  OnnxModel model = model_of({.directions = 2, .outputs = {"y"}});
  model.graph().mutable_input()->Clear();
  model.input("image", {batch, features, steps});
  model.weight("gamma", {features}, {-1.5F, 0.7F, 2, 0.4F, -0.6F}).weight("beta", {features}, {0.5F, -1, 0.2F, 2, 0});
  model.weight("mean", {features}, {0.4F, -2, 1, 0.3F, 1}).weight("var", {features}, {0.1F, 4, 1.5F, 0.6F, 2});
  model.node("BatchNormalization", {"image", "gamma", "beta", "mean", "var"}, {"norm"});
  set_attribute(model.node("Transpose", {"norm"}, {"x"}), "perm", {2, 0, 1});
  const Model loaded = Model::load(model.write(folder));
  const Tensors inputs{{"image", tensor({batch, features, steps}, 8)}};
  const Tensor expected = run_on(loaded, "reference-f64", inputs).at("y");
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    const Model changed = folded(loaded, method);
    CHECK(ops_of(changed) == std::vector<std::string>{"transpose", "dense", "lstm"});
    changed.save(folder / "folded.onnx");
    const Model again = Model::load(folder / "folded.onnx");
    CHECK(ops_of(again) == std::vector<std::string>{"transpose", "dense", "lstm"});
    CHECK(max_difference(run_on(again, "cpu", inputs).at("y"), expected) < 3e-6);
  }
}
