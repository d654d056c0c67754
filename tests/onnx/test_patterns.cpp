// Functions that exporters spell out come back as the op they are, and give the same; transposes that cancel are gone.
#include <cmath>
#include <functional>

#include "banoff/session.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// x [2, 3, 4, 5] to y, and the numbers that the exporters' formulas need.
OnnxModel formula() {
  OnnxModel made;
  made.input("x", {2, 3, 4, 5}).output("y");
  const std::pair<const char*, float> numbers[] = {{"half", 0.5F},         {"one", 1},
                                                   {"three", 3},           {"six", 6},
                                                   {"sixth", 1.0F / 6},    {"zero", 0},
                                                   {"root2", 1.41421354F}, {"root_half", 0.707106769F},
                                                   {"cubic", 0.044715F},   {"tanh_scale", 0.797884583F},
                                                   {"eps", 1e-3F},         {"two", 2}};
  for (const auto& [name, value] : numbers) made.weight(name, {}, {value});
  return made;
}

struct Step {
  const char* op;
  std::vector<std::string> inputs;
  const char* output;
};

Model made_of(const std::vector<Step>& steps, OnnxModel made = formula()) {
  const TemporaryFolder folder;
  for (const Step& step : steps) {
    onnx::NodeProto& node = made.node(step.op, step.inputs, {step.output});
    if (std::string(step.op) == "ReduceMean") set_attribute(node, "axes", {-1});
  }
  return Model::load(made.write(folder));
}

/// The network is the single op, and gives f of every element.
void check(const std::string& op, const std::vector<Step>& steps, const std::function<double(double)>& f) {
  CAPTURE(op);
  const Model model = made_of(steps);
  CHECK(ops_of(model) == std::vector{op});
  Tensors inputs = model.random_inputs(3);
  const std::vector<double> x = inputs.at("x").to_vector<double>();
  const std::vector<double> y = run_on(model, "reference-f64", inputs).at("y").to_vector<double>();
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(y[i] - f(x[i])));
  CHECK(worst < 1e-6);  // the numbers above are rounded to float32
}

double hard_sigmoid(double x) { return std::clamp(x + 3, 0.0, 6.0) / 6; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

}  // namespace

TEST_CASE("activations written as products are found") {
  check("silu", {{"Sigmoid", {"x"}, "s"}, {"Mul", {"x", "s"}, "y"}}, [](double x) { return x * sigmoid(x); });
  check("silu", {{"Sigmoid", {"x"}, "s"}, {"Mul", {"s", "x"}, "y"}}, [](double x) { return x * sigmoid(x); });
  check("mish", {{"Softplus", {"x"}, "p"}, {"Tanh", {"p"}, "t"}, {"Mul", {"x", "t"}, "y"}},
        [](double x) { return x * std::tanh(std::log1p(std::exp(x))); });
  const std::vector<Step> shifted{{"Add", {"x", "three"}, "a"}, {"Clip", {"a", "zero", "six"}, "c"}};
  const auto then = [&](std::vector<Step> more) {
    std::vector<Step> all = shifted;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto hard_swish = [](double x) { return x * hard_sigmoid(x); };
  check("hard_sigmoid", then({{"Div", {"c", "six"}, "y"}}), hard_sigmoid);
  check("hard_sigmoid", then({{"Mul", {"sixth", "c"}, "y"}}), hard_sigmoid);
  check("hard_swish", then({{"Mul", {"x", "c"}, "m"}, {"Div", {"m", "six"}, "y"}}), hard_swish);
  check("hard_swish", then({{"Div", {"c", "six"}, "d"}, {"Mul", {"x", "d"}, "y"}}), hard_swish);
  check("hard_swish", then({{"Mul", {"x", "sixth"}, "m"}, {"Mul", {"m", "c"}, "y"}}), hard_swish);
}

TEST_CASE("both forms of GELU are found, however their products are put together") {
  const std::vector<Step> erf{{"Div", {"x", "root2"}, "d"}, {"Erf", {"d"}, "e"}, {"Add", {"e", "one"}, "p"}};
  const auto with = [](std::vector<Step> steps, const std::vector<Step>& more) {
    steps.insert(steps.end(), more.begin(), more.end());
    return steps;
  };
  check("gelu", with(erf, {{"Mul", {"x", "p"}, "m"}, {"Mul", {"m", "half"}, "y"}}), gelu);
  check("gelu", with(erf, {{"Mul", {"x", "half"}, "m"}, {"Mul", {"m", "p"}, "y"}}), gelu);
  check("gelu", with(erf, {{"Mul", {"p", "half"}, "m"}, {"Mul", {"x", "m"}, "y"}}), gelu);
  check("gelu",
        {{"Mul", {"root_half", "x"}, "d"},
         {"Erf", {"d"}, "e"},
         {"Add", {"one", "e"}, "p"},
         {"Mul", {"x", "p"}, "m"},
         {"Div", {"m", "two"}, "y"}},
        gelu);
  check("gelu_tanh",
        {{"Pow", {"x", "three"}, "q"},
         {"Mul", {"cubic", "q"}, "r"},
         {"Add", {"x", "r"}, "s"},
         {"Mul", {"s", "tanh_scale"}, "u"},
         {"Tanh", {"u"}, "t"},
         {"Add", {"t", "one"}, "p"},
         {"Mul", {"x", "half"}, "h"},
         {"Mul", {"h", "p"}, "y"}},
        gelu_tanh);
}

TEST_CASE("what only looks like an activation is left alone") {
  CHECK(ops_of(made_of({{"Sigmoid", {"x"}, "s"}, {"Mul", {"s", "s"}, "y"}})) ==
        std::vector<std::string>{"sigmoid", "mul"});
  // Clipped at other places, or shifted by another number.
  CHECK(ops_of(made_of({{"Add", {"x", "two"}, "a"}, {"Clip", {"a", "zero", "six"}, "c"}, {"Div", {"c", "six"}, "y"}}))
            .size() > 1);
  CHECK(
      ops_of(made_of({{"Add", {"x", "three"}, "a"}, {"Clip", {"a", "zero", "three"}, "c"}, {"Div", {"c", "six"}, "y"}}))
          .size() > 1);
  CHECK(
      ops_of(
          made_of(
              {{"Erf", {"x"}, "e"}, {"Add", {"e", "one"}, "p"}, {"Mul", {"x", "p"}, "m"}, {"Mul", {"m", "half"}, "y"}}))
          .size() > 1);
  // Another tensor's gate.
  OnnxModel two = formula();
  two.input("z", {2, 3, 4, 5});
  CHECK(ops_of(made_of({{"Sigmoid", {"z"}, "s"}, {"Mul", {"x", "s"}, "y"}}, two)) ==
        std::vector<std::string>{"sigmoid", "mul"});
}

TEST_CASE("a layer norm in pieces is one, with its weight and bias") {
  OnnxModel made = formula();
  made.weight("w", {5}, {-1.5F, 2, 0.3F, 4, -0.1F}).weight("b", {5}, {0.5F, -3, 1, 0, 2});
  const std::vector<Step> core{{"ReduceMean", {"x"}, "m"}, {"Sub", {"x", "m"}, "d"},   {"Pow", {"d", "two"}, "q"},
                               {"ReduceMean", {"q"}, "v"}, {"Add", {"v", "eps"}, "e"}, {"Sqrt", {"e"}, "s"},
                               {"Div", {"d", "s"}, "n"}};
  std::vector<Step> whole = core;
  whole.insert(whole.end(), {{"Mul", {"n", "w"}, "p"}, {"Add", {"p", "b"}, "y"}});
  const Model model = made_of(whole, made);
  CHECK(ops_of(model) == std::vector<std::string>{"layer_norm"});
  Tensors inputs = model.random_inputs(3);
  const std::vector<double> x = inputs.at("x").to_vector<double>();
  const std::vector<double> y = run_on(model, "reference-f64", inputs).at("y").to_vector<double>();
  const double w[] = {-1.5, 2, 0.3F, 4, -0.1F}, b[] = {0.5, -3, 1, 0, 2};
  double worst = 0;
  for (std::size_t row = 0; row < x.size(); row += 5) {
    double mean = 0, var = 0;
    for (std::size_t i = 0; i < 5; ++i) mean += x[row + i] / 5;
    for (std::size_t i = 0; i < 5; ++i) var += (x[row + i] - mean) * (x[row + i] - mean) / 5;
    for (std::size_t i = 0; i < 5; ++i) {
      const double expected = w[i] * (x[row + i] - mean) / std::sqrt(var + static_cast<double>(1e-3F)) + b[i];
      worst = std::max(worst, std::abs(y[row + i] - expected));
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("a batch norm in pieces is one affine map, and folds into the convolution before it") {
  OnnxModel made;
  made.input("x", {1, 2, 4, 4}).output("y");
  made.weight("w", {3, 2, 1, 1}, {1, -2, 0.5F, 3, -1, 0.25F});
  made.weight("mean", {1, 3, 1, 1}, {2, -1, 0.5F}).weight("deviation", {3, 1, 1}, {0.5F, 2, 3});
  made.weight("gamma", {1, 3, 1, 1}, {-1, 2, 0.7F}).weight("beta", {3, 1, 1}, {3, -2, 1});
  const Model model = made_of({{"Conv", {"x", "w"}, "c"},
                               {"Sub", {"c", "mean"}, "a"},
                               {"Div", {"a", "deviation"}, "n"},
                               {"Mul", {"gamma", "n"}, "g"},
                               {"Add", {"g", "beta"}, "y"}},
                              made);
  CHECK(ops_of(model) == std::vector<std::string>{"conv", "affine"});
  const auto [folded, report] = model.fold({});
  CHECK(ops_of(folded) == std::vector<std::string>{"conv"});
  const Tensors inputs = model.random_inputs(5);
  CHECK(compare(model.reference(inputs), folded.reference(inputs)).at(0).max_relative_error < 1e-12);
}

TEST_CASE("transposes around ops that work in any order are gone") {
  OnnxModel made;
  made.input("x", {1, 4, 4, 2}).output("y");  // NHWC
  made.weight("w", {3, 2, 1, 1}, {1, -2, 0.5F, 3, -1, 0.25F}).weight("v", {3, 3, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8, -9});
  made.weight("per_channel", {3}, {0.5F, -1, 2});  // the last dimension in NHWC
  set_attribute(made.node("Transpose", {"x"}, {"x_nchw"}), "perm", {0, 3, 1, 2});
  made.node("Conv", {"x_nchw", "w"}, {"c"});
  set_attribute(made.node("Transpose", {"c"}, {"c_nhwc"}), "perm", {0, 2, 3, 1});
  made.node("Add", {"c_nhwc", "per_channel"}, {"a"});
  made.node("Relu", {"a"}, {"r"});
  onnx::AttributeProto& axis = *made.node("Concat", {"r", "c_nhwc"}, {"j"}).add_attribute();
  axis.set_name("axis"), axis.set_type(onnx::AttributeProto::INT), axis.set_i(1);
  set_attribute(made.node("Transpose", {"j"}, {"r_nchw"}), "perm", {0, 3, 1, 2});
  made.node("Conv", {"r_nchw", "v"}, {"y"});
  const TemporaryFolder folder;
  const Model model = Model::load(made.write(folder));
  CHECK(ops_of(model) == std::vector<std::string>{"transpose", "conv", "constant", "add", "relu", "concat", "conv"});
  CHECK(model.outputs().at(0).shape == Shape{1, 3, 8, 4});
  // By hand, pixel by pixel.
  const Tensors inputs = model.random_inputs(7);
  const std::vector<double> x = inputs.at("x").to_vector<double>();
  const std::vector<double> y = run_on(model, "reference-f64", inputs).at("y").to_vector<double>();
  const double w[3][2] = {{1, -2}, {0.5, 3}, {-1, 0.25}}, v[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, -9}},
               bias[] = {0.5, -1, 2};
  double worst = 0;
  for (std::size_t pixel = 0; pixel < 16; ++pixel) {
    for (std::size_t o = 0; o < 3; ++o) {
      double upper = 0, lower = 0;  // rows 0 to 3 of the joined map come from the ReLU, 4 to 7 from the convolution
      for (std::size_t i = 0; i < 3; ++i) {
        const double c = w[i][0] * x[pixel * 2] + w[i][1] * x[pixel * 2 + 1];
        upper += v[o][i] * std::max(c + bias[i], 0.0);
        lower += v[o][i] * c;
      }
      worst = std::max({worst, std::abs(y[o * 32 + pixel] - upper), std::abs(y[o * 32 + 16 + pixel] - lower)});
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("zeros around what a convolution reads are its padding") {
  const TemporaryFolder folder;
  const auto padded = [&](float value, const std::vector<std::int64_t>& pads) {
    OnnxModel made;
    made.input("x", {1, 2, 5, 6}).output("y");
    made.integers("pads", pads).weight("value", {}, {value});
    made.weight("w", {2, 2, 3, 3}, {1, -2, 3,  0.5, 4, -1, 2,  2, -3, 1, 1, -2, 3,  0, 5, -4, 2, 1,
                                    2, 3,  -1, 1,   2, 4,  -2, 0, 1,  3, 1, 2,  -1, 1, 2, 0,  4, -3});
    made.node("Pad", {"x", "pads", "value"}, {"p"});
    set_attribute(made.node("Conv", {"p", "w"}, {"y"}), "pads", {1, 0, 0, 0});
    return Model::load(made.write(folder));
  };
  using Ops = std::vector<std::string>;
  const std::vector<std::int64_t> around{0, 0, 0, 1, 0, 0, 2, 1};
  const Model whole = padded(0, around);
  CHECK(ops_of(whole) == Ops{"conv"});
  CHECK(ops_of(padded(1, around)) == Ops{"pad", "conv"});
  CHECK(ops_of(padded(0, {0, 1, 0, 0, 0, -1, 0, 0})) != Ops{"conv"});
  // Three rows of zeros and two columns, of which the convolution itself adds one row.
  Tensors inputs = whole.random_inputs(3);
  const std::vector<double> x = inputs.at("x").to_vector<double>();
  const Tensor y = run_on(whole, "reference-f64", inputs).at("y");
  REQUIRE(y.shape() == Shape{1, 2, 6, 6});
  const double corner = 4 * x[0] - 1 * x[1] + 2 * x[6] - 3 * x[7] + 0 * x[30] + 5 * x[31] + 2 * x[36] + 1 * x[37];
  CHECK(y.to_vector<double>()[0] == doctest::Approx(corner).epsilon(1e-12));
}

TEST_CASE(
    "zeros around what a max pool reads are values, unlike its own padding (onnxoptimizer 0.4.2 thinks otherwise)") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {1, 1, 3, 3}).output("y").integers("pads", {0, 0, 1, 1, 0, 0, 0, 0});
  made.node("Pad", {"x", "pads"}, {"p"});
  set_attribute(made.node("MaxPool", {"p"}, {"y"}), "kernel_shape", {2, 2});
  const Model model = Model::load(made.write(folder));
  CHECK(ops_of(model) == std::vector<std::string>{"pad", "max_pool"});
  const Tensor x = Tensor::of<float>({1, 1, 3, 3}, {-1, -2, -3, -4, -5, -6, -7, -8, -9});
  const Tensor y = run_on(model, "reference-f64", {{"x", x}}).at("y");
  CHECK(y.to_vector<double>() == std::vector<double>{0, 0, 0, 0, -1, -2, 0, -4, -5});
}
