// Figure 5 of the paper: what each way to make a network faster saves, and what it costs in accuracy.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "banoff/machine.hpp"
#include "bench/figure/approaches.hpp"
#include "bench/figure/examples.hpp"
#include "bench/measure/measure.hpp"
#include "bench/measure/paired.hpp"

namespace banoff::bench {

/// What became of one network by one approach.
struct Point {
  std::string network, family, setting, fold;
  double accuracy = 0;  ///< share of the pictures
  std::int64_t parameters = 0, flops = 0;
  double min_ms = 0;              ///< of a run, by the clock that compares
  std::optional<Estimate> saved;  ///< percent of the untouched network's time; none of that one itself
  std::string refused;            ///< why there is no such network; then nothing else is told
};

struct Figure5 {
  MachineInfo machine;
  DeviceOptions device;
  std::vector<Point> points;          ///< network by network, in the approaches' order
  std::vector<std::size_t> pictures;  ///< by network, in the points' order
};

/// What the paper says of ResNet-56 on CIFAR-10: percent of the time saved, at the most.
struct Published {
  const char* what;
  double low, high;
};
[[nodiscard]] const std::vector<Published>& published_in_figure5();

/// Scores and times every approach on every network; those of one network run in turn. `say` is told what is going on.
[[nodiscard]] Figure5 run_figure5(const std::vector<Exam>& exams, const std::vector<Approach>& approaches,
                                  const DeviceOptions& device, const Timing& timing,
                                  const std::function<void(const std::string&)>& say,
                                  const std::function<void(double)>& progress);

[[nodiscard]] std::string to_text(const Figure5& figure);
[[nodiscard]] std::string to_markdown(const Figure5& figure);
[[nodiscard]] nlohmann::json to_json(const Figure5& figure);
/// A picture that needs nothing else: a panel per network, time saved to the right, accuracy upwards.
[[nodiscard]] std::string to_svg(const Figure5& figure);

}  // namespace banoff::bench
