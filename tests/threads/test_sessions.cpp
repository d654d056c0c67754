// Models, compiled models and sessions used by many threads at a time. What is shared is immutable: the thread
// sanitizer watches that in a build of its own.
#include <thread>

#include "tests/files.hpp"
#include "tests/session/support.hpp"
#include "tests/session/two_stage_net.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr std::size_t callers = 4;

/// Calls f(i) on thread i, on all of them at a time.
template <class F>
void on_threads(const F& f) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < callers; ++i) threads.emplace_back([&f, i] { f(i); });
  for (std::thread& thread : threads) thread.join();
}

CompiledModel compiled_for(const Model& model, const std::string& device, int threads = 1) {
  DeviceOptions options;
  options.name = device;
  options.threads = threads;
  return CompiledModel::compile(model, options);
}

double largest_difference(const Tensors& a, const Tensors& b) {
  double worst = 0;
  for (const auto& [name, tensor] : a) worst = std::max(worst, max_difference(tensor, b.at(name)));
  return worst;
}

/// A network with the inputs of each thread and what comes of them alone.
struct Work {
  Model model;
  CompiledModel compiled;
  std::vector<Tensors> inputs, expected;

  Work(Model network, const std::string& device, int threads = 1)
      : model(std::move(network)), compiled(compiled_for(model, device, threads)) {
    for (std::size_t i = 0; i < callers; ++i) {
      inputs.push_back(model.random_inputs(i));
      expected.push_back(Session(compiled).run(inputs.back()));
    }
  }
};

Model classifier() { return Model::load(source / "configs/demo/classifier.yaml"); }

/// With values whose number of rows is known only when they are made.
Model detector() {
  const TemporaryFolder folder;
  LoadOptions options;
  options.random_seed = 3;
  return Model::load(folder.write("detector.yaml", two_stage_net("0.05")), options);
}

}  // namespace

TEST_CASE("sessions of one compiled model run on threads of their own with the same answers") {
  for (const char* device : {"cpu", "reference"}) {
    CAPTURE(std::string(device));
    for (const bool two_stage : {false, true}) {
      const Work work(two_stage ? detector() : classifier(), device);
      std::vector<Tensors> actual(callers);
      on_threads([&](std::size_t i) {
        Session session(work.compiled);
        for (int round = 0; round < 5; ++round) actual[i] = session.run(work.inputs[i]);
      });
      for (std::size_t i = 0; i < callers; ++i) CHECK(largest_difference(actual[i], work.expected[i]) == 0);
    }
  }
}

TEST_CASE("sessions of several threads each run beside one another with the same answers") {
  const Work work(classifier(), "cpu", 2);
  std::vector<Tensors> actual(callers);
  on_threads([&](std::size_t i) {
    Session session(work.compiled);
    for (int round = 0; round < 5; ++round) actual[i] = session.run(work.inputs[i]);
  });
  for (std::size_t i = 0; i < callers; ++i) CHECK(largest_difference(actual[i], work.expected[i]) == 0);
}

TEST_CASE("sessions come and go beside others that run, and outlive what they were made from") {
  auto work = std::make_unique<const Work>(classifier(), "cpu");
  const auto inputs = work->inputs;
  const auto expected = work->expected;
  std::vector<Session> sessions;
  for (std::size_t i = 0; i < callers; ++i) sessions.emplace_back(work->compiled);
  const CompiledModel compiled = work->compiled;
  work.reset();
  std::vector<double> worst(callers);
  on_threads([&](std::size_t i) {
    for (int round = 0; round < 5; ++round) {
      if (i % 2 == 1) sessions[i] = Session(compiled);
      worst[i] = std::max(worst[i], largest_difference(sessions[i].run(inputs[i]), expected[i]));
    }
  });
  CHECK(worst == std::vector<double>(callers, 0.0));
}

TEST_CASE("a model is folded and compiled, for several devices, beside sessions that run it") {
  const Work work(classifier(), "cpu");
  const Tensors truth = work.model.reference(work.inputs[0]);
  std::vector<double> worst(callers);
  on_threads([&](std::size_t i) {
    if (i % 2 == 0) {
      Session session(work.compiled);
      for (int round = 0; round < 10; ++round)
        worst[i] = std::max(worst[i], largest_difference(session.run(work.inputs[i]), work.expected[i]));
    } else {
      const Model fewer = folded(work.model, i == 1 ? Method::optimal : Method::banoff);
      const Tensors got = Session(compiled_for(fewer, i == 1 ? "cpu" : "reference")).run(work.inputs[0]);
      for (const OutputError& error : compare(truth, got))
        worst[i] = std::max(worst[i], error.max_relative_error - 1e-4);
    }
  });
  for (const double difference : worst) CHECK(difference <= 0);
}
