// Operators on integers that stand for floats, against answers worked out by hand.
#include "tests/onnx/one_node.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

template <class T>
Tensor shaped(const Shape& shape, std::vector<T> values) {
  return Tensor::of<T>(shape, std::move(values));
}
Tensor one(float value) { return shaped<float>({}, {value}); }
Tensor point(std::uint8_t value) { return shaped<std::uint8_t>({}, {value}); }
Tensor point(std::int8_t value) { return shaped<std::int8_t>({}, {value}); }

std::string refusal_of(const OneNode& node) {
  return input_error([&] { (void)node.load(); });
}
bool tells(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

/// Numbers that are neither small nor alike.
template <class T>
std::vector<T> mixed(std::int64_t count, std::int64_t seed) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<T>((i * 7919 + seed * 104729) % 251 - 120));
  return values;
}

OneNode added(const std::string& op) { return OneNode(13, op).of("com.microsoft"); }

}  // namespace

TEST_CASE("floats become integers: halves to the even neighbour, what is beyond the range its end") {
  const Tensor x = list<float>({-3, -0.25F, 0, 0.25F, 0.75F, 1.25F, 200, -200});
  const auto to = [&](const Tensor& zero) {
    return OneNode(13, "QuantizeLinear").input(x).known(one(0.5F)).known(zero);
  };
  CHECK(to(point(std::uint8_t{3})).values() == Values{0, 3, 3, 3, 5, 5, 255, 0});
  CHECK(to(point(std::int8_t{-1})).values() == Values{-7, -1, -1, -1, 1, 1, 127, -128});
  CHECK(OneNode(10, "QuantizeLinear").input(x).known(one(0.5F)).values() == Values{0, 0, 0, 0, 2, 2, 255, 0});
  CHECK(OneNode(21, "QuantizeLinear").input(x).known(one(0.01F)).known(shaped<std::int16_t>({}, {-5})).values() ==
        Values{-305, -30, -5, 20, 70, 120, 19995, -20005});
  const Tensor whole = list<std::int32_t>({7, -9, 400});
  CHECK(OneNode(10, "QuantizeLinear").input(whole).known(one(2)).values() == Values{4, 0, 200});
}

TEST_CASE("scales along an axis and in blocks, and those that are given when the network runs") {
  const Tensor x = shaped<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto per = [&](const Tensor& scale, const Tensor& zero) {
    return OneNode(21, "QuantizeLinear").input(x).known(scale).known(zero);
  };
  CHECK(per(list<float>({0.5F, 2}), list<std::int8_t>({1, -1})).set("axis", 0).values() == Values{3, 5, 7, 1, 1, 2});
  CHECK(per(list<float>({0.5F, 1, 3}), list<std::int8_t>({0, 0, 9})).set("axis", -1).values() ==
        Values{2, 2, 10, 8, 5, 11});
  CHECK(per(shaped<float>({2, 2}, {1, 2, 0.5F, 4}), shaped<std::int8_t>({2, 2}, {0, 0, 1, 2}))
            .set("axis", 1)
            .set("block_size", 2)
            .values() == Values{1, 2, 2, 9, 11, 4});
  CHECK(OneNode(13, "QuantizeLinear").input(x).input(list<float>({0.5F})).input(list<std::uint8_t>({1})).values() ==
        Values{3, 5, 7, 9, 11, 13});
  CHECK(OneNode(13, "DequantizeLinear")
            .input(list<std::uint8_t>({0, 128, 255}))
            .input(list<float>({0.5F}))
            .input(list<std::uint8_t>({128}))
            .values() == Values{-64, 0, 63.5});
}

TEST_CASE("a tensor is put on the smallest grid that holds it and zero") {
  const OneNode node = OneNode(11, "DynamicQuantizeLinear").input(list<float>({0, 2, -3, -2, 1.34F, 0.4F}));
  CHECK(node.values() == Values{153, 255, 0, 51, 221, 173});
  CHECK(OneNode(11, "DynamicQuantizeLinear").input(list<float>({1, 2.5F, 5.1F})).values() == Values{50, 125, 255});
  CHECK(OneNode(11, "DynamicQuantizeLinear").input(list<float>({0, 0})).values() == Values{0, 0});
}

TEST_CASE("sums of products of integers are exact, also where floats would not hold them") {
  constexpr std::int64_t rows = 2, columns = 3;
  for (const std::int64_t count : {5, 700, 5000}) {
    CAPTURE(count);
    const auto a = mixed<std::int8_t>(rows * count, 1);
    std::vector<std::uint8_t> b;
    for (const auto value : mixed<int>(count * columns, 2)) b.push_back(static_cast<std::uint8_t>(value + 120));
    Values expected;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        std::int64_t sum = 0;
        for (std::int64_t k = 0; k < count; ++k) {
          sum += (a[static_cast<std::size_t>(i * count + k)] - (i == 0 ? 100 : -7)) *
                 (b[static_cast<std::size_t>(k * columns + j)] - 13);
        }
        expected.push_back(static_cast<double>(sum));
      }
    }
    for (const bool known : {true, false}) {
      OneNode node(10, "MatMulInteger");
      node.input(shaped<std::int8_t>({rows, count}, a));
      if (known) node.known(shaped<std::uint8_t>({count, columns}, b));
      else node.input(shaped<std::uint8_t>({count, columns}, b));
      node.known(list<std::int8_t>({100, -7})).known(point(std::uint8_t{13}));
      CHECK(node.values() == expected);
      CHECK(node.values_on("cpu") == expected);
    }
  }
}

TEST_CASE("a convolution of integers is exact, padded with the zero point") {
  constexpr std::int64_t in = 40, side = 5, out = 4;  // 20 channels in each group: sums of 180 products
  const auto x = mixed<std::int8_t>(in * side * side, 3), w = mixed<std::int8_t>(out * in / 2 * 9, 4);
  Values expected;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < 3; ++i) {
      for (std::int64_t j = 0; j < side; ++j) {
        std::int64_t sum = 0;
        for (std::int64_t c = 0; c < in / 2; ++c) {
          for (std::int64_t k = 0; k < 9; ++k) {
            const std::int64_t y = 2 * i + k / 3 - 1, z = j + k % 3 - 1, from = (o / 2) * in / 2 + c;
            if (y < 0 || z < 0 || y >= side || z >= side) continue;
            sum += (x[static_cast<std::size_t>((from * side + y) * side + z)] - 11) *
                   (w[static_cast<std::size_t>((o * in / 2 + c) * 9 + k)] - (o == 1 ? -50 : 3));
          }
        }
        expected.push_back(static_cast<double>(sum));
      }
    }
  }
  OneNode node(10, "ConvInteger");
  node.input(shaped<std::int8_t>({1, in, side, side}, x)).known(shaped<std::int8_t>({out, in / 2, 3, 3}, w));
  node.known(point(std::int8_t{11})).known(list<std::int8_t>({3, -50, 3, 3}));
  node.set("group", 2)
      .set("strides", std::vector<std::int64_t>{2, 1})
      .set("pads", std::vector<std::int64_t>{1, 1, 1, 1});
  CHECK(node.values() == expected);
  CHECK(node.values_on("cpu") == expected);
}

TEST_CASE("layers between integers") {
  const Tensor x = shaped<std::uint8_t>({1, 2, 2}, {10, 12, 7, 255});
  // x' = 0.5 (x - 10): 0 1 -1.5 122.5; w' = 0.25 (1 -2) and 2 (1 1); bias 8 steps of 0.125 and -3 of 1.
  OneNode conv(10, "QLinearConv");
  conv.input(x).known(one(0.5F)).known(point(std::uint8_t{10}));
  conv.known(shaped<std::int8_t>({2, 2, 1}, {1, -2, 1, 1}))
      .known(list<float>({0.25F, 2}))
      .known(list<std::int8_t>({0, 0}));
  conv.known(one(0.5F)).known(point(std::uint8_t{100})).known(list<std::int32_t>({8, -3}));
  // 1 + 0.75 = 1.75; 1 + 0.25 - 61.25 = -60; -3 - 3 = -6; -3 + 247 = 244
  CHECK(conv.values() == Values{104, 0, 88, 255});

  OneNode product(10, "QLinearMatMul");
  product.input(shaped<std::uint8_t>({1, 2}, {3, 5})).known(one(0.5F)).known(point(std::uint8_t{1}));
  product.known(shaped<std::int8_t>({2, 2}, {1, 2, 3, -4}))
      .known(list<float>({1, 0.5F}))
      .known(list<std::int8_t>({0, 1}));
  product.known(one(0.25F)).known(point(std::uint8_t{50}));
  // [1 2] [[1 0.5] [3 -2.5]] = [7 -4.5]
  CHECK(product.values() == Values{78, 32});
}

TEST_CASE("what ONNX Runtime adds in its own domain") {
  const Tensor a = list<std::uint8_t>({10, 20, 30}), b = list<std::uint8_t>({1, 2, 3});
  const auto two = [&](const std::string& op) {
    OneNode node = added(op);
    node.input(a).known(one(0.5F)).known(point(std::uint8_t{20})).input(b).known(one(2)).known(point(std::uint8_t{0}));
    return node.known(one(1)).known(point(std::uint8_t{100})).values();
  };
  CHECK(two("QLinearAdd") == Values{97, 104, 111});
  CHECK(two("QLinearMul") == Values{90, 100, 130});
  const auto of = [](OneNode node, const Tensor& x) {
    node.input(x).known(one(0.5F)).known(point(std::uint8_t{20})).known(one(0.25F)).known(point(std::uint8_t{40}));
    return node;
  };
  CHECK(of(added("QLinearSigmoid"), a).values() == Values{40, 42, 44});
  OneNode leaky = of(added("QLinearLeakyRelu"), a);
  CHECK(leaky.values() == Values{40, 40, 60});
  const Tensor picture = shaped<std::uint8_t>({1, 1, 2, 2}, {20, 22, 24, 30});
  CHECK(of(added("QLinearGlobalAveragePool"), picture).values() == Values{48});
  OneNode pool = of(added("QLinearAveragePool"), picture);
  CHECK(pool.set("kernel_shape", std::vector<std::int64_t>{1, 2}).values() == Values{42, 54});
  OneNode joined = added("QLinearConcat").set("axis", 0);
  joined.known(one(0.5F)).known(point(std::uint8_t{0}));
  joined.input(a).known(one(0.5F)).known(point(std::uint8_t{0})).input(b).known(one(1)).known(point(std::uint8_t{1}));
  CHECK(joined.values() == Values{10, 20, 30, 0, 2, 4});
  OneNode gemm = added("QGemm").set("transB", 1);
  gemm.input(shaped<std::uint8_t>({1, 2}, {3, 5})).known(one(0.5F)).known(point(std::uint8_t{1}));
  gemm.known(shaped<std::int8_t>({2, 2}, {1, 3, 2, -4})).known(one(0.5F)).known(point(std::int8_t{0}));
  gemm.known(list<std::int32_t>({4, -4}));
  CHECK(gemm.values() == Values{4.5, -4});  // floats without a scale of the output
}

TEST_CASE("scales and zero points that say nothing are refused with what was found and expected") {
  const Tensor x = shaped<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto with = [&](const Tensor& scale, const Tensor& zero) {
    return OneNode(13, "QuantizeLinear").input(x).known(scale).known(zero);
  };
  const Tensor zero = point(std::uint8_t{0});
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(tells(refusal_of(with(one(0), zero)), "scale[0] is 0, expected a positive number"));
  CHECK(tells(refusal_of(with(one(-1), zero)), "scale[0] is -1"));
  CHECK(tells(refusal_of(with(one(infinity), zero)), "scale[0] is inf"));
  CHECK(tells(refusal_of(with(list<float>({1, 1, no_number}), zero)), "scale[2] is nan"));
  CHECK(tells(refusal_of(with(list<float>({1, 1}), list<std::uint8_t>({0, 0}))), "the zero point is 2"));
  CHECK(tells(refusal_of(with(list<float>({1, 1, 1}), list<std::uint8_t>({0, 0}))), "the zero point is 2, for 2x3"));
  CHECK(tells(refusal_of(with(list<float>({1, 1}), list<std::uint8_t>({0, 0})).set("axis", 2)), "axis 2"));
  CHECK(tells(refusal_of(with(one(1), shaped<std::int64_t>({}, {0}))), "the zero point is i64"));
  CHECK(tells(refusal_of(with(shaped<std::int32_t>({}, {1}), zero)), "expected a float type"));
  const Tensor q = list<std::uint8_t>({1, 2});
  CHECK(tells(refusal_of(OneNode(13, "DequantizeLinear").input(q).known(one(0))), "scale[0] is 0"));
  CHECK(tells(refusal_of(OneNode(13, "DequantizeLinear").input(q).known(one(1)).known(point(std::int8_t{1}))),
              "zero point"));
  CHECK(tells(refusal_of(OneNode(13, "DequantizeLinear").input(list<float>({1})).known(one(1))), "no integer"));
  OneNode conv(10, "QLinearConv");
  conv.input(shaped<std::uint8_t>({1, 1, 2}, {1, 2})).known(one(1)).known(zero);
  conv.known(shaped<std::int8_t>({2, 1, 1}, {1, 1})).known(list<float>({1, 0})).known(list<std::int8_t>({0, 0}));
  conv.known(one(1)).known(zero);
  CHECK(tells(refusal_of(conv), "scale[1] is 0"));
  OneNode biased = conv;
  CHECK(tells(refusal_of(biased.known(list<float>({1, 1}))), "the bias is f32, expected int32"));
  OneNode integers(10, "ConvInteger");
  integers.input(shaped<float>({1, 1, 2}, {1, 2})).known(shaped<std::int8_t>({2, 1, 1}, {1, 1}));
  CHECK(tells(refusal_of(integers), "expected int8 or uint8"));
  OneNode rows(10, "MatMulInteger");
  rows.input(shaped<std::int8_t>({2, 2}, {1, 2, 3, 4})).known(shaped<std::int8_t>({2, 2}, {1, 1, 1, 1}));
  CHECK(tells(refusal_of(rows.known(list<std::int8_t>({1, 2, 3}))), "3 numbers, expected 1 or 2"));
  CHECK(tells(refusal_of(added("QLinearConcat").known(one(1)).known(zero).input(q)), "3 inputs"));
  CHECK(tells(refusal_of(added("QLinearGlobalAveragePool").set("channels_last", 1).input(q)), "channels_last"));
}
