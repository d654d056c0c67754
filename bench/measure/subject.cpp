#include "bench/measure/subject.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "bench/measure/statistics.hpp"

namespace banoff::bench {

namespace {

double cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double median_of(const Block& block, Clock clock) {
  std::vector<double> times;
  for (const Sample& sample : block) times.push_back(at(sample, clock));
  std::ranges::sort(times);
  return quantile(times, 0.5);
}

}  // namespace

Block block_of(const std::vector<double>& wall_ms, const std::vector<double>& cpu_ms) {
  Block block;
  for (std::size_t i = 0; i < std::min(wall_ms.size(), cpu_ms.size()); ++i) block.push_back({wall_ms[i], cpu_ms[i]});
  return block;
}

Subject subject_of(std::string name, std::function<void()> once) {
  return {std::move(name), [once = std::move(once)](int runs) {
            using Wall = std::chrono::steady_clock;
            Block block;
            block.reserve(static_cast<std::size_t>(runs));
            for (int i = 0; i < runs; ++i) {
              const auto start = Wall::now();
              const double cpu_start = cpu_ms();
              once();
              const double cpu = cpu_ms() - cpu_start;
              block.push_back({std::chrono::duration<double, std::milli>(Wall::now() - start).count(), cpu});
            }
            return block;
          }};
}

Clock clock_for(const std::string& device, int threads) {
  return threads == 1 && !device.starts_with("gpu") ? Clock::cpu : Clock::wall;
}

Sample median_of(const Block& block) { return {median_of(block, Clock::wall), median_of(block, Clock::cpu)}; }

}  // namespace banoff::bench
