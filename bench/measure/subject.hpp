// What can be timed, and what a run of it took.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace banoff::bench {

/// One run, by two clocks: the wall's, and the processor time of all threads of the process that ran it. The latter
/// does not see other work on the machine, and is the run's own where one thread works.
struct Sample {
  double wall_ms = 0, cpu_ms = 0;
  friend bool operator==(const Sample&, const Sample&) = default;
};

/// Runs behind each other.
using Block = std::vector<Sample>;

/// Of both clocks' times, as many as the shorter list has.
[[nodiscard]] Block block_of(const std::vector<double>& wall_ms, const std::vector<double>& cpu_ms);

/// Something to be timed, in this process or another.
struct Subject {
  std::string name;
  std::function<Block(int runs)> run;
};

/// What is called in this process; `once` does one inference.
[[nodiscard]] Subject subject_of(std::string name, std::function<void()> once);

/// By which clock times are compared.
enum class Clock : std::uint8_t { wall, cpu };

/// The processor's where one thread of the host works, the wall's elsewhere.
[[nodiscard]] Clock clock_for(const std::string& device, int threads);

[[nodiscard]] inline double at(const Sample& sample, Clock clock) {
  return clock == Clock::cpu ? sample.cpu_ms : sample.wall_ms;
}

/// The medians of both clocks' times; a block must not be empty.
[[nodiscard]] Sample median_of(const Block& block);

}  // namespace banoff::bench
