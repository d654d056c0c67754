// Runs inside another session's callback, which share its thread.
#include <omp.h>

#include <thread>

#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Session session_of(const Model& model, int threads) {
  DeviceOptions options;
  options.threads = threads;
  return Session(CompiledModel::compile(model, options));
}

/// Runs the last session inside a callback of the one before it, and so on; every callback sees the number of threads
/// that its own session has, before and after what runs inside it.
void nest(std::vector<Session>& sessions, const std::vector<int>& threads, std::size_t level = 0) {
  bool first = true;
  sessions[level].run_profiled([&](std::size_t, double) {
    if (!std::exchange(first, false)) return;
    CHECK(omp_get_max_threads() == threads[level]);
    if (level + 1 < sessions.size()) nest(sessions, threads, level + 1);
    CHECK(omp_get_max_threads() == threads[level]);
  });
}

}  // namespace

TEST_CASE("a run inside another session's callback leaves the number of threads as it was") {
  const Model model = Model::load(source / "configs/demo/classifier.yaml");
  const int before = omp_get_max_threads();
  for (const std::vector<int>& threads : {std::vector{2, 1}, {1, 2}, {1, 2, 1, 3}, {2, 2}}) {
    std::vector<Session> sessions;
    for (const int count : threads) sessions.push_back(session_of(model, count));
    nest(sessions, threads);
    CHECK(omp_get_max_threads() == before);
  }
}

TEST_CASE("a callback that throws, in a run inside another, leaves the number of threads as it was") {
  const Model model = Model::load(source / "configs/demo/classifier.yaml");
  const int before = omp_get_max_threads();
  Session outer = session_of(model, 1), inner = session_of(model, 2);
  const auto run_inner = [&](std::size_t, double) {
    CHECK_THROWS_AS(inner.run_profiled([](std::size_t, double) { throw std::runtime_error("enough"); }),
                    std::runtime_error);
    CHECK(omp_get_max_threads() == 1);
    throw std::logic_error("enough of this one too");
  };
  CHECK_THROWS_AS(outer.run_profiled(run_inner), std::logic_error);
  CHECK(omp_get_max_threads() == before);
}

TEST_CASE("runs nest on several threads at a time with the answers that they give alone") {
  const Model model = Model::load(source / "configs/demo/classifier.yaml");
  DeviceOptions options;
  options.threads = 1;
  const CompiledModel compiled = CompiledModel::compile(model, options);
  const Tensors inputs = model.random_inputs(1);
  const Tensor expected = Session(compiled).run(inputs).at("logits");
  std::vector<Tensor> inside(3);
  std::vector<std::thread> threads;
  for (Tensor& logits : inside) {
    threads.emplace_back([&] {
      Session outer(compiled), inner(compiled);
      outer.run_profiled([&](std::size_t step, double) {
        if (step == 1) logits = inner.run(inputs).at("logits");
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& logits : inside) CHECK(max_difference(logits, expected) == 0);
}
