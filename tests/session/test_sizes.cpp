// Networks with open sizes: one session runs them at any, as a network made for that size alone would.
#include <cstring>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "banoff/banoff.h"
#include "runtime/session/plan_cache.hpp"
#include "support.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A small encoder and decoder with a skip, for heights and widths that two halvings divide.
constexpr const char* network = R"(name: open
inputs:
  image: [N=1, 3, H=16, W=24]
nodes:
  - conv1: {op: conv, out: 16, kernel: 3, padding: 1}
  - bn1: batch_norm
  - relu1: relu
  - down: {op: conv, out: 32, kernel: 3, stride: 2, padding: same}
  - bn2: batch_norm
  - relu2: relu
  - pool: {op: max_pool, kernel: 2}
  - conv2: {op: conv, out: 16, kernel: 1}
  - bn3: batch_norm
  - up: {op: resize, scale: [4], mode: linear}
  - skip: {op: add, from: [up, relu1]}
  - classes: {op: conv, out: 5, kernel: 1}
)";

struct Fixture {
  TemporaryFolder folder;
  Model model = Model::load(folder.write("open.yaml", network), random_weights());

  static LoadOptions random_weights() {
    LoadOptions options;
    options.random_seed = 3;
    return options;
  }
};

Tensors picture(const Model& model, const Shape& shape) { return model.at({{"image", shape}}).random_inputs(7); }

std::string message(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const std::vector<Shape> shapes{{1, 3, 16, 24}, {2, 3, 16, 24}, {3, 3, 32, 20}, {1, 3, 8, 8}};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a session takes another size at every run, and answers as one made for it") {
  for (const Method method : {Method::none, Method::optimal}) {
    const Model net = folded(model, method);
    for (const char* device : {"reference", "cpu"}) {
      CAPTURE(std::string(device));
      DeviceOptions options;
      options.name = device;
      options.threads = 1;
      Session session(CompiledModel::compile(net, options));
      for (int round = 0; round < 2; ++round) {
        for (const Shape& shape : shapes) {
          CAPTURE(shape.str());
          const Tensors inputs = picture(net, shape);
          const Tensor actual = session.run(inputs).at("classes");
          CHECK(actual.shape() == Shape{shape[0], 5, shape[2], shape[3]});
          const Tensor alone = run_on(net.at({{"image", shape}}), device, inputs).at("classes");
          CHECK(max_difference(actual, alone) == 0);
          CHECK(compare(model.reference(inputs), {{"classes", actual}}).at(0).max_relative_error < 1e-5);
        }
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "memory of a session follows its shapes, and what the caller bound before is left alone") {
  DeviceOptions options;
  options.threads = 1;
  Session session(CompiledModel::compile(model, options));
  std::vector<float> bound(5 * 16 * 24, -77);
  session.bind_output(0, std::as_writable_bytes(std::span(bound)));
  const Tensors inputs = picture(model, shapes[2]);
  session.set_shape(0, shapes[2]);
  CHECK(session.inputs().at(0).shape == shapes[2]);
  CHECK(session.outputs().at(0).shape == Shape{3, 5, 32, 20});
  const Tensor& image = inputs.at("image");
  REQUIRE(session.input(0).size() == image.bytes());
  std::memcpy(session.input(0).data(), image.data(), image.bytes());
  session.run();
  std::vector<float> made(3 * 5 * 32 * 20);
  REQUIRE(session.output(0).size() == made.size() * sizeof(float));
  std::memcpy(made.data(), session.output(0).data(), session.output(0).size());
  CHECK(max_difference(Tensor::of({3, 5, 32, 20}, made),
                       run_on(model.at({{"image", shapes[2]}}), "cpu", inputs).at("classes")) == 0);
  session.set_shape(0, shapes[0]);
  session.run();
  CHECK(std::ranges::all_of(bound, [](float value) { return value == -77; }));
}

TEST_CASE_FIXTURE(Fixture,
                  "sizes that the network does not take are refused, and the session goes on at those before") {
  Session session(CompiledModel::compile(model));
  const Tensors inputs = model.random_inputs(1);
  const Tensor before = session.run(inputs).at("classes");
  CHECK(message([&] { session.set_shape(0, {1, 4, 16, 24}); }).find("dimension 1 is fixed at 3") != std::string::npos);
  CHECK(message([&] { session.set_shape(0, {1, 3, 16}); }).find("1x3x16") != std::string::npos);
  session.set_shape(0, {1, 3, 18, 24});  // the skip does not fit: found when the sizes are needed
  CHECK(message([&] { session.run(); }).find("skip") != std::string::npos);
  CHECK(session.inputs().at(0).shape == Shape{1, 3, 16, 24});
  CHECK(max_difference(session.run(inputs).at("classes"), before) == 0);
}

TEST_CASE("a number of channels that the weights are not for is refused, by the input's name, wherever it is given") {
  const TemporaryFolder folder;
  const std::string text = "inputs: {x: [N, C, H, W]}\nnodes: [{c: {op: conv, out: 4, kernel: 3}}]\n";
  LoadOptions options;
  options.random_seed = 1;
  const Model model = Model::load(folder.write("net.yaml", text), options);
  const auto has = [](const std::string& text_in, const std::string& part) {
    return text_in.find(part) != std::string::npos;
  };
  for (const std::int64_t channels : {1, 2, 4}) {
    const std::string expected = fmt::format("input 'x' has {} channels, expected 3", channels);
    const Shape shape{1, channels, 8, 8};
    CHECK(has(input_error([&] { (void)model.at({{"x", shape}}); }), expected));
    const Tensor x = Tensor::allocate(DType::f32, shape).first;
    Session session(CompiledModel::compile(model));
    CHECK(has(input_error([&] { (void)session.run({{"x", x}}); }), expected));
    CHECK(session.run({{"x", Tensor::allocate(DType::f32, {1, 3, 8, 8}).first}}).at("c").shape() == Shape{1, 4, 6, 6});
  }
  CHECK(model.at({{"x", {2, 3, 9, 9}}}).outputs().front().shape == Shape{2, 4, 7, 7});
}

TEST_CASE("inputs with the same open size follow one another") {
  const TemporaryFolder folder;
  const Model model = Model::load(
      folder.write("two.yaml", "inputs: {a: [N=1, 4], b: [N=1, 4]}\nnodes:\n  - sum: {op: add, from: [a, b]}\n"));
  Session session(CompiledModel::compile(model));
  session.set_shape(1, {3, 4});
  CHECK(session.inputs().at(0).shape == Shape{3, 4});
  CHECK(session.outputs().at(0).shape == Shape{3, 4});
  const auto filled = [](std::int64_t rows) {
    return Tensor::of<float>({rows, 4}, std::vector<float>(static_cast<std::size_t>(rows) * 4, 1));
  };
  CHECK(session.run({{"a", filled(2)}, {"b", filled(2)}}).at("sum").shape() == Shape{2, 4});
  CHECK_THROWS_AS((void)session.run({{"a", filled(2)}, {"b", filled(3)}}), Error);
  CHECK_THROWS_AS((void)model.reference({{"a", filled(2)}, {"b", filled(3)}}), Error);
}

TEST_CASE_FIXTURE(Fixture, "a network says which sizes are open, and what they are") {
  CHECK(model.sizes() == std::vector<SizeInfo>{{"N", 1, false, ""}, {"H", 16, false, ""}, {"W", 24, false, ""}});
  CHECK(model.inputs().at(0).symbols == std::vector<std::string>{"N", "", "H", "W"});
  const Model other = model.at({{"image", {2, 3, 8, 12}}});
  CHECK(other.inputs().at(0).shape == Shape{2, 3, 8, 12});
  CHECK(other.sizes().at(1).size == 8);
  CHECK(other.fold({}).first.inputs().at(0).shape == Shape{2, 3, 8, 12});
}

TEST_CASE_FIXTURE(Fixture,
                  "sizes that nobody gives are likely ones, and weights that are not there are not needed for a look") {
  const std::string text = std::string(network).replace(std::string(network).find("H=16, W=24"), 10, "H, W");
  const auto file = folder.write("unsized.yaml", text);
  LoadOptions options;
  options.without_weights = true;
  const Model unsized = Model::load(file, options);
  CHECK(unsized.inputs().at(0).shape == Shape{1, 3, 224, 224});
  CHECK(unsized.sizes().at(1).assumed);
  CHECK(unsized.layers().at(0).parameters == 16 * 3 * 9);
  options.symbols = {{"H", 32}};
  CHECK_FALSE(Model::load(file, options).sizes().at(1).assumed);
  options.symbols = {{"h", 32}};
  CHECK(message([&] { (void)Model::load(file, options); }).find("N, H, W") != std::string::npos);
  options.symbols = {};
  options.shapes = {{"picture", {1, 3, 8, 8}}};
  CHECK(message([&] { (void)Model::load(file, options); }).find("no input 'picture'") != std::string::npos);
}

TEST_CASE("plans beyond the limit are forgotten, the one asked for longest ago first; a plan is made once") {
  PlanCache cache(2);
  int made = 0;
  const auto get = [&](std::int64_t size) {
    (void)cache.get({Shape{size}}, [&] {
      ++made;
      return std::make_shared<const SizedPlan>();
    });
    return made;
  };
  CHECK(get(1) == 1);
  CHECK(get(2) == 2);
  CHECK(get(1) == 2);
  CHECK(get(3) == 3);  // 2 goes
  CHECK(get(1) == 3);
  CHECK(get(2) == 4);
  CHECK_THROWS_AS(
      (void)cache.get({Shape{9}}, []() -> PlanCache::SizedPlanPtr { throw Error(ErrorKind::refused, "no"); }), Error);
  CHECK(get(9) == 5);
}

TEST_CASE_FIXTURE(Fixture, "sessions on several threads take sizes of their own") {
  DeviceOptions options;
  options.threads = 1;
  options.other_sizes = 2;  // fewer than there are: plans come and go
  const CompiledModel compiled = CompiledModel::compile(model, options);
  std::vector<std::future<double>> workers;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    workers.push_back(std::async(std::launch::async, [&, i] {
      Session session(compiled);
      double worst = 0;
      for (std::size_t round = 0; round < 8; ++round) {
        const Tensors inputs = picture(model, shapes[(i + round) % shapes.size()]);
        worst = std::max(worst, compare(model.reference(inputs), session.run(inputs)).at(0).max_relative_error);
      }
      return worst;
    }));
  }
  for (auto& worker : workers) CHECK(worker.get() < 1e-5);
}

TEST_CASE_FIXTURE(Fixture, "the C interface changes sizes") {
  banoff_error error{};
  banoff_model* loaded = nullptr;
  const std::string file =
      folder.write("small.yaml", "inputs: {x: [N=1, 2, H=4, W=4]}\nnodes:\n  - relu: relu\n").string();
  REQUIRE(banoff_model_load(file.c_str(), nullptr, &loaded, &error) == BANOFF_OK);
  banoff_compiled* compiled = nullptr;
  REQUIRE(banoff_model_compile(loaded, "cpu", 1, &compiled, &error) == BANOFF_OK);
  banoff_session* session = nullptr;
  REQUIRE(banoff_session_create(compiled, &session, &error) == BANOFF_OK);
  banoff_tensor_info info{};
  REQUIRE(banoff_input_info(compiled, 0, &info, &error) == BANOFF_OK);
  CHECK(info.open == 0b1101);
  const std::int64_t dims[] = {2, 2, 3, 5};
  REQUIRE(banoff_session_set_shape(session, 0, dims, 4, &error) == BANOFF_OK);
  REQUIRE(banoff_session_output_info(session, 0, &info, &error) == BANOFF_OK);
  CHECK(info.bytes == 60 * sizeof(float));
  CHECK(std::equal(std::begin(dims), std::end(dims), info.dims));
  void* input = nullptr;
  REQUIRE(banoff_session_input(session, 0, &input, &error) == BANOFF_OK);
  std::vector<float> values(60, -1.5F);
  values[7] = 2.5F;
  std::memcpy(input, values.data(), info.bytes);
  REQUIRE(banoff_session_run(session, &error) == BANOFF_OK);
  const void* output = nullptr;
  REQUIRE(banoff_session_output(session, 0, &output, nullptr, &error) == BANOFF_OK);
  std::vector<float> results(60);
  std::memcpy(results.data(), output, info.bytes);
  CHECK(results[7] == 2.5F);
  CHECK(results[8] == 0);
  const std::int64_t wrong[] = {2, 3, 3, 5};
  CHECK(banoff_session_set_shape(session, 0, wrong, 4, &error) == BANOFF_BAD_INPUT);
  CHECK(std::string(error.message).find("fixed at 2") != std::string::npos);
  banoff_session_release(session);
  banoff_compiled_release(compiled);
  banoff_model_release(loaded);
}

TEST_CASE("a shift does not cross padding that only other sizes read") {
  const TemporaryFolder folder;
  for (const char* height : {"16", "H=16"}) {
    CAPTURE(std::string(height));
    // Windows of 2 that step by 2 read padding where the height is odd.
    const auto file = folder.write("even.yaml", fmt::format(R"(inputs: {{image: [1, 3, {}, 16]}}
nodes:
  - norm: batch_norm
  - conv: {{op: conv, out: 4, kernel: 2, stride: 2, padding: same}}
)",
                                                            height));
    const Model model = Model::load(file, Fixture::random_weights());
    const bool open = !model.sizes().empty();
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      FoldOptions options;
      options.method = method;
      options.borders = false;
      const auto [folded, report] = model.fold(options);
      CHECK(report.folded() == (open ? 0 : 1));
      if (open) {
        const Tensors odd = model.at({{"image", {1, 3, 15, 16}}}).random_inputs(3);
        CHECK(compare(model.reference(odd), folded.reference(odd)).at(0).max_relative_error < 1e-6);
      }
    }
    const Model bordered = model.fold({}).first;
    for (const std::int64_t size : {16, 15}) {
      if (!open && size != 16) continue;
      const Tensors inputs = model.at({{"image", {1, 3, size, 16}}}).random_inputs(3);
      CHECK(compare(model.reference(inputs), bordered.reference(inputs)).at(0).max_relative_error < 1e-6);
    }
  }
}
