#include "tests/networks/network_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include "banoff/session.hpp"
#include "banoff/task/npy.hpp"

namespace banoff::test {

namespace {

/// What folding may make of the error of the unfolded network in float32, or of what float32 errs by at least, relative
/// to an output's largest element. In float64 too: weights are stored in float32 all the same.
constexpr double worse = 64, least = 2e-6;
/// For files of half precision, whose weights are rounded when they are written: how many times what the network's
/// answer changes by when the last bit of its constants does. The guard measures offsets by the norms' statistics, and
/// those of a random network are not its values': a channel that is always zero may be stored as a large one.
constexpr double half_worse = 32;

struct Way {
  std::string name;
  FoldOptions options = {};
};

std::vector<Way> ways() {
  std::vector<Way> result{{"naive"}, {"banoff"}, {"literal"}, {"clamp"}, {"optimal"}};
  result[0].options.method = Method::naive;
  result[1].options.method = Method::banoff;
  result[2].options.activations = Activations::literal;
  result[3].options.activations = Activations::clamp;
  result[2].options.objective = result[3].options.objective = Objective::count;
  return result;
}

Tensors inputs_of(const Model& model, const RandomNetwork& network) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(network.input_mean, network.input_spread);
  Tensors inputs;
  for (const TensorInfo& input : model.inputs()) {
    std::vector<double> values(static_cast<std::size_t>(input.shape.elements()));
    for (double& value : values) value = normal(random);
    inputs[input.name] = Tensor::of<double>(input.shape, std::move(values)).as(input.dtype);
  }
  return inputs;
}

/// The largest difference of any output, relative to the output's largest element, or to the least that float32 holds
/// with all its digits; where all are zero (a ReLU let nothing through) as it is. NaN and infinity agree with
/// themselves.
double error_of(const Tensors& expected, const Tensors& actual) {
  double worst = 0;
  for (const auto& [name, tensor] : expected) {
    const std::vector<double> x = tensor.to_vector<double>(), y = actual.at(name).to_vector<double>();
    if (x.size() != y.size()) return HUGE_VAL;
    double off = 0, largest = 0x1p-102;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
      off = std::isfinite(x[i] - y[i]) ? std::max(off, std::abs(x[i] - y[i])) : HUGE_VAL;
    }
    for (const double value : x) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
    const bool zero = std::ranges::all_of(x, [](double value) { return value == 0; });
    worst = std::max(worst, zero ? off : off / largest);
  }
  return worst;
}

/// How many such networks are looked at: one may be luckier than what folding rounds.
constexpr unsigned other_networks = 4;

/// The network with the last bit of its numbers of half precision another: of all in network 0, of half of them in
/// those that follow.
onnx::ModelProto with_other_bits(onnx::ModelProto model, unsigned number) {
  std::mt19937 random(number);
  for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.data_type() != onnx::TensorProto::FLOAT16 && tensor.data_type() != onnx::TensorProto::BFLOAT16) continue;
    for (int i = 0; i < tensor.int32_data_size(); ++i) {
      const bool other = number == 0 || random() % 2 == 0;
      if (other && tensor.int32_data(i) != 0) tensor.set_int32_data(i, tensor.int32_data(i) ^ 1);
    }
  }
  return model;
}

class Check {
 public:
  Check(const RandomNetwork& network, const std::filesystem::path& folder, NetworkTally* tally)
      : network_(network), folder_(folder), tally_(tally), model_(load(write(network.model))) {}

  std::optional<NetworkFault> run() {
    inputs_ = inputs_of(model_, network_);
    expected_ = model_.reference(inputs_);
    for (const auto& [name, tensor] : inputs_) write_npy(folder_ / ("in." + name + ".npy"), tensor.as(DType::f32));
    for (const auto& [name, tensor] : expected_) write_npy(folder_ / ("out." + name + ".npy"), tensor.as(DType::f64));
    for (unsigned i = 0; network_.half && i < other_networks; ++i) {
      const Model other = load(write(with_other_bits(network_.model, i)));
      half_error_ = std::max(half_error_, error_of(expected_, other.reference(inputs_)));
    }
    overflows_ = network_.half && overflows();
    float_error_ = error_of(expected_, on("cpu", model_));
    // Plain loops in float32 tell whether it is the network that loses so many digits.
    if (!(float_error_ <= 1e-3)) {
      const double bound = 16 * error_of(expected_, on("reference", model_));
      if (!(float_error_ <= bound)) return fault("the cpu's answer is wrong", "unfolded", float_error_, bound);
    }
    if (auto found = written(model_, "unfolded", ".onnx")) return found;
    std::size_t norms = 0;
    for (const Way& way : ways()) {
      const auto [folded, report] = model_.fold(way.options);
      for (const FoldedNorm& norm : report.norms) {
        if (norm.blocker == Blocker::self_check) {
          return NetworkFault{"a fold is tried that its check refuses",
                              way.name + ": " + norm.name + ": " + norm.reason};
        }
      }
      norms = report.norms.size();
      if (tally_) tally_->folded[way.name] += report.folded();
      if (auto found = check(folded, way.name)) return found;
    }
    if (tally_) ++tally_->networks, tally_->norms += norms;
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::filesystem::path write(const onnx::ModelProto& model) const {
    const bool original = &model == &network_.model;
    const std::filesystem::path file = folder_ / (original ? "network.onnx" : "other_bits.onnx");
    std::ofstream stream(file, std::ios::binary);
    if (!model.SerializeToOstream(&stream)) throw std::runtime_error("cannot write " + file.string());
    return file;
  }
  [[nodiscard]] Model load(const std::filesystem::path& file) const {
    const Model model = Model::load(file);
    if (model.sizes().empty()) return model;
    LoadOptions options;
    options.symbols["N"] = network_.batch;
    return Model::load(file, options);
  }
  [[nodiscard]] Tensors on(const std::string& device, const Model& model) const {
    return Session(CompiledModel::compile(model, {.name = device})).run(inputs_);
  }

  /// Whether some value inside does not fit half precision.
  [[nodiscard]] bool overflows() const {
    std::vector<std::string> names;
    for (const LayerInfo& layer : model_.layers()) {
      for (const TensorInfo& output : layer.outputs) names.push_back(output.name);
    }
    bool result = false;
    for (const auto& [name, tensor] : model_.with_outputs(names).reference(inputs_)) {
      if (tensor.dtype() == DType::i64 || tensor.dtype() == DType::i32) continue;
      const auto beyond = [](double value) { return std::abs(value) > 65504; };
      result = result || std::ranges::any_of(tensor.to_vector<double>(), beyond);
    }
    return result;
  }

  [[nodiscard]] std::optional<NetworkFault> check(const Model& folded, const std::string& way) {
    const double bound = worse * std::max(float_error_, least);
    if (auto found = compare("folding changes the answer", way, folded.reference(inputs_), bound)) return found;
    if (auto found = compare("folding costs precision", way, on("cpu", folded), bound)) return found;
    if (auto found = written(folded, way, ".onnx")) return found;
    return way == "optimal" ? written(folded, way, ".yaml") : std::nullopt;
  }

  /// Out and in again.
  [[nodiscard]] std::optional<NetworkFault> written(const Model& model, const std::string& way,
                                                    const std::string& suffix) {
    const std::filesystem::path file = folder_ / (way + suffix);
    model.save(file);
    const bool narrow = network_.half && suffix == ".onnx";
    if (narrow && overflows_) return std::nullopt;
    const double bound = worse * std::max(float_error_, least) + (narrow ? half_worse * half_error_ : 0);
    return compare("the file" + suffix + (narrow ? " of half precision" : "") + " is another network", way,
                   load(file).reference(inputs_), bound);
  }

  [[nodiscard]] std::optional<NetworkFault> compare(const std::string& kind, const std::string& way,
                                                    const Tensors& actual, double bound) {
    const double error = error_of(expected_, actual);
    if (tally_) tally_->worst[kind] = std::max(tally_->worst[kind], error / bound);
    return error <= bound ? std::nullopt : fault(kind, way, error, bound);
  }

  [[nodiscard]] std::optional<NetworkFault> fault(const std::string& kind, const std::string& way, double error,
                                                  double bound) const {
    return NetworkFault{
        kind, fmt::format("{}: {:.3g}, bound {:.3g}; unfolded in float32 {:.3g}", way, error, bound, float_error_)};
  }

  const RandomNetwork& network_;
  std::filesystem::path folder_;
  NetworkTally* tally_;
  Model model_;
  Tensors inputs_, expected_;
  double float_error_ = 0, half_error_ = 0;
  bool overflows_ = false;  ///< in half precision, where only float64 and float32 have an answer
};

}  // namespace

std::optional<NetworkFault> check_network(const RandomNetwork& network, const std::filesystem::path& folder,
                                          NetworkTally* tally) {
  try {
    return Check(network, folder, tally).run();
  } catch (const std::exception& error) {
    return NetworkFault{"throws", error.what()};
  }
}

}  // namespace banoff::test
