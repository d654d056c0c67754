#include "bench/table/measure_cell.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

namespace banoff::bench {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Files of made-up weights; removed with this.
class MadeUpWeights {
 public:
  explicit MadeUpWeights(const fs::path& folder)
      : base_(folder / fmt::format("weights-{}", static_cast<long>(::getpid()))) {}
  ~MadeUpWeights() {
    std::error_code ignored;
    fs::remove(network(), ignored);
    fs::remove(weights(), ignored);
  }
  MadeUpWeights(const MadeUpWeights&) = delete;
  MadeUpWeights& operator=(const MadeUpWeights&) = delete;

  [[nodiscard]] fs::path network() const { return fs::path(base_).concat(".yaml"); }
  [[nodiscard]] fs::path weights() const { return fs::path(base_).concat(".safetensors"); }

 private:
  fs::path base_;
};

void make_up(const BenchOptions& bench, std::uint64_t seed, const fs::path& network, const Ears& ears) {
  (void)in_child(
      [&](const Ears& child) {
        child.say(fmt::format("{}: making up weights", bench.models.front().stem().string()));
        LoadOptions load = bench.load;
        load.random_seed = seed;
        Model::load(bench.models.front(), load).save(network);
        return std::string();
      },
      ears);
}

Cell time_all(const BenchOptions& bench, const Ears& ears) {
  const auto work = [&bench](const Ears& child) {
    const BenchReport report = run(bench, child.say, child.progress);
    Json results = Json::array();
    for (const Result& row : report.results) results.push_back(to_json(row, bench.percentiles));
    return Json{{"results", std::move(results)}, {"load", report.load_average}}.dump();
  };
  const Json json = Json::parse(in_child(work, ears).text);
  Cell cell;
  for (const Json& row : json.at("results")) cell.results.push_back(result_from_json(row));
  cell.load_average = json.at("load");
  return cell;
}

/// The peak of a process that loads, folds, compiles and runs this way once.
long peak_rss_kb(BenchOptions bench, const Result& row) {
  bench.ways = {{method_named(row.method),
                 row.activations.empty() ? Activations::literal : activations_named(row.activations),
                 row.norms == "fused" ? Norms::fused : Norms::separate}};
  bench.timing.repetitions = 0;  // making it ready ran it once
  bench.quick = false;
  const Ears deaf{[](const std::string&) {}, [](double) {}};
  const auto work = [&bench](const Ears& child) {
    (void)run(bench, child.say, child.progress);
    return std::string();
  };
  return in_child(work, deaf).peak_rss_kb;
}

}  // namespace

Cell measure_cell(BenchOptions bench, std::uint64_t seed, const fs::path& folder, const Ears& ears) {
  const MadeUpWeights made_up(folder);
  const fs::path model = bench.models.front();
  if (bench.load.weights.empty() && model.extension() != ".onnx") {
    make_up(bench, seed, made_up.network(), ears);
    // As it was saved: nodes of constants alone are gone from it, and so are the weights they had.
    bench.models = {made_up.network()};
    bench.load.weights = made_up.weights();
  }
  Cell cell = time_all(bench, ears);
  for (Result& row : cell.results) row.model = model.stem().string();
  if (bench.timed) {
    for (Result& row : cell.results) row.peak_rss_kb = peak_rss_kb(bench, row);
  }
  return cell;
}

}  // namespace banoff::bench
