#include "runtime/plan/layouts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/core/by_enum.hpp"

namespace banoff {

namespace {

/// Minimises kernel time plus reorder time over the choices, by improving one region at a time from several starts.
/// Exact minimisation is a labelling problem; networks are near-chains, where starting from every uniform layout
/// leaves little to find.
class Chooser {
 public:
  Chooser(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
          const std::vector<PlannedRegion>& regions)
      : types_(types), device_(device), regions_(regions), uses_(graph.values.size()) {
    for (std::size_t r = 0; r < regions.size(); ++r) {
      const Region& region = regions[r].region;
      for (std::size_t i = 0; i < region.inputs.size(); ++i) uses(region.inputs[i]).readers.push_back({r, i});
      for (std::size_t i = 0; i < region.outputs.size(); ++i) uses(region.outputs[i]).maker = {r, i};
    }
    for (const GraphOutput& output : graph.outputs) uses(output.value).leaves = true;
  }

  ChosenLayouts run() {
    std::set<Layout> starts;
    for (const PlannedRegion& region : regions_) {
      for (const Choice& choice : region.choices) starts.insert(choice.outputs[0]);
    }
    ChosenLayouts best;
    for (const Layout start : starts) {
      begin_with(start);
      improve();
      const double cost = total();
      if (best.choices.empty() || cost < best.cost_us) best = {chosen_, cost};
    }
    return best;
  }

 private:
  struct Place {
    std::size_t region;
    std::size_t port;
  };
  struct Uses {
    std::optional<Place> maker;
    std::vector<Place> readers;
    bool leaves = false;  ///< is an output of the network
  };

  Uses& uses(ValueId value) { return uses_[static_cast<std::size_t>(value)]; }
  const Choice& choice(std::size_t region) const { return regions_[region].choices[chosen_[region]]; }

  void begin_with(Layout start) {
    chosen_.assign(regions_.size(), 0);
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      const auto& choices = regions_[r].choices;
      const auto same = [&](const Choice& c) { return c.outputs[0] == start; };
      const auto found = std::ranges::find_if(choices, same);
      if (found != choices.end()) chosen_[r] = static_cast<std::size_t>(found - choices.begin());
    }
  }

  void improve() {
    constexpr int most_sweeps = 8;
    bool changed = true;
    for (int sweep = 0; changed && sweep < most_sweeps; ++sweep) {
      changed = false;
      for (std::size_t r = 0; r < regions_.size(); ++r) changed = improve(r) || changed;
    }
  }

  bool improve(std::size_t r) {
    const std::size_t before = chosen_[r];
    std::size_t best = before;
    double best_cost = local_cost(r);
    for (std::size_t c = 0; c < regions_[r].choices.size(); ++c) {
      chosen_[r] = c;
      if (const double cost = local_cost(r); cost < best_cost) {
        best = c;
        best_cost = cost;
      }
    }
    chosen_[r] = best;
    return best != before;
  }

  /// What depends on the choice of region r: its own time and the reorders of the values it touches.
  double local_cost(std::size_t r) {
    const Region& region = regions_[r].region;
    double cost = choice(r).cost_us();
    for (const ValueId value : region.inputs) cost += reorder_cost(value);
    for (const ValueId value : region.outputs) cost += reorder_cost(value);
    return cost;
  }

  double total() {
    double cost = 0;
    for (std::size_t r = 0; r < regions_.size(); ++r) cost += choice(r).cost_us();
    for (ValueId v = 0; v < static_cast<ValueId>(uses_.size()); ++v) cost += reorder_cost(v);
    return cost;
  }

  /// Time to bring a value from the layout it is made in to every other one that it is read in.
  double reorder_cost(ValueId value) {
    const Uses& u = uses(value);
    const TensorType& type = types_[static_cast<std::size_t>(value)];
    const Layout made = u.maker ? choice(u.maker->region).outputs[u.maker->port] : Layout::plain;
    std::array<bool, enumerators<Layout>()> wanted{};
    const auto want = [&](Layout layout) {
      if (!same_bytes(type.shape, made, layout)) wanted[static_cast<std::size_t>(layout)] = true;
    };
    if (u.leaves) want(Layout::plain);
    for (const Place& reader : u.readers) want(choice(reader.region).inputs[reader.port]);
    double cost = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i]) cost += reorder_cost(type, made, static_cast<Layout>(i));
    }
    return cost;
  }

  double reorder_cost(const TensorType& type, Layout from, Layout to) {
    const auto [entry, added] = costs_.try_emplace({type.shape.vec(), held_as(type), from, to});
    if (added) entry->second = device_.reorder(type, from, to).cost_us;
    return entry->second;
  }

  const std::vector<TensorType>& types_;
  const Device& device_;
  const std::vector<PlannedRegion>& regions_;
  std::vector<Uses> uses_;
  std::vector<std::size_t> chosen_;
  /// What its elements are, as they lie in memory.
  static DType held_as(const TensorType& type) { return type.stored ? type.stored->type : type.dtype; }

  std::map<std::tuple<std::vector<std::int64_t>, DType, Layout, Layout>, double> costs_;
};

}  // namespace

ChosenLayouts choose_layouts(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
                             const std::vector<PlannedRegion>& regions) {
  return Chooser(graph, types, device, regions).run();
}

}  // namespace banoff
