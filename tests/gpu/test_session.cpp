// Whole networks on the gpu device: planning, memory, recording, the way in and out.
#include <cstring>

#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/session/support.hpp"
#include "tests/session/two_stage_net.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Gpu {
  std::shared_ptr<const HostBackend> backend = std::make_shared<HostBackend>();

  [[nodiscard]] CompiledModel compile(const Model& model, Precision precision = Precision::fp32) const {
    return compile_on(model, gpu::device(backend, {precision, 4096, {}, true}));
  }
};

/// The largest difference relative to the reference's largest magnitude, over all outputs.
double distance(const Model& model, const Tensors& inputs, const Tensors& got) {
  double worst = 0;
  for (const OutputError& error : compare(model.reference(inputs), got))
    worst = std::max(worst, error.max_relative_error);
  return worst;
}

Model demo(const std::string& name) { return Model::load(source / "configs/demo" / (name + ".yaml")); }

}  // namespace

TEST_CASE("small networks give the reference's answers in every precision, folded or not") {
  const Gpu gpu;
  const std::map<Precision, double> bounds{
      {Precision::fp32, 1e-5}, {Precision::tf32, 1e-5}, {Precision::fp16, 1e-2}, {Precision::bf16, 8e-2}};
  for (const char* name : {"classifier", "segmenter"}) {
    for (const Method method : {Method::none, Method::optimal}) {
      const Model model = folded(demo(name), method);
      const Tensors inputs = model.random_inputs(3);
      for (const auto& entry : bounds) {
        const Precision precision = entry.first;  // no structured binding: doctest captures in a lambda
        const double bound = entry.second;
        CAPTURE(std::string(name));
        CAPTURE(std::string(name_of(precision)));
        CHECK(distance(model, inputs, Session(gpu.compile(model, precision)).run(inputs)) < bound);
      }
    }
  }
}

TEST_CASE("a session records what it queues in its second run and repeats it from then on") {
  const Gpu gpu;
  const Model model = demo("classifier");
  Session session(gpu.compile(model));
  HostCounters& counters = gpu.backend->counters();
  const Tensors first = model.random_inputs(1), second = model.random_inputs(2);
  const Tensors expected = session.run(first);
  CHECK(counters.recorded == 0);
  CHECK(distance(model, second, session.run(second)) < 1e-5);
  CHECK(counters.recorded == 1);
  const int jobs = counters.jobs;
  CHECK(max_difference(session.run(first).begin()->second, expected.begin()->second) == 0);
  CHECK(distance(model, second, session.run(second)) < 1e-5);
  CHECK(counters.jobs == jobs);
  CHECK(counters.replayed == 3);
}

TEST_CASE("a session whose recording fails queues every step, gives the same answers and says so") {
  const auto backend = std::make_shared<HostBackend>(HostOptions{.records = false});
  const Model model = demo("classifier");
  Session session(compile_on(model, gpu::device(backend, {Precision::fp32, 4096, {}, true})));
  for (std::uint64_t seed = 1; seed < 5; ++seed) {
    CHECK(session.note().empty() == (seed < 3));
    const Tensors inputs = model.random_inputs(seed);
    CHECK(distance(model, inputs, session.run(inputs)) < 1e-5);
  }
  CHECK(session.note().find("takes no recordings today") != std::string::npos);
  CHECK(backend->counters().recorded == 1);
  CHECK(backend->counters().replayed == 0);
}

TEST_CASE("callers that alternate between memories have one recording for each, as long as there are not too many") {
  const Gpu gpu;
  const Model model = demo("classifier");
  const HostCounters& counters = gpu.backend->counters();
  for (const std::size_t memories : {std::size_t{2}, std::size_t{12}}) {
    Session session(gpu.compile(model));
    const int before = counters.recorded;
    std::vector<gpu::Memory> images;
    std::vector<Tensors> inputs;
    const std::size_t bytes = session.input(0).size();
    for (std::size_t i = 0; i < memories; ++i) {
      inputs.push_back(model.random_inputs(i));
      images.push_back(gpu.backend->allocate(bytes));
      std::memcpy(images.back().get(), inputs.back().begin()->second.as(DType::f32).data(), bytes);
    }
    for (int round = 0; round < 4; ++round) {
      for (std::size_t i = 0; i < memories; ++i) {
        session.bind_input(0, {images[i].get(), bytes}, MemoryKind::device);
        session.run();
        std::vector<float> logits(10);
        std::memcpy(logits.data(), session.output(0).data(), 40);
        const Tensors got{{model.outputs()[0].name, Tensor::of({1, 10}, logits)}};
        CHECK(distance(model, inputs[i], got) < 1e-5);
      }
    }
    // Of more memories than are kept, none is known when its turn comes again.
    CHECK(counters.recorded - before == (memories == 2 ? 2 : 0));
  }
}

TEST_CASE("nothing is copied where one kernel reads or writes everything once: it reaches the host's memory") {
  const std::map<Precision, double> bounds{{Precision::fp32, 1e-5}, {Precision::fp16, 1e-2}};
  const auto copies_of = [&](const Graph& graph) {
    Model::Contents contents;
    contents.graph = graph;
    contents.types = infer_types(graph);
    const Model model(std::make_shared<const Model::Contents>(std::move(contents)));
    int copies = 0;
    for (const auto& entry : bounds) {
      const Gpu gpu;
      Session session(gpu.compile(model, entry.first));
      const int before = gpu.backend->counters().copies;
      for (std::uint64_t seed = 1; seed < 4; ++seed) {
        const Tensors inputs = model.random_inputs(seed);
        CHECK(distance(model, inputs, session.run(inputs)) < entry.second);
        if (seed == 1) copies = gpu.backend->counters().copies - before;
      }
    }
    return copies;
  };
  for (const std::int64_t width : {8, 7}) {  // whole words of 16-bit pixels, and not
    GraphBuilder net;
    const ValueId image = net.input({2, 3, 6, width});
    const ValueId features = net.relu(net.conv(image, 8, 3, 2, 1, 1, true));
    net.output(net.add(Dense{5}, {net.add(Flatten{}, {net.add(GlobalPool{}, {features})})}));
    CHECK(copies_of(net.graph) == 0);
    net.output(net.add(GlobalPool{}, {image}));  // a second kernel reads the image, and writes without promises
    CHECK(copies_of(net.graph) == 2);
  }
}

TEST_CASE("memory of the caller is used as it is when it is the device's, and copied when it is the host's") {
  const Gpu gpu;
  const Model model = demo("classifier");
  const CompiledModel compiled = gpu.compile(model);
  const Tensors inputs = model.random_inputs(5);
  const Tensor image = inputs.begin()->second.as(DType::f32);
  const Tensor expected = Session(compiled).run(inputs).begin()->second;
  const auto logits = [&](const std::byte* memory) {
    std::vector<float> values(10);
    std::memcpy(values.data(), memory, 40);
    return Tensor::of({1, 10}, values);
  };

  Session session(compiled);
  std::vector<float> result(10);
  session.bind_input(0, {image.data(), image.bytes()});
  session.bind_output(0, std::as_writable_bytes(std::span(result)));
  for (int round = 0; round < 3; ++round) session.run();
  CHECK(max_difference(Tensor::of({1, 10}, result), expected) == 0);
  CHECK_THROWS_WITH_AS(session.bind_output(0, std::as_writable_bytes(std::span(result).first(9))),
                       doctest::Contains("needs 40 bytes"), Error);

  const gpu::Memory in = gpu.backend->allocate(image.bytes()), out = gpu.backend->allocate(40);
  std::memcpy(in.get(), image.data(), image.bytes());
  session.bind_input(0, {in.get(), image.bytes()}, MemoryKind::device);
  session.bind_output(0, {out.get(), 40}, MemoryKind::device);
  for (int round = 0; round < 3; ++round) session.run();
  CHECK(max_difference(logits(out.get()), expected) == 0);
  CHECK(session.input(0).empty());
  CHECK_THROWS_AS((void)session.run(inputs), Error);

  Session on_cpu(CompiledModel::compile(model));
  CHECK_THROWS_WITH_AS(on_cpu.bind_input(0, {in.get(), image.bytes()}, MemoryKind::device),
                       doctest::Contains("the host's memory"), Error);
}

TEST_CASE("sessions share packed weights, and nothing of the device's memory outlives them") {
  const Gpu gpu;
  const std::atomic<std::size_t>& allocated = gpu.backend->counters().allocated;
  {
    const Model model = demo("segmenter");
    const CompiledModel compiled = gpu.compile(model);
    const std::size_t weights = allocated;
    CHECK(weights >= compiled.info().weight_bytes);
    CHECK(compiled.info().weight_bytes > 0);
    const Session a(compiled);
    const std::size_t session = allocated - weights;
    CHECK(session >= compiled.info().arena_bytes);
    const Session b(compiled);
    CHECK(allocated == weights + 2 * session);
  }
  CHECK(allocated == 0);
}

TEST_CASE("a profiled run tells of every step and gives the same answers") {
  const Gpu gpu;
  const Model model = demo("classifier");
  const CompiledModel compiled = gpu.compile(model);
  Session session(compiled);
  const Tensors inputs = model.random_inputs(4);
  const Tensors expected = session.run(inputs);
  std::size_t told = 0;
  session.run_profiled([&](std::size_t step, double us) {
    CHECK(step == told++);
    CHECK(us >= 0);
  });
  CHECK(told == compiled.info().steps.size());
  CHECK(std::memcmp(session.output(0).data(), expected.begin()->second.data(), session.output(0).size()) == 0);
}

TEST_CASE("values whose number of rows is known on the device alone pass through a whole network") {
  const Gpu gpu;
  const TemporaryFolder folder;
  for (const char* score : {"0.1", "2"}) {  // no score is above 1: nothing is found
    LoadOptions options;
    options.random_seed = 3;
    const Model model = Model::load(folder.write("detector.yaml", two_stage_net(score)), options);
    Session session(gpu.compile(model));
    for (std::uint64_t seed = 1; seed < 4; ++seed) {
      const Tensors inputs = model.random_inputs(seed);
      const Tensors expected = model.reference(inputs);
      for (const OutputError& error : compare(expected, session.run(inputs))) {
        CAPTURE(error.name);
        CHECK(error.max_relative_error < 1e-4);
      }
    }
  }
}
