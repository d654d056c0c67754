#include "runtime/plan/regions.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/plan/memory.hpp"
#include "runtime/plan/offers.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

bool is_spatial(const TensorType& type) { return type.shape.rank() >= 3 && type.shape.rank() <= 5; }

Role role_of(const Node& node) { return facts_of(node.op).role; }

bool is_linear(const Node& node) { return role_of(node) == Role::layer; }

bool is_norm(const Node& node) { return role_of(node) == Role::norm; }

/// A function of one element, by channel or not.
bool is_activation(const Node& node) {
  return role_of(node) == Role::activation || role_of(node) == Role::channel_activation;
}

bool is_per_channel(const Node& node) { return is_norm(node) || role_of(node) == Role::channel_activation; }

bool is_sum_of_two(const Node& node) {
  const auto* binary = node.as<Binary>();
  return binary != nullptr && binary->kind == BinaryKind::add && node.inputs.size() == 2 &&
         node.inputs[0] != node.inputs[1];
}

/// Whether every piece begins where a value of its own could.
bool is_aligned(const Pieces& pieces) {
  return std::ranges::all_of(pieces.at, [](std::size_t offset) { return offset % arena_alignment == 0; });
}

class Former {
 public:
  Former(const Graph& graph, const std::vector<TensorType>& types, const Device& device, const PlanOptions& options)
      : graph_(graph),
        types_(types),
        device_(device),
        options_(options),
        readers_(graph.readers()),
        covered_(graph.nodes.size(), false) {}

  std::vector<PlannedRegion> run() {
    std::vector<PlannedRegion> regions;
    for (const NodeId id : graph_.live_ids()) {
      if (covered_[index(id)] || is_constant(graph_.node(id))) continue;
      if (auto region = take(id)) regions.push_back(std::move(*region));
    }
    if (!refusals_.empty()) {
      fail(ErrorKind::refused, "the {} device cannot run this network:\n{}", device_.name(), refusals_);
    }
    // A region runs when its last node's other inputs are there; node ids are a topological order.
    std::ranges::sort(regions, {}, [](const PlannedRegion& r) { return r.region.nodes.back(); });
    return regions;
  }

 private:
  std::optional<PlannedRegion> take(NodeId first) {
    std::vector<NodeId> chain = chain_from(first);
    for (; !chain.empty(); chain.pop_back()) {
      PlannedRegion planned = plan(chain);
      // What is slow in every layout may be faster in parts.
      if (planned.choices.empty() || (is_slow(planned) && chain.size() > 1)) continue;
      while (auto shorter = cheaper_apart(planned)) planned = std::move(*shorter);
      for (const NodeId id : planned.region.nodes) covered_[index(id)] = true;
      return planned;
    }
    const Node& node = graph_.node(first);
    refusals_ += fmt::format("  {}\n", describe(node, last_reason_));
    return std::nullopt;
  }

  /// The longest chain from `first` in which every value but the last is read by the next node alone.
  std::vector<NodeId> chain_from(NodeId first) const {
    constexpr std::size_t longest = 6;
    std::vector<NodeId> chain{first};
    while (chain.size() < longest) {
      const Node& last = graph_.node(chain.back());
      const NodeId next = last.outputs.size() == 1 ? readers_.only(last.outputs[0]) : none;
      if (next == none || covered_[index(next)] || !joins(chain, graph_.node(next))) break;
      chain.push_back(next);
    }
    return chain;
  }

  /// What may follow in one kernel, as far as the graph says: the device has the last word. A norm that stayed right
  /// behind a linear op, where folding would have removed it, is a pass of its own.
  bool joins(const std::vector<NodeId>& chain, const Node& next) const {
    const Node& first = graph_.node(chain.front());
    const auto any = [&](bool (*is)(const Node&)) {
      return std::ranges::any_of(chain, [&](NodeId id) { return is(graph_.node(id)); });
    };
    if (!options_.fuse_norms && (is_norm(first) || is_norm(next))) return false;
    if (is_linear(first)) {
      return is_activation(next) || (is_norm(next) && any(is_activation)) ||
             (is_sum_of_two(next) && !any(is_sum_of_two));
    }
    const bool elementwise = is_norm(first) || is_activation(first) || first.as<Binary>() != nullptr;
    return elementwise && (is_activation(next) || is_norm(next));
  }

  /// Behind a linear op, values per channel may cost more than a pass of their own would: the region up to the last op
  /// that has them, if it and a pass for the rest are expected to take less time.
  std::optional<PlannedRegion> cheaper_apart(const PlannedRegion& whole) {
    const std::vector<NodeId>& nodes = whole.region.nodes;
    if (!is_linear(graph_.node(nodes.front()))) return std::nullopt;
    const auto per_channel = [&](NodeId id) { return is_per_channel(graph_.node(id)); };
    const auto last = std::find_if(nodes.rbegin(), nodes.rend(), per_channel);
    if (last == nodes.rend()) return std::nullopt;
    const auto cut = last.base() - 1;
    const auto stands_alone = [&](NodeId id) { return is_norm(graph_.node(id)) || is_activation(graph_.node(id)); };
    if (!std::all_of(cut, nodes.end(), stands_alone)) return std::nullopt;
    PlannedRegion head = plan({nodes.begin(), cut});
    const PlannedRegion tail = plan({cut, nodes.end()});
    const auto good = [](const PlannedRegion& part) { return !part.choices.empty() && !is_slow(part); };
    return good(head) && good(tail) && least_us(head) + least_us(tail) < least_us(whole)
               ? std::optional(std::move(head))
               : std::nullopt;
  }

  static double least_us(const PlannedRegion& planned) {
    return std::ranges::min_element(planned.choices, {}, &Choice::cost_us)->cost_us();
  }

  static bool is_slow(const PlannedRegion& planned) { return std::ranges::all_of(planned.choices, &Choice::slow); }

  /// The region in every layout in which the device takes it: those in which it is slow only where it is so in all.
  PlannedRegion plan(const std::vector<NodeId>& chain) {
    PlannedRegion planned;
    planned.region = outline(chain);
    Region& region = planned.region;
    if (chain.size() == 1 && facts_of(graph_.node(chain[0]).op).memory == Memory::view) {
      planned.only_view = true;
      planned.choices.push_back({{Layout::plain}, {Layout::plain}, {}});
      return planned;
    }
    for (Choice& choice : layouts_of(region)) {
      region.input_layouts = choice.inputs;
      region.output_layouts = choice.outputs;
      Offers offers = ranked_offers(device_, region);
      if (const auto* refusal = std::get_if<Refusal>(&offers)) {
        last_reason_ = refusal->reason;
        continue;
      }
      choice.offers = std::move(std::get<std::vector<Offer>>(offers));
      for (Offer& offer : choice.offers) {
        if (offer.pieces && !is_aligned(*offer.pieces)) offer.pieces.reset();
      }
      planned.choices.push_back(std::move(choice));
    }
    if (!is_slow(planned)) std::erase_if(planned.choices, [](const Choice& choice) { return choice.slow(); });
    return planned;
  }

  Region outline(const std::vector<NodeId>& chain) const {
    Region region;
    region.graph = &graph_;
    region.types = &types_;
    region.nodes = chain;
    region.outputs = graph_.node(chain.back()).outputs;
    std::vector<ValueId> made;
    for (const NodeId id : chain) {
      for (const ValueId input : graph_.node(id).inputs) {
        const bool inside = std::ranges::find(made, input) != made.end();
        const bool known = std::ranges::find(region.inputs, input) != region.inputs.end();
        if (!inside && !known) region.inputs.push_back(input);
      }
      made.push_back(graph_.node(id).outputs[0]);
    }
    return region;
  }

  /// Whether the values that are stored in fewer bits, of which a device knows fewer layouts, are stored in this one.
  bool all_stored_in(const Region& region, Layout layout) const {
    return std::ranges::all_of(region.inputs, [&](ValueId input) {
      const TensorType& type = region.type(input);
      return !type.stored || !is_spatial(type) || std::ranges::count(device_.layouts(type), layout) > 0;
    });
  }

  /// Every layout the device likes for the result, with the inputs of the same rank in it too; and, because an image
  /// of three channels is better left as it is, with a first input of few channels plain.
  std::vector<Choice> layouts_of(const Region& region) const {
    constexpr std::int64_t few_channels = 8;
    const TensorType& result = region.type(region.outputs[0]);
    const bool by_input = !is_spatial(result) && !region.inputs.empty() && is_spatial(region.type(region.inputs[0]));
    const TensorType& leading = by_input ? region.type(region.inputs[0]) : result;
    std::vector<Choice> choices;
    for (const Layout layout : device_.layouts(leading)) {
      if (!all_stored_in(region, layout)) continue;
      Choice choice;
      for (const ValueId input : region.inputs) {
        const TensorType& type = region.type(input);
        const bool follows = is_spatial(type) && type.shape.rank() == leading.shape.rank();
        choice.inputs.push_back(follows ? layout : Layout::plain);
      }
      for (const ValueId output : region.outputs) {
        const bool follows =
            is_spatial(region.type(output)) && region.type(output).shape.rank() == leading.shape.rank();
        choice.outputs.push_back(follows ? layout : Layout::plain);
      }
      choices.push_back(choice);
      const bool image = !choice.inputs.empty() && choice.inputs[0] != Layout::plain &&
                         region.type(region.inputs[0]).shape[1] < few_channels;
      if (image && is_linear(graph_.node(region.nodes[0]))) {
        choice.inputs[0] = Layout::plain;
        choices.push_back(choice);
      }
    }
    return choices;
  }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  const Device& device_;
  const PlanOptions& options_;
  Readers readers_;
  std::vector<bool> covered_;
  std::string last_reason_;
  std::string refusals_;
};

}  // namespace

bool is_constant(const Node& node) { return facts_of(node.op).memory == Memory::known; }

std::vector<PlannedRegion> form_regions(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
                                        const PlanOptions& options) {
  return Former(graph, types, device, options).run();
}

}  // namespace banoff
