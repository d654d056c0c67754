// Operators that are made of others while reading, against answers worked out by hand.
#include "tests/onnx/one_node.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Tensor counted(const Shape& shape, float first = 1) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(first + static_cast<float>(i));
  return Tensor::of<float>(shape, std::move(values));
}

template <class T>
Tensor shaped(const Shape& shape, std::vector<T> values) {
  return Tensor::of<T>(shape, std::move(values));
}

OneNode einsum(const std::string& equation) { return OneNode(12, "Einsum").set("equation", equation); }

/// What a network that cannot be run is refused with.
std::string refusal_of(const OneNode& one) {
  try {
    (void)CompiledModel::compile(one.load(), {.name = "reference"});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool tells(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("einsum: products, sums, diagonals, dots and stretched dimensions") {
  const Tensor a = counted({2, 3}), b = counted({3, 2});
  CHECK(einsum("ij,jk->ik").input(a).input(b).values() == Values{22, 28, 49, 64});
  CHECK(einsum("ij,jk->ik").input(a).known(b).values() == Values{22, 28, 49, 64});
  CHECK(einsum("ij, kj -> ki").input(a).input(counted({1, 3})).values() == Values{14, 32});
  CHECK(einsum("ij->ji").input(a).values() == Values{1, 4, 2, 5, 3, 6});
  CHECK(einsum("ij").input(a).values() == counted({2, 3}).to_vector<double>());
  CHECK(einsum("ba").input(a).values() == Values{1, 4, 2, 5, 3, 6});  // letters in order
  CHECK(einsum("ii->i").input(counted({3, 3})).values() == Values{1, 5, 9});
  CHECK(einsum("ii").input(counted({3, 3})).values() == Values{15});
  CHECK(einsum("bii->b").input(counted({2, 2, 2})).values() == Values{5, 13});
  CHECK(einsum("i,j->ij").input(counted({2})).input(counted({3})).values() == Values{1, 2, 3, 2, 4, 6});
  CHECK(einsum("ij,ij->").input(a).input(a).values() == Values{91});
  // The dots of the second operand are fewer, and one of its dimensions is stretched.
  const OneNode batched = einsum("...ij,...jk->...ik").input(counted({2, 2, 1, 2})).input(counted({1, 2, 1}));
  CHECK(batched.run().shape() == Shape{2, 2, 1, 1});
  CHECK(batched.values() == Values{5, 11, 17, 23});
  CHECK(einsum("ab,bc,cd->ad").input(a).input(b).input(counted({2, 1})).values() == Values{78, 177});
  CHECK(einsum("i,i").input(shaped<std::int32_t>({2}, {3, 4})).input(shaped<std::int32_t>({2}, {5, -6})).values() ==
        Values{-9});
}

TEST_CASE("equations that say nothing are refused with what is wrong with them") {
  const Tensor a = counted({2, 3});
  CHECK(tells(refusal_of(einsum("ij,jk").input(a)), "equation 'ij,jk' for 1 inputs"));
  CHECK(tells(refusal_of(einsum("ijk").input(a)), "for 2x3"));
  CHECK(tells(refusal_of(einsum("i1->i").input(a)), "has '1' where a letter"));
  CHECK(tells(refusal_of(einsum("..i->i").input(a)), "letter"));
  CHECK(tells(refusal_of(einsum("ij->k").input(a)), "'k' behind the arrow"));
  CHECK(tells(refusal_of(einsum("ij->ii").input(a)), "twice"));
  CHECK(tells(refusal_of(einsum("ii->i").input(a)), "stands for 2 and 3"));
  CHECK(tells(refusal_of(einsum("ij,ij->i").input(a).input(counted({2, 4}))), "stands for"));
  CHECK(tells(refusal_of(einsum("...j->j").input(a)), "no dots"));
}

TEST_CASE("quantised weights become floats: one scale, one for each index, one for each block, with zero points") {
  const Tensor q = shaped<std::int8_t>({2, 3}, {-128, 0, 127, 1, 2, 3});
  CHECK(OneNode(10, "DequantizeLinear").known(q).known(shaped<float>({}, {0.5F})).values() ==
        Values{-64, 0, 63.5, 0.5, 1, 1.5});
  CHECK(OneNode(13, "DequantizeLinear")
            .input(q)
            .known(list<float>({2, 0.5F}))
            .known(list<std::int8_t>({1, -1}))
            .set("axis", 0)
            .values() == Values{-258, -2, 252, 1, 1.5, 2});
  CHECK(OneNode(21, "DequantizeLinear")
            .known(q)
            .known(shaped<float>({2, 2}, {1, 2, 3, 4}))
            .set("axis", -1)
            .set("block_size", 2)
            .values() == Values{-128, 0, 254, 3, 6, 12});
  const Tensor wide = list<std::int32_t>({100000, -3});
  CHECK(OneNode(13, "DequantizeLinear").known(wide).known(shaped<float>({}, {0.25F})).values() == Values{25000, -0.75});
  const auto one = [&](const Tensor& scale) { return OneNode(21, "DequantizeLinear").input(q).known(scale); };
  CHECK(tells(refusal_of(one(list<float>({1, 2})).set("axis", 1)), "the scale is 2"));
  CHECK(tells(refusal_of(one(list<float>({1, 2})).set("axis", 5)), "axis 5"));
  CHECK(tells(refusal_of(one(list<float>({1, 2})).set("axis", 1).set("block_size", -2)), "block_size"));
  CHECK(tells(refusal_of(one(list<float>({1, 2})).set("axis", 0).set("block_size", std::int64_t{1} << 62)),
              "the scale is 2"));
}

TEST_CASE("a scan is written out, along any axis and in either direction") {
  OnnxModel body;
  body.input("sum", {2}).input("x", {2}).output("next").output("seen");
  body.node("Add", {"sum", "x"}, {"next"});
  body.node("Mul", {"next", "x"}, {"seen"});
  const auto scan = [&](const Tensor& x) {
    return OneNode(11, "Scan")
        .set("body", body.graph())
        .set("num_scan_inputs", 1)
        .input(shaped<float>({2}, {10, 20}))
        .input(x);
  };
  // The state is the first output.
  CHECK(scan(counted({3, 2})).values() == Values{19, 32});
  CHECK(scan(counted({2, 3})).set("scan_input_axes", std::vector<std::int64_t>{-1}).values() == Values{16, 35});
  OnnxModel seen;
  seen.input("sum", {2}).input("x", {2}).output("end").output("y");
  seen.input("first", {2}).input("rows", {3, 2}).node("Scan", {"first", "rows"}, {"end", "y"});
  onnx::NodeProto& node = *seen.graph().mutable_node(0);
  add_attribute(node, "body", onnx::AttributeProto::GRAPH);
  *node.mutable_attribute()->rbegin()->mutable_g() = body.graph();
  set_integer(node, "num_scan_inputs", 1);
  set_attribute(node, "scan_input_directions", {1});
  set_attribute(node, "scan_output_directions", {1});
  set_attribute(node, "scan_output_axes", {1});
  seen.graph().mutable_input()->erase(seen.graph().mutable_input()->begin(), seen.graph().mutable_input()->begin() + 2);
  const TemporaryFolder folder;
  const Model model = Model::load(seen.write(folder));
  const Tensors given{{"first", shaped<float>({2}, {10, 20})}, {"rows", counted({3, 2})}};
  // Rows (5, 6), (3, 4), (1, 2) in this order; columns from the last to the first.
  CHECK(run_on(model, "cpu", given).at("y").to_vector<double>() == Values{19, 54, 75, 64, 120, 156});
  CHECK(tells(refusal_of(scan(counted({3, 2})).set("scan_input_axes", std::vector<std::int64_t>{7})), "axis 7"));
  CHECK(tells(refusal_of(scan(counted({3, 2})).set("scan_input_directions", std::vector<std::int64_t>{2})), "holds 2"));
}

TEST_CASE("what is larger than the values of a known input say is known") {
  CHECK(OneNode(11, "Compress")
            .input(counted({3, 2}))
            .known(Tensor::of<std::uint8_t>({3}, {1, 0, 1}).as(DType::boolean))
            .set("axis", 0)
            .values() == Values{1, 2, 5, 6});
  CHECK(OneNode(13, "NonZero").known(shaped<float>({2, 2}, {0, 3, 4, 0})).values() == Values{0, 1, 1, 0});
  CHECK(OneNode(11, "Unique").known(list<float>({2, 1, no_number, 1, 3, no_number})).run().elements() == 4);
  CHECK(OneNode(11, "Unique").known(list<std::int64_t>({2, 1, 1, 3})).set("sorted", 0).values() == Values{2, 1, 3});
  CHECK(OneNode(11, "Unique").known(shaped<float>({3, 2}, {1, 0, 1, 0, 0, 5})).set("axis", 0).values() ==
        Values{0, 5, 1, 0});
  const OneNode reversed = OneNode(10, "ReverseSequence").input(counted({3, 2})).input(list<std::int64_t>({2, 3}));
  CHECK(reversed.values() == Values{3, 6, 1, 4, 5, 2});
}

TEST_CASE("powers over windows, also those that hang over the end") {
  const Tensor x = counted({1, 1, 5}, -2);
  const auto pool = [&](std::int64_t p) {
    return OneNode(18, "LpPool")
        .input(x)
        .set("p", p)
        .set("kernel_shape", std::vector<std::int64_t>{2})
        .set("strides", std::vector<std::int64_t>{2});
  };
  CHECK(pool(1).values() == Values{3, 1});
  CHECK(pool(1).set("ceil_mode", 1).values() == Values{3, 1, 2});
  CHECK(pool(2).values() == Values{std::sqrt(5.0F), 1});
  CHECK(OneNode(2 + 7, "GlobalLpPool").input(x).set("p", 1).values() == Values{6});
  CHECK(tells(refusal_of(pool(0)), "p = 0"));
}

TEST_CASE("a max pool is undone where its places are") {
  const auto unpool = [] {
    return OneNode(11, "MaxUnpool")
        .input(shaped<float>({1, 1, 2}, {5, 7}))
        .input(shaped<std::int64_t>({1, 1, 2}, {1, 2}))
        .set("kernel_shape", std::vector<std::int64_t>{2})
        .set("strides", std::vector<std::int64_t>{2});
  };
  CHECK(unpool().values() == Values{0, 5, 7, 0});
  CHECK(unpool().known(list<std::int64_t>({1, 1, 6})).values() == Values{0, 5, 7, 0, 0, 0});
  CHECK(tells(refusal_of(unpool().known(list<std::int64_t>({1, 1, 3}))), "output_shape has 3"));
}

TEST_CASE("boxes and grids of impossible sizes are refused") {
  const auto roi = [](std::int64_t sampling, std::int64_t height) {
    return OneNode(16, "RoiAlign")
        .input(counted({1, 1, 4, 4}))
        .input(counted({1, 4}))
        .input(list<std::int64_t>({0}))
        .set("sampling_ratio", sampling)
        .set("output_height", height);
  };
  CHECK(refusal_of(roi(2, 2)).empty());
  CHECK(tells(refusal_of(roi(1 << 20, 2)), "sampling"));
  CHECK(tells(refusal_of(roi(-1, 2)), "sampling -1"));
  CHECK(tells(refusal_of(roi(0, -3)), "size -3"));
  CHECK(tells(refusal_of(OneNode(16, "GridSample").input(counted({1, 1, 4, 4})).input(counted({1, 2, 2, 3}))),
              "grid 1x2x2x3"));
  CHECK(tells(
      refusal_of(
          OneNode(16, "GridSample").input(counted({1, 1, 4, 4})).input(counted({1, 2, 2, 2})).set("mode", "linear")),
      "mode = linear"));
}

TEST_CASE("boxes as large as numbers go take no time, and ones that are no number give zeros") {
  constexpr float huge = 3e38F;
  const Tensor boxes = shaped<float>({3, 4}, {-huge, -huge, huge, huge, 1, 1, 1e9F, 2, no_number, 0, 1, 1});
  const OneNode one =
      OneNode(16, "RoiAlign").input(counted({1, 1, 4, 4})).input(boxes).input(list<std::int64_t>({0, 0, 0}));
  const TemporaryFolder folder;
  const auto values = run_on(one.load(), "reference",
                             {{"x0", counted({1, 1, 4, 4})}, {"x1", boxes}, {"x2", list<std::int64_t>({0, 0, 0})}})
                          .at("y")
                          .to_vector<double>();
  CHECK(values.at(2) == 0);
}

TEST_CASE("parts without elements are left out of what they are joined to") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 3}).output("y").integers("sizes", {3, 0});
  set_integer(model.node("Split", {"x", "sizes"}, {"all", "none"}), "axis", 1);
  model.node("Sigmoid", {"none"}, {"still_none"});
  set_integer(model.node("Concat", {"all", "still_none"}, {"y"}), "axis", 1);
  const Model loaded = Model::load(model.write(folder));
  CHECK(run_on(loaded, "cpu", {{"x", counted({1, 3})}}).at("y").to_vector<double>() == Values{1, 2, 3});
}

TEST_CASE(
    "columns of a bounded tensor are taken, joined and turned; its rows stay, and nothing may know how many there "
    "are") {
  const auto made = [](const auto& rest) {
    OnnxModel model(18);
    model.input("boxes", {1, 3, 4}).input("scores", {1, 1, 3}).output("y");
    model.integers("most", {3})
        .weight("iou", {1}, {0.5F})
        .integers("last", {2})
        .integers("one", {1})
        .integers("zero", {0});
    model.node("NonMaxSuppression", {"boxes", "scores", "most", "iou"}, {"rows"});
    rest(model);
    return model;
  };
  const Tensors given{{"boxes", shaped<float>({1, 3, 4}, {0, 0, 1, 1, 0, 0, 1, 1, 5, 5, 6, 6})},
                      {"scores", shaped<float>({1, 1, 3}, {0.5F, 0.9F, 0.7F})}};
  const TemporaryFolder folder;
  const auto value = [&](const auto& rest) {
    const Model model = Model::load(made(rest).write(folder));
    const Tensor y = run_on(model, "cpu", given).at("y");
    model.save(folder / "again.onnx");
    const Tensor again = run_on(Model::load(folder / "again.onnx"), "reference", given).at("y");
    CHECK(again.shape() == y.shape());
    CHECK(again.to_vector<double>() == y.to_vector<double>());
    return y;
  };
  const auto joined = [](OnnxModel& m) {
    set_integer(m.node("Gather", {"rows", "last"}, {"box"}), "axis", 1);
    set_integer(m.node("Gather", {"rows", "zero"}, {"picture"}), "axis", 1);
    set_integer(m.node("Concat", {"box", "picture"}, {"pair"}), "axis", 1);
    m.node("Unsqueeze", {"pair", "one"}, {"wide"});
    set_attribute(m.node("Transpose", {"wide"}, {"turned"}), "perm", {0, 2, 1});
    m.integers("flat", {-1, 2}).node("Reshape", {"turned", "flat"}, {"y"});
  };
  const Tensor y = value(joined);
  CHECK(y.shape() == Shape{2, 2});
  CHECK(y.to_vector<double>() == Values{1, 0, 2, 0});
  const auto refused = [&](const auto& rest) {
    try {
      (void)CompiledModel::compile(Model::load(made(rest).write(folder)), {.name = "reference"});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(tells(refused([](OnnxModel& m) { m.node("Shape", {"rows"}, {"y"}); }), "the number of rows"));
  CHECK(tells(refused([](OnnxModel& m) { m.node("Size", {"rows"}, {"y"}); }), "the size"));
  CHECK(tells(refused([](OnnxModel& m) {
                m.integers("flat", {9}).node("Reshape", {"rows", "flat"}, {"y"});
              }),
              "dimension 0"));
  CHECK(tells(refused([](OnnxModel& m) { m.node("Gather", {"rows", "one"}, {"y"}); }), "dimension 0"));
  CHECK(tells(refused([](OnnxModel& m) { m.node("Transpose", {"rows"}, {"y"}); }), "dimension 0"));
}
