// What is computed while a file is read is bounded in memory and time.
#include <onnx/onnx_pb.h>

#include "tests/onnx/hostile.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("what is computed while reading has a limit, and the error tells it") {
  constexpr const char* limit = "the limit for this model is 640 MiB";
  constexpr std::int64_t huge = 1'000'000'000'000, large = std::int64_t{1} << 31;
  CHECK(tells(
      said_of(13,
              [&](OnnxModel& m) {
                m.integers("depth", {huge}).integers("values", {0, 1}).node("OneHot", {"x", "depth", "values"}, {"y"});
              }),
      limit));
  CHECK(tells(said_of(19,
                      [&](OnnxModel& m) {
                        m.integers("pads", {0, 0, 0, large, 0, 0, 0, large});
                        set_word(m.node("Pad", {"x", "pads"}, {"y"}), "mode", "wrap");
                      }),
              limit));
  CHECK(tells(said_of(13, [](OnnxModel& m) { m.node("Hardmax", {"x"}, {"y"}); }, {1, large}), limit));
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.node("Dropout", {"x"}, {"z", "mask"});
                        m.node("Not", {"mask"}, {"y"});
                      },
                      {1, large}),
              limit));
  CHECK(tells(said_of(17,
                      [](OnnxModel& m) {
                        m.weight("scale", {}, {2}).node("LayerNormalization", {"x", "scale"}, {"y"});
                      },
                      {1, large}),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("size", {large}).node("ConstantOfShape", {"size"}, {"c"});
                        m.node("Add", {"x", "c"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.weight("from", {}, {0}).weight("to", {}, {1e12F}).weight("by", {}, {1});
                        m.node("Range", {"from", "to", "by"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("n", {1, 1, 1, large}).node("Tile", {"x", "n"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("shape", {large}).weight("one", {1}, {1}).node("Expand", {"one", "shape"}, {"c"});
                        m.node("Add", {"x", "c"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(14, [](OnnxModel& m) { m.node("Trilu", {"x"}, {"y"}); }, {60'000, 60'000}), limit));
  CHECK(tells(said_of(13, [](OnnxModel& m) { m.node("EyeLike", {"x"}, {"y"}); }, {60'000, 60'000}), limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("sizes", {1, 3, 4, large - 1});
                        set_word(m.node("Resize", {"x", "", "", "sizes"}, {"y"}), "mode", "cubic");
                      }),
              limit));
  CHECK(tells(
      said_of(13,
              [&](OnnxModel& m) {
                m.integers("begin", {-1}).integers("end", {smallest}).integers("axis", {1}).integers("step", {-1});
                m.node("Slice", {"x", "begin", "end", "axis", "step"}, {"y"});
              },
              {1, large}),
      limit));
}

TEST_CASE("what is computed while reading ends, however small the file is") {
  constexpr const char* limit = "million steps to compute";
  const auto of_ones = [](std::vector<std::int64_t> shape, const std::function<void(OnnxModel&)>& make) {
    return said_of(13, [&](OnnxModel& m) {
      m.integers("shape", shape).node("ConstantOfShape", {"shape"}, {"c"});
      make(m);
    });
  };
  // A product as large as the memory allows, windows as large as numbers go, many sums that take no memory.
  CHECK(tells(of_ones({3000, 3000}, [](OnnxModel& m) { m.node("MatMul", {"c", "c"}, {"y"}); }), limit));
  CHECK(tells(of_ones({1, 1, 64, 64},
                      [](OnnxModel& m) {
                        onnx::NodeProto& pool = m.node("MaxPool", {"c"}, {"y"});
                        set_attribute(pool, "kernel_shape", {1 << 20, 1 << 20});
                        set_attribute(pool, "strides", {1 << 20, 1 << 20});
                        set_attribute(pool, "pads", {1 << 19, 1 << 19, 1 << 19, 1 << 19});
                      }),
              limit));
  CHECK(tells(of_ones({1 << 20},
                      [](OnnxModel& m) {
                        for (int i = 0; i < 1000; ++i) m.node("ReduceSum", {"c"}, {"s" + std::to_string(i)});
                        m.node("Add", {"x", "s999"}, {"y"});
                      }),
              limit));
  CHECK(tells(of_ones({1, 100'000, 4},
                      [](OnnxModel& m) {
                        m.integers("more", {1, 1, 100'000}).integers("all", {100'000});
                        m.node("ConstantOfShape", {"more"}, {"scores"});
                        m.node("NonMaxSuppression", {"c", "scores", "all"}, {"y"});
                      }),
              limit));
  // A node that is carried, again in each turn of a loop.
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.integers("turns", {60'000});
                        onnx::GraphProto& body = subgraph(m.node("Loop", {"turns", ""}, {"y"}), "body");
                        for (const char* name : {"i", "go"}) body.add_input()->set_name(name);
                        set_word(add_inner(body, "Swirl", {"x"}, {"s"}), "words", std::string(100'000, 'w'));
                        for (const char* name : {"go", "s"}) body.add_output()->set_name(name);
                      }),
              "limit for this model"));
  // A loop whose body does not end it is not begun.
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.integers("turns", {largest});
                        onnx::GraphProto& body = subgraph(m.node("Loop", {"turns", "", "x"}, {"y"}), "body");
                        for (const char* name : {"i", "go", "held"}) body.add_input()->set_name(name);
                        for (const char* name : {"go", "held"}) body.add_output()->set_name(name);
                      }),
              "more than 65536 iterations"));
  // Masks of bytes, which take little memory.
  CHECK(tells(said_of(14,
                      [](OnnxModel& m) {
                        for (const char* each : {"a", "b", "c"}) m.node("Trilu", {"x"}, {each});
                        m.node("Sum", {"a", "b", "c"}, {"y"});
                      },
                      {1, 1 << 27}),
              limit));
}
