// What it costs that a session takes any size: the first run of a new size against compiling for that size anew, and
// later runs against a session that was made for it, in turns.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "banoff/session.hpp"
#include "bench/measure/statistics.hpp"

namespace {

using namespace banoff;
using Clock = std::chrono::steady_clock;

template <class F>
double milliseconds(F&& act) {
  const auto start = Clock::now();
  act();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// What one size costs, each in milliseconds.
struct Cost {
  std::vector<double> anew;   ///< compiling the model at this size and running it once
  std::vector<double> first;  ///< the first run of an open session at this size
  std::vector<double> fixed;  ///< a run of a session made for this size
  std::vector<double> open;   ///< a run at this size of a session that was at another before
};

void measure(const Model& model, const std::vector<Shape>& shapes, const DeviceOptions& options, int rounds) {
  const std::string input = model.inputs().front().name;
  std::vector<Cost> costs(shapes.size());
  std::vector<Model> alone;
  std::vector<Tensors> pictures;
  for (const Shape& shape : shapes) {
    alone.push_back(model.at({{input, shape}}));
    pictures.push_back(alone.back().random_inputs(1));
  }
  for (int round = 0; round < 3; ++round) {
    Session open(CompiledModel::compile(model, options));
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      costs[i].anew.push_back(
          milliseconds([&] { (void)Session(CompiledModel::compile(alone[i], options)).run(pictures[i]); }));
      costs[i].first.push_back(milliseconds([&] { (void)open.run(pictures[i]); }));
    }
  }
  Session open(CompiledModel::compile(model, options));
  std::vector<Session> fixed;
  for (const Model& net : alone) fixed.emplace_back(CompiledModel::compile(net, options));
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      // Both after one run of another size, and the other way round every other time: caches are as cold for both.
      const auto run_fixed = [&] {
        (void)fixed[(i + 1) % fixed.size()].run(pictures[(i + 1) % fixed.size()]);
        costs[i].fixed.push_back(milliseconds([&] { (void)fixed[i].run(pictures[i]); }));
      };
      const auto run_open = [&] {
        (void)open.run(pictures[(i + 1) % shapes.size()]);
        costs[i].open.push_back(milliseconds([&] { (void)open.run(pictures[i]); }));
      };
      if (round % 2 == 0) run_fixed(), run_open();
      else run_open(), run_fixed();
    }
  }
  const auto least = [](const std::vector<double>& samples) { return *std::ranges::min_element(samples); };
  fmt::print("{:>14} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8}\n", "size", "anew", "first run", "fixed", "open", "least",
             "paired");
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    std::vector<double> ratios;
    for (std::size_t k = 0; k < costs[i].open.size(); ++k) ratios.push_back(costs[i].open[k] / costs[i].fixed[k]);
    std::ranges::sort(ratios);
    fmt::print("{:>14} {:10.2f} {:10.2f} {:10.3f} {:10.3f} {:7.1f}% {:7.1f}%\n", shapes[i].str(), least(costs[i].anew),
               least(costs[i].first), least(costs[i].fixed), least(costs[i].open),
               100 * (least(costs[i].open) / least(costs[i].fixed) - 1), 100 * (bench::quantile(ratios, 0.5) - 1));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: banoff_sizes MODEL.yaml [ROUNDS]: milliseconds at three sizes, one thread\n");
    return 2;
  }
  try {
    LoadOptions load;
    load.random_seed = 1;
    const Model model = Model::load(argv[1], load);
    Shape small = model.inputs().front().shape, batch = small, large = small;
    batch[0] *= 2;
    small[2] -= 32, small[3] -= 32;
    large[2] += 64, large[3] += 32;
    DeviceOptions options;
    options.threads = 1;
    measure(model.fold({}, options).first, {small, batch, large}, options, argc > 2 ? std::stoi(argv[2]) : 20);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
  return 0;
}
