#include "runtime/plan/pieces.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

class Placer {
 public:
  Placer(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
         const std::vector<PlannedRegion>& regions, const std::vector<Choice>& chosen)
      : types_(types), device_(device), values_(types.size()) {
    for (const Node& node : graph.live()) {
      if (!is_constant(node)) continue;
      for (const ValueId value : node.outputs) values_[index(value)].constant = true;
    }
    for (std::size_t r = 0; r < regions.size(); ++r) {
      const Pieces* pieces = chosen[r].pieces();
      const bool view = regions[r].only_view || (pieces != nullptr && !pieces->joined);
      for (std::size_t i = 0; i < regions[r].region.outputs.size(); ++i) {
        Value& made = values_[index(regions[r].region.outputs[i])];
        made.layout = chosen[r].outputs[i];
        made.placeable = !view;
      }
    }
    for (const GraphOutput& output : graph.outputs) values_[index(output.value)].leaves = true;
  }

  void join(const Region& region, const Choice& choice, const Pieces& pieces) {
    const ValueId output = region.outputs[0];
    const Place whole = place_of_whole(region, choice, pieces);
    result_.places.try_emplace({output, choice.outputs[0]}, whole);
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      const Key key = key_of(region.inputs[i], choice.inputs[i]);
      if (may_choose(key)) result_.places.try_emplace(key, Place{whole.whole, whole.offset + pieces.at[i]});
    }
  }

  PiecePlaces finish() { return std::move(result_); }

 private:
  using Key = std::pair<ValueId, Layout>;
  struct Value {
    Layout layout = Layout::plain;  ///< that it is made in
    bool placeable = false;         ///< its maker takes any memory
    bool constant = false, leaves = false;
  };

  /// Where the bytes are the same the value is not copied to the layout wanted: it is what was made that is placed.
  [[nodiscard]] Key key_of(ValueId value, Layout wanted) const {
    const Layout made = values_[index(value)].layout;
    return {value, same_bytes(types_[index(value)].shape, made, wanted) ? made : wanted};
  }

  [[nodiscard]] bool may_choose(const Key& key) const {
    const Value& value = values_[index(key.first)];
    if (value.constant || (value.leaves && same_bytes(types_[index(key.first)].shape, key.second, Layout::plain)))
      return false;
    return value.placeable || key.second != value.layout;  // a reorder writes where it is told to
  }

  /// Of a concatenation: where a later one wants it, or where its pieces lie anyway, or memory of its own.
  Place place_of_whole(const Region& region, const Choice& choice, const Pieces& pieces) {
    if (const Place* known = result_.find(region.outputs[0], choice.outputs[0])) return *known;
    const Place* const first = find(region.inputs[0], choice.inputs[0]);
    if (first != nullptr && first->offset >= pieces.at[0] && !values_[index(region.outputs[0])].leaves) {
      const Place whole{first->whole, first->offset - pieces.at[0]};
      bool all = true;
      for (std::size_t i = 0; i < region.inputs.size(); ++i) {
        const Place* const place = find(region.inputs[i], choice.inputs[i]);
        all = all && place != nullptr && *place == Place{whole.whole, whole.offset + pieces.at[i]};
      }
      if (all) return whole;
    }
    result_.wholes.push_back(device_.bytes(types_[index(region.outputs[0])], choice.outputs[0]));
    return {result_.wholes.size() - 1, 0};
  }

  [[nodiscard]] const Place* find(ValueId value, Layout layout) const {
    const Key key = key_of(value, layout);
    return result_.find(key.first, key.second);
  }

  const std::vector<TensorType>& types_;
  const Device& device_;
  std::vector<Value> values_;
  PiecePlaces result_;
};

}  // namespace

PiecePlaces place_pieces(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
                         const std::vector<PlannedRegion>& regions, const std::vector<Choice>& chosen) {
  Placer placer(graph, types, device, regions, chosen);
  for (std::size_t r = regions.size(); r-- > 0;) {
    const Pieces* pieces = chosen[r].pieces();
    if (pieces != nullptr && pieces->joined) placer.join(regions[r].region, chosen[r], *pieces);
  }
  return placer.finish();
}

}  // namespace banoff
