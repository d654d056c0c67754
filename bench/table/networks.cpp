#include "bench/table/networks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "bench/folds.hpp"

namespace banoff::bench {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// What the file leaves open: sizes by name, as the network is at.
Json sizes_of(const Model& model) {
  Json sizes = Json::object();
  for (const TensorInfo& input : model.inputs()) {
    for (std::size_t i = 0; i < input.symbols.size(); ++i) {
      if (!input.symbols[i].empty()) sizes[input.symbols[i]] = input.shape[i];
    }
  }
  return sizes;
}

/// Writes a file per network that the ways come to; their rows, with what folded, and the open sizes as JSON.
Json write_onnx(const BenchOptions& bench, const fs::path& base, const Ears& ears) {
  Folds folds(load_at(bench.models.front(), bench.load, bench.batches.front()), bench.fold, {DeviceOptions{}});
  Json rows = Json::array(), without = Json::array();
  for (const Way& way : bench.ways) {
    if (way.norms == Norms::fused) continue;
    const Folded* folded = folds.fold(way, 0, ears.say);
    if (folded == nullptr) continue;
    Result row;
    row.method = name_of(way.method);
    row.activations = way.method == Method::optimal ? name_of(way.activations) : "";
    row.norms = "separate";
    row.batch = bench.batches.front();
    row.flops = folds.flops();
    row.bn = folded->bn;
    const std::vector<const Folded*> before = folds.like(*folded);
    if (before.empty()) {
      const auto [part, lacking] = folded->model.part_with_onnx_form();
      part.save(fs::path(base).concat("-" + method_of(row) + ".onnx"));
      if (rows.empty()) without = lacking;
    } else {
      row.same_as = name_of(before.front()->way.method);
    }
    rows.push_back(to_json(row, {}));
  }
  return {{"rows", std::move(rows)}, {"sizes", sizes_of(folds.model())}, {"without", std::move(without)}};
}

}  // namespace

NetworkFiles::NetworkFiles(BenchOptions bench, std::uint64_t seed, fs::path folder)
    : bench_(std::move(bench)),
      seed_(seed),
      network_(bench_.models.front()),
      base_(std::move(folder) / fmt::format("network-{}", static_cast<long>(::getpid()))) {}

NetworkFiles::~NetworkFiles() {
  std::error_code ignored;
  std::vector<fs::path> files;
  const std::string start = base_.filename().string();
  for (const auto& entry : fs::directory_iterator(base_.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start + ".") || name.starts_with(start + "-")) files.push_back(entry.path());
  }
  for (const fs::path& each : files) fs::remove(each, ignored);
}

fs::path NetworkFiles::file(const std::string& ending) const { return fs::path(base_).concat(ending); }

void NetworkFiles::prepare(BenchOptions& bench, const Ears& ears) {
  const bool own_weights = !bench_.load.weights.empty() || network_.extension() == ".onnx";
  if (!own_weights && !made_up_) {
    const auto work = [this](const Ears& child) {
      child.say(fmt::format("{}: making up weights", network_.stem().string()));
      LoadOptions load = bench_.load;
      load.random_seed = seed_;
      load.random_side = calibrated_side;
      Model::load(network_, load).save(file(".yaml"));
      return std::string();
    };
    (void)in_child(work, ears);
    made_up_ = true;
  }
  bench.models = {made_up_ ? file(".yaml") : network_};
  // As it was saved: nodes of constants alone are gone from it, and so are the weights they had.
  bench.load.weights = made_up_ ? file(".safetensors") : bench_.load.weights;
}

const OnnxFiles& NetworkFiles::onnx(const Ears& ears) {
  if (!onnx_.files.empty()) return onnx_;
  BenchOptions bench = bench_;
  prepare(bench, ears);
  const auto work = [&](const Ears& child) { return write_onnx(bench, base_, child).dump(); };
  const Json written = Json::parse(in_child(work, ears).text);
  written.at("sizes").get_to(onnx_.sizes);
  written.at("without").get_to(onnx_.without);
  for (const Json& row : written.at("rows")) {
    OnnxFile each{result_from_json(row), {}};
    each.about.model = network_.stem().string();
    if (each.about.same_as.empty()) each.file = file("-" + method_of(each.about) + ".onnx");
    onnx_.files.push_back(std::move(each));
  }
  return onnx_;
}

}  // namespace banoff::bench
