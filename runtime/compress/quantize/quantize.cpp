#include "runtime/compress/quantize/quantize.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/compress/quantize/bias.hpp"
#include "runtime/compress/quantize/equalise.hpp"
#include "runtime/compress/quantize/fitting.hpp"
#include "runtime/compress/quantize/noise.hpp"
#include "runtime/compress/quantize/pixels.hpp"
#include "runtime/core/cpu_count.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::quantize {

namespace {

/// Made-up inputs: to see how norms' values are related, for what they do not tell, and to measure on.
constexpr std::size_t random_count = 4;
/// Pictures that noise is told apart on.
constexpr std::size_t noise_pictures = 4;
/// Pictures that biases are corrected on.
constexpr std::size_t bias_pictures = 100;

void require_floats(const Graph& graph) {
  for (const Node& node : graph.live()) {
    if (node.as<FakeQuantize>() || node.as<Quantize>() || node.as<Dequantize>() || has_weight_scale(node.op))
      fail_input("{}", describe(node, "the network is on grids already; quantise the one of floats"));
  }
}

void require_layers(const Graph& graph, const Places& places) {
  if (std::ranges::find(places.layers, true) != places.layers.end()) return;
  std::string found = "no layer with weights";
  for (const NodeId id : graph.live_ids()) {
    if (!places.why[index(id)].empty()) found = describe(graph.node(id), places.why[index(id)]);
  }
  fail_input("{}: nothing to quantise: expected a conv or dense layer on values of f32, found {}", graph.name, found);
}

/// How many sets of inputs go through the network at once: what they make of one value takes a gigabyte at most.
std::size_t sets_at_once(const std::vector<TensorType>& types) {
  constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
  std::int64_t largest = 1;
  for (const TensorType& type : types) largest = std::max(largest, type.shape.elements() * 4);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(most_bytes / largest, 1, bias_pictures));
}

std::size_t threads_of(const QuantizeOptions& options) {
  return static_cast<std::size_t>(options.threads > 0 ? options.threads : cpu_count());
}

class Quantizer {
 public:
  Quantizer(Graph& graph, const Job& job, const QuantizeOptions& options)
      : graph_(graph),
        job_(job),
        options_(options),
        compute_(job.make_compute()),
        compute_changed_(job.make_compute()),
        types_(job.types),
        at_once_(sets_at_once(job.types)),
        ends_(ends_of(graph, job.types)),
        fitting_(correcting_pictures(), threads_of(options)) {}

  QuantizeReport run() {
    require_floats(graph_);
    WithPixels with = with_pixels(graph_, types_, job_.known);
    graph_ = std::move(with.graph), types_ = std::move(with.types), pixels_ = std::move(with.pixels);
    places_ = places({});
    require_layers(graph_, places_);
    look();
    equalise();
    find_ranges();
    progress(0.3);
    choose();
    progress(0.9);
    report_.pictures = options_.pictures.size();
    Rewritten rewritten = with_grids(graph_, places_, grids_, weights_);
    correct(rewritten);
    report_.on_random = error_of(random_, random_results_, rewritten.graph);
    describe_layers();
    graph_ = std::move(rewritten.graph);
    progress(1);
    return std::move(report_);
  }

 private:
  void progress(double share) const {
    if (options_.progress) options_.progress(share);
  }

  /// Floats: on pictures, and on made-up inputs.
  void look() {
    random_ = random_inputs(graph_, types_, job_.known, random_count, options_.seed);
    on_random_ = observe(graph_, random_, at_once_, ends_, compute_, random_results_);
    if (!options_.pictures.empty())
      on_pictures_ = observe(graph_, options_.pictures, at_once_, ends_, compute_, picture_results_);
    if (options_.pictures.size() < trusted_pictures) {
      const std::vector<Inputs> two(random_.begin(), random_.begin() + 2);
      const auto known = known_by_norms(job_.original, graph_, two, compute_changed_, compute_);
      report_.known_values = known.size();
      moments_ = find_moments(graph_, types_, known, input_moments(), on_random_, compute_);
    }
  }

  /// What was seen of the values before is no longer so.
  void equalise() {
    if (options_.equalise == Equalise::off) return;
    Equalised result = equalised(graph_, types_, places_, channel_moments());
    report_.equalising_gain = result.gain;
    // The forecast leaves out what weights lose: of 2 or 3 nothing is left on ordinary networks.
    constexpr double worth = 10;
    const bool wanted = options_.equalise == Equalise::on || options_.weights == WeightScales::tensor;
    if (!wanted && result.gain < worth) return;
    graph_ = std::move(result.graph);
    report_.equalised = true;
    look();
  }

  [[nodiscard]] std::vector<ChannelMoments> channel_moments() const {
    std::vector<ChannelMoments> result(graph_.values.size());
    for (std::size_t v = 0; v < result.size(); ++v) {
      if (!on_pictures_.empty()) result[v] = {on_pictures_[v].mean, on_pictures_[v].var};
      else if (moments_[v]) result[v] = {channel_means({moments_[v].mean}), channel_means({moments_[v].var})};
    }
    return result;
  }

  [[nodiscard]] std::vector<Moments> input_moments() const {
    std::vector<Moments> result;
    for (const GraphInput& input : graph_.inputs) {
      const TensorType& type = types_[index(input.value)];
      const auto found = job_.known.find(graph_.value(input.value).name);
      Moments& moments = result.emplace_back();
      if (!is_float(type.dtype)) continue;
      if (found == job_.known.end()) {
        moments = normal_moments({{0.0}, {1.0}}, type.shape);
        continue;
      }
      const KnownInput& known = found->second;
      moments = normal_moments({known.mean, known.var}, type.shape);
      const auto all = [](double value) { return [value](float, float) { return static_cast<float>(value); }; };
      moments.low = combined(moments.mean, moments.mean, all(known.low));
      moments.high = combined(moments.mean, moments.mean, all(known.high));
    }
    return result;
  }

  void find_ranges() {
    ranges_.resize(graph_.values.size());
    for (std::size_t v = 0; v < ranges_.size(); ++v) {
      if (!on_pictures_.empty()) {
        ranges_[v] = {on_pictures_[v].low, on_pictures_[v].high, on_pictures_[v].some};
      } else if (moments_[v]) {
        const auto [low, high] = range_of(moments_[v]);
        ranges_[v] = {low, high, {}};
      }
    }
  }

  /// Which layers stay in float follows from the noise of all on grids.
  void choose() {
    make(0.3, 0.6);
    std::vector<Inputs> sets = options_.pictures.empty() ? random_ : options_.pictures;
    sets.resize(std::min(sets.size(), noise_pictures));
    noise_ = measure_noise(graph_, places_, grids_, weights_, ends_, sets, compute_,
                           [&](double share) { progress(0.6 + 0.2 * share); });
    first_places_ = places_;
    if (options_.float_layers == 0) return;
    places_ = places(noisiest(places_, noise_, options_.float_layers));
    make(0.8, 0.9);
  }

  /// What makes pixels reads floats.
  [[nodiscard]] Places places(std::set<NodeId> kept) const {
    for (const auto& [value, maker] : pixels_) kept.insert(maker);
    Places result = find_places(graph_, types_, kept);
    for (const auto& [value, maker] : pixels_) result.why[index(maker)] = "makes pixels";
    return result;
  }

  /// The weights' fitting is from one share of the progress to the other.
  void make(double from, double to) {
    grids_ = make_grids(places_, ranges_, options_.ranges);
    for (const GraphInput& input : graph_.inputs) {
      const auto known = job_.known.find(graph_.value(input.value).name);
      if (known == job_.known.end() || known->second.levels.empty() || !places_.put[index(input.value)]) continue;
      const FakeQuantize grid = grid_for(known->second.levels);
      for (std::size_t v = 0; v < grids_.size(); ++v) {
        if (grids_[v] && places_.group[v] == places_.group[index(input.value)]) grids_[v] = grid;
      }
    }
    // Equalising may have scaled them.
    for (const auto& [value, maker] : pixels_) {
      if (grids_[index(value)] && !report_.equalised) grids_[index(value)] = grid_over(0, 255);
    }
    weights_ = all_weights(graph_, places_, grids_, options_.weights);
    if (options_.rounding == WeightRounding::nearest || options_.pictures.empty()) return;
    fitting_.fit(graph_, grids_, weights_, compute_, [&](double share) { progress(from + (to - from) * share); });
  }

  [[nodiscard]] std::vector<Inputs> correcting_pictures() const {
    const std::size_t count = std::min(options_.pictures.size(), at_once_);
    return {options_.pictures.begin(), options_.pictures.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  [[nodiscard]] double input_scale(NodeId layer) const {
    const std::optional<FakeQuantize>& grid = grids_[index(graph_.node(layer).inputs[0])];
    return grid ? grid->scale : 1.0;
  }

  /// What the layer's mean should change by, without pictures.
  [[nodiscard]] std::vector<double> expected(NodeId before) const {
    const Node& layer = graph_.node(before);
    if (moments_.empty() || !moments_[index(layer.inputs[0])]) return {};
    return expected_loss(graph_, layer, weights_.at(before).grid, moments_[index(layer.inputs[0])].mean, compute_);
  }

  void correct(Rewritten& rewritten) {
    if (options_.pictures.empty()) {
      for (const auto& [now, before] : rewritten.before)
        added_[before] = add_to_bias(rewritten.graph, now, expected(before), input_scale(before));
      return;
    }
    const std::vector<Inputs> sets = correcting_pictures();
    std::vector<Values> results(sets.size());
    walk(rewritten.graph, sets, compute_changed_, [&](ValueId id, Values& values) {
      const NodeId producer = rewritten.graph.value(id).producer;
      const auto found = rewritten.before.find(producer);
      if (found != rewritten.before.end()) correct_layer(rewritten.graph, producer, found->second, values);
      keep_ends(ends_, id, values, results);
    });
    report_.on_pictures = error_between(picture_results_, results);
  }

  /// The mean over pictures is brought to that of the floats on the same pictures, as far as pictures are trusted.
  void correct_layer(Graph& graph, NodeId now, NodeId before, Values& values) {
    const Node& layer = graph_.node(before);
    const std::vector<double>& wanted = on_pictures_[index(layer.outputs[0])].first_mean;
    std::vector<double> change = expected(before);
    const bool by_channel = values[0].shape().rank() == 2 || !layer.as<Dense>();
    if (by_channel) {
      const double trust = std::min(1.0, static_cast<double>(options_.pictures.size()) / trusted_pictures);
      const std::vector<double> is = channel_means(values);
      change.resize(is.size(), 0.0);
      for (std::size_t o = 0; o < is.size(); ++o) change[o] = trust * (wanted[o] - is[o]) + (1 - trust) * change[o];
    }
    std::vector<double>& added = added_[before] = add_to_bias(graph, now, change, input_scale(before));
    for (Tensor& value : values) value = shifted(value, added, layer.as<Dense>() != nullptr);
  }

  static Tensor shifted(const Tensor& value, const std::vector<double>& by, bool last) {
    std::vector<float> result = value.to_vector<float>();
    const std::size_t inner = last ? 1 : inner_of(value.shape());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += static_cast<float>(by[i / inner % by.size()]);
    return Tensor::of<float>(value.shape(), std::move(result));
  }

  [[nodiscard]] QuantizeError error_of(const std::vector<Inputs>& sets, const std::vector<Values>& expected,
                                       const Graph& graph) const {
    std::vector<Values> results(sets.size());
    walk(graph, sets, compute_changed_,
         [&](ValueId id, const Values& values) { keep_ends(ends_, id, values, results); });
    return error_between(expected, results);
  }

  static QuantizeError error_between(const std::vector<Values>& expected, const std::vector<Values>& actual) {
    QuantizeError error;
    error.inputs = actual.size();
    Squares all;
    std::size_t same = 0;
    for (std::size_t s = 0; s < actual.size(); ++s) {
      for (std::size_t e = 0; e < actual[s].size(); ++e) {
        const Squares one = squares_of(expected[s][e], actual[s][e]);
        all.difference += one.difference, all.size += one.size;
      }
      if (!actual[s].empty() && place_of_largest(expected[s][0]) == place_of_largest(actual[s][0])) ++same;
    }
    if (all.size > 0) error.relative = std::sqrt(all.difference / all.size);
    if (!actual.empty()) error.agreement = static_cast<double>(same) / static_cast<double>(actual.size());
    return error;
  }

  static std::ptrdiff_t place_of_largest(const Tensor& tensor) {
    const std::span<const float> values = tensor.values<float>();
    return std::ranges::max_element(values) - values.begin();
  }

  void describe_layers() {
    double total = 0;
    for (const double noise : noise_.of_value) total += noise;
    for (const auto& [id, noise] : noise_.of_weights) total += noise;
    if (total == 0) total = 1;
    for (const GraphInput& input : graph_.inputs) {
      if (!first_places_.put[index(input.value)]) continue;
      QuantizedLayer layer{graph_.value(input.value).name, "input", {}, false, {}, {}};
      describe_value(layer, input.value, total);
      report_.layers.push_back(std::move(layer));
    }
    for (const NodeId id : graph_.live_ids()) {
      const Node& node = graph_.node(id);
      QuantizedLayer layer{node.name, std::string(name_of(node.op)), node.where.str(), false, {}, {}};
      for (const ValueId output : node.outputs) describe_value(layer, output, total);
      describe_weights(layer, id, total);
      if (!layer.value.empty() || has_weights(node)) report_.layers.push_back(std::move(layer));
    }
  }

  void describe_value(QuantizedLayer& layer, ValueId id, double total) const {
    layer.value_noise += noise_.of_value[index(id)] / total;
    if (!places_.put[index(id)]) return;
    const FakeQuantize& grid = *grids_[index(id)];
    const auto [least, most] = banoff::range_of(grid.type);
    layer.value = graph_.value(id).name;
    layer.scale = grid.scale;
    layer.zero_point = grid.zero_point;
    layer.low = grid.scale * static_cast<double>(least - grid.zero_point);
    layer.high = grid.scale * static_cast<double>(most - grid.zero_point);
  }

  void describe_weights(QuantizedLayer& layer, NodeId id, double total) const {
    layer.why = places_.why[index(id)];
    const auto made = std::ranges::find(pixels_, id, [](const auto& pair) { return pair.second; });
    layer.makes_pixels = made != pixels_.end();
    if (const auto noise = noise_.of_weights.find(id); noise != noise_.of_weights.end())
      layer.weight_noise = noise->second / total;
    const auto found = weights_.find(id);
    if (found == weights_.end()) return;
    layer.integers = true;
    layer.largest_weight_scale = std::ranges::max(found->second.grid.scale.to_vector<double>());
    layer.dead_outputs = found->second.dead_outputs;
    for (const double change : added_.at(id)) layer.correction = std::max(layer.correction, std::abs(change));
  }

  Graph& graph_;
  const Job& job_;
  const QuantizeOptions& options_;
  ComputeNode compute_, compute_changed_;
  std::vector<TensorType> types_;
  std::map<ValueId, NodeId> pixels_;
  std::size_t at_once_;
  std::vector<ValueId> ends_;
  Places places_, first_places_;
  std::vector<Inputs> random_;
  std::vector<Observed> on_random_, on_pictures_;
  std::vector<Values> random_results_, picture_results_;
  std::vector<Moments> moments_;
  std::vector<Range> ranges_;
  Grids grids_;
  std::map<NodeId, LayerWeights> weights_;
  Fitting fitting_;
  Noise noise_;
  std::map<NodeId, std::vector<double>> added_;
  QuantizeReport report_;
};

}  // namespace

QuantizeReport quantize(Graph& graph, const Job& job, const QuantizeOptions& options) {
  if (options.pictures.empty() && options.ranges == Ranges::mse)
    fail_usage("ranges by squared error need pictures to measure it on");
  return Quantizer(graph, job, options).run();
}

}  // namespace banoff::quantize
