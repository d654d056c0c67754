#include "kernels/gpu/turns.hpp"

#include <algorithm>

#include "kernels/gpu/failure.hpp"

namespace banoff::gpu {

namespace {

constexpr double warm_us = 20e3;  // of work until the clock has risen
constexpr int most_warm_turns = 1000;
constexpr int most_runs = 40;  // of one work in one turn
constexpr double turn_us = 4e3;
constexpr int turns = 5;

/// Runs of a work in one turn, so that the launch of a turn does not count and long work does not take long.
int runs_in_turn(double us) {
  constexpr int least_runs = 2;
  return us * most_runs <= turn_us ? most_runs : std::max(least_runs, static_cast<int>(turn_us / us));
}

double median(std::vector<double> samples) {
  std::ranges::nth_element(samples, samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2));
  return samples[samples.size() / 2];
}

struct Contender {
  std::unique_ptr<Timed> timed;
  int runs = 0;
  std::vector<double> samples;
};

/// What `body` throws becomes the reason, unless the device is past use.
template <class F>
void attempt(Queue& queue, std::string& failure, const F& body) {
  if (!failure.empty()) return;
  failure = failure_of(body);
  if (!failure.empty()) queue.require_usable();
}

}  // namespace

double prove(Queue& queue, const std::function<void()>& work) {
  work();  // libraries load their code now, not while they are recorded
  queue.wait();
  return queue.timed(work, 1)->us();
}

std::vector<Timing> time_in_turns(Queue& queue, std::span<const std::function<void()>> works) {
  std::vector<Timing> results(works.size());
  std::vector<Contender> contenders(works.size());
  for (std::size_t i = 0; i < works.size(); ++i) {
    attempt(queue, results[i].failure, [&] {
      contenders[i].runs = runs_in_turn(prove(queue, works[i]));
      contenders[i].timed = queue.timed(works[i], contenders[i].runs);
    });
  }
  const auto turn = [&](const auto& tell) {
    for (std::size_t i = 0; i < works.size(); ++i)
      attempt(queue, results[i].failure, [&] { tell(contenders[i], contenders[i].timed->us()); });
  };
  double spent = 0;
  for (int t = 0; t < most_warm_turns && spent < warm_us; ++t)
    turn([&](const Contender& contender, double us) { spent += us * contender.runs; });
  for (int t = 0; t < turns; ++t) turn([](Contender& contender, double us) { contender.samples.push_back(us); });
  for (std::size_t i = 0; i < works.size(); ++i)
    if (results[i].failure.empty()) results[i].us = median(contenders[i].samples);
  return results;
}

}  // namespace banoff::gpu
