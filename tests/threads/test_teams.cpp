// Threads that stay together from kernel to kernel: every loop is done once, whatever is around it.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "kernels/cpu/parallel.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Parallel regions of the calling thread have so many threads meanwhile.
class Threads {
 public:
  explicit Threads(int count) { omp_set_num_threads(count); }
  ~Threads() { omp_set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = omp_get_max_threads();
};

constexpr std::int64_t count = 37;

/// Numbers to which every loop adds one, if it is done as it should be.
class Numbers {
 public:
  void loop() {
    cpu::parallel_for(count, cpu::parallel_elements, [&](std::int64_t i) { ++values_[static_cast<std::size_t>(i)]; });
  }
  [[nodiscard]] bool all_are(int value) const {
    return std::ranges::all_of(values_, [&](int found) { return found == value; });
  }

 private:
  std::vector<int> values_ = std::vector<int>(count);
};

Session session_of(const Model& model, int threads) {
  DeviceOptions options;
  options.threads = threads;
  return Session(CompiledModel::compile(model, options));
}

}  // namespace

TEST_CASE("a team does every part of every loop once, on all of its threads") {
  for (const int threads : {1, 2, 3, 5}) {
    CAPTURE(threads);
    const Threads set(threads);
    Numbers numbers;
    std::vector<int> parts(static_cast<std::size_t>(threads));
    cpu::Team::run([&] {
      CHECK((cpu::Team::led() == nullptr) == (threads == 1));
      for (int i = 0; i < 500; ++i) numbers.loop();
      cpu::on_threads([&](int thread, int all) {
        if (all == threads) ++parts[static_cast<std::size_t>(thread)];
      });
    });
    CHECK(cpu::Team::led() == nullptr);
    CHECK(numbers.all_are(500));
    CHECK(parts == std::vector<int>(static_cast<std::size_t>(threads), 1));
  }
}

TEST_CASE("a loop inside a loop is done by the thread that comes to it") {
  const Threads set(3);
  std::vector<Numbers> numbers(8);
  cpu::Team::run([&] {
    for (int i = 0; i < 50; ++i) {
      cpu::parallel_for(std::ssize(numbers), cpu::parallel_elements,
                        [&](std::int64_t k) { numbers[static_cast<std::size_t>(k)].loop(); });
    }
  });
  for (const Numbers& each : numbers) CHECK(each.all_are(50));
}

TEST_CASE("threads of a team that fell asleep between loops, or over a long part of one, wake up") {
  const Threads set(3);
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  Numbers numbers;
  cpu::Team::run([&] {
    for (int i = 0; i < 10; ++i) {
      pause();
      numbers.loop();
      cpu::on_threads([&](int thread, int) {
        if (thread == i % 3) pause();
      });
    }
  });
  CHECK(numbers.all_are(10));
}

TEST_CASE("what is thrown on a team reaches the caller, and the next team works") {
  const Threads set(2);
  Numbers numbers;
  for (int round = 1; round <= 20; ++round) {
    CHECK_THROWS_AS(cpu::Team::run([&] {
                      numbers.loop();
                      throw std::runtime_error("between two loops");
                    }),
                    std::runtime_error);
    CHECK(cpu::Team::led() == nullptr);
    CHECK(numbers.all_are(round));
  }
}

TEST_CASE("inside a parallel region of the caller's there is no team, and loops are done by the thread that asks") {
  constexpr int callers = 3;
  std::vector<Numbers> numbers(callers);
  std::vector<int> led(callers);
#pragma omp parallel num_threads(callers)
  {
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    cpu::Team::run([&] {
      led[thread] = static_cast<int>(cpu::Team::led() != nullptr);
      for (int i = 0; i < 50; ++i) numbers[thread].loop();
    });
  }
  CHECK(led == std::vector<int>(callers));
  for (const Numbers& mine : numbers) CHECK(mine.all_are(50));
}

TEST_CASE("sessions on teams give the answers that they give on one thread, also inside a caller's parallel region") {
  const Model model = Model::load(source / "configs/demo/classifier.yaml");
  const Tensors inputs = model.random_inputs(1);
  const Tensor expected = session_of(model, 1).run(inputs).at("logits");
  double largest = 0;
  for (const float value : expected.values<float>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
  std::vector<Session> sessions;
  for (const int threads : {2, 3, 4}) sessions.push_back(session_of(model, threads));
  std::vector<Tensor> logits;
  for (Session& session : sessions) logits.push_back(session.run(inputs).at("logits"));
  for (const Tensor& alone : logits) CHECK(max_difference(alone, expected) <= 1e-5 * largest);
  std::vector<Tensor> inside(sessions.size());
#pragma omp parallel num_threads(3)
  {
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    inside[thread] = sessions[thread].run(inputs).at("logits");
  }
  for (std::size_t i = 0; i < inside.size(); ++i) CHECK(max_difference(inside[i], logits[i]) <= 1e-5 * largest);
}
