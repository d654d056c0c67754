#include "runtime/compress/quantize/quantize.hpp"

#include <algorithm>

#include "runtime/compress/quantize/correct.hpp"
#include "runtime/compress/quantize/describe.hpp"
#include "runtime/compress/quantize/equalise.hpp"
#include "runtime/compress/quantize/fitting.hpp"
#include "runtime/compress/quantize/pixels.hpp"
#include "runtime/compress/quantize/refusals.hpp"
#include "runtime/core/cpu_count.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::quantize {

namespace {

/// Made-up inputs: to see how norms' values are related, for what they do not tell, and to measure on.
constexpr std::size_t random_count = 4;
/// Pictures that noise is told apart on.
constexpr std::size_t noise_pictures = 4;
/// Pictures that biases are corrected on.
constexpr std::size_t bias_pictures = 100;

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
    first_ = places({});
    require_layers(graph_, first_);
    look();
    equalise();
    find_ranges();
    progress(0.3);
    choose();
    progress(0.9);
    report_.pictures = options_.pictures.size();
    const std::vector<Inputs> pictures = correcting_pictures();
    const Evidence evidence{pictures, options_.pictures.size(), on_pictures_, moments_, ends_};
    Corrected result = corrected(graph_, chosen_, evidence, compute_, compute_changed_);
    if (!pictures.empty()) report_.on_pictures = error_between(picture_results_, result.results);
    report_.on_random = error_of(random_, random_results_, result.graph);
    report_.layers = described({graph_, pixels_, all_.places, chosen_, noise_, result.added});
    graph_ = std::move(result.graph);
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
      moments_ = find_moments(graph_, types_, known, input_moments(graph_, types_, job_.known), on_random_, compute_);
    }
  }

  /// What was seen of the values before is no longer so.
  void equalise() {
    if (options_.equalise == Equalise::off) return;
    Equalised result = equalised(graph_, types_, first_, channel_moments());
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
    all_ = make(places({}), 0.3, 0.6);
    std::vector<Inputs> sets = options_.pictures.empty() ? random_ : options_.pictures;
    sets.resize(std::min(sets.size(), noise_pictures));
    noise_ = measure_noise(graph_, all_, ends_, sets, compute_, [&](double share) { progress(0.6 + 0.2 * share); });
    if (options_.float_layers > 0)
      chosen_ = make(places(noisiest(all_.places, noise_, options_.float_layers)), 0.8, 0.9);
    else chosen_ = all_;
  }

  /// What makes pixels reads floats.
  [[nodiscard]] Places places(std::set<NodeId> kept) const {
    for (const auto& [value, maker] : pixels_) kept.insert(maker);
    Places result = find_places(graph_, types_, kept);
    for (const auto& [value, maker] : pixels_) result.why[index(maker)] = "makes pixels";
    return result;
  }

  /// The weights' fitting is from one share of the progress to the other.
  OnGrids make(Places places, double from, double to) {
    OnGrids made{std::move(places), {}, {}};
    made.grids = make_grids(made.places, ranges_, options_.ranges);
    put_known(made);
    made.weights = all_weights(graph_, made.places, made.grids, options_.weights);
    if (options_.rounding == WeightRounding::fitted && !options_.pictures.empty())
      fitting_.fit(graph_, made.grids, made.weights, compute_,
                   [&](double share) { progress(from + (to - from) * share); });
    return made;
  }

  /// Where all numbers of a value are known there is a better grid than that over its range.
  void put_known(OnGrids& made) const {
    for (const GraphInput& input : graph_.inputs) {
      const auto known = job_.known.find(graph_.value(input.value).name);
      if (known == job_.known.end() || known->second.levels.empty() || !made.places.put[index(input.value)]) continue;
      const FakeQuantize grid = grid_for(known->second.levels);
      for (std::size_t v = 0; v < made.grids.size(); ++v) {
        if (made.grids[v] && made.places.group[v] == made.places.group[index(input.value)]) made.grids[v] = grid;
      }
    }
    // Equalising may have scaled them.
    for (const auto& [value, maker] : pixels_) {
      if (made.grids[index(value)] && !report_.equalised) made.grids[index(value)] = grid_over(0, 255);
    }
  }

  [[nodiscard]] std::vector<Inputs> correcting_pictures() const {
    const std::size_t count = std::min(options_.pictures.size(), at_once_);
    return {options_.pictures.begin(), options_.pictures.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  [[nodiscard]] QuantizeError error_of(const std::vector<Inputs>& sets, const std::vector<Values>& expected,
                                       const Graph& graph) const {
    std::vector<Values> results(sets.size());
    walk(graph, sets, compute_changed_,
         [&](ValueId id, const Values& values) { keep_ends(ends_, id, values, results); });
    return error_between(expected, results);
  }

  Graph& graph_;
  const Job& job_;
  const QuantizeOptions& options_;
  ComputeNode compute_, compute_changed_;
  std::vector<TensorType> types_;
  std::map<ValueId, NodeId> pixels_;
  std::size_t at_once_;
  std::vector<ValueId> ends_;
  Places first_;
  std::vector<Inputs> random_;
  std::vector<Observed> on_random_, on_pictures_;
  std::vector<Values> random_results_, picture_results_;
  std::vector<Moments> moments_;
  std::vector<Range> ranges_;
  Fitting fitting_;
  OnGrids all_, chosen_;  ///< with as much on integers as can be; what was decided
  Noise noise_;
  QuantizeReport report_;
};

}  // namespace

QuantizeReport quantize(Graph& graph, const Job& job, const QuantizeOptions& options) {
  if (options.pictures.empty() && options.ranges == Ranges::mse)
    fail_usage("ranges by squared error need pictures to measure it on");
  return Quantizer(graph, job, options).run();
}

}  // namespace banoff::quantize
