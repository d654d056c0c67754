// From regions with chosen layouts to a plan: kernels, reorders where layouts meet, and memory.
#include <algorithm>
#include <map>
#include <new>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/plan/layouts.hpp"
#include "runtime/plan/memory.hpp"
#include "runtime/plan/offers.hpp"
#include "runtime/plan/pieces.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/plan/regions.hpp"
#include "runtime/plan/stored.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// Here every size is known: a map that is resized to another's size is resized to that size.
Graph with_known_sizes(Graph graph, const std::vector<TensorType>& types) {
  for (Node& node : graph.nodes) {
    auto* resize = std::get_if<Resize>(&node.op);
    if (resize == nullptr || node.inputs.size() < 2) continue;
    const Shape& out = types[index(node.outputs[0])].shape;
    resize->size.assign(out.begin() + 2, out.end());
    node.inputs.pop_back();
  }
  return graph;
}

class Planner {
 public:
  Planner(const Graph& graph, std::shared_ptr<const Device> device, const PlanOptions& options)
      : plan_(std::make_shared<Plan>()) {
    plan_->types = infer_types(graph, options.bindings);
    plan_->graph = std::make_shared<const Graph>(with_known_sizes(graph, plan_->types));
    plan_->device = std::move(device);
    store_values(*plan_->graph, plan_->types, *plan_->device);
    regions_ = form_regions(*plan_->graph, plan_->types, *plan_->device, options);
    const auto chosen = choose_layouts(*plan_->graph, plan_->types, *plan_->device, regions_).choices;
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      chosen_.push_back(std::move(regions_[r].choices[chosen[r]]));
      regions_[r].choices.clear();
    }
    count_uses();
    places_ = place_pieces(*plan_->graph, plan_->types, *plan_->device, regions_, chosen_);
    wholes_.assign(places_.wholes.size(), none);
  }

  std::shared_ptr<const Plan> run() {
    made_.assign(plan_->types.size(), none);
    for (const GraphInput& input : plan_->graph->inputs) {
      const std::int32_t buffer = add_buffer(input.value, Layout::plain);
      pin(buffer);
      plan_->input_buffers.push_back(buffer);
    }
    add_constants();
    for (std::size_t r = 0; r < regions_.size(); ++r) emit(regions_[r], std::exchange(chosen_[r], {}));
    for (const GraphOutput& output : plan_->graph->outputs) emit_output(output.value);
    place_storages();
    return plan_;
  }

 private:
  // Storages are asked for values and told values: a reference to one would not outlive the next buffer.
  [[nodiscard]] std::size_t bytes_of(std::int32_t buffer) const {
    return plan_->device->bytes(plan_->type(buffer), plan_->buffer(buffer).layout);
  }
  [[nodiscard]] Tensor constant_in(std::int32_t buffer) const { return plan_->storage_of(buffer).constant; }
  /// Whether nothing else may ever be written there.
  [[nodiscard]] bool is_fixed(std::int32_t buffer) const {
    return plan_->storage_of(buffer).pinned || plan_->storage_of(buffer).constant;
  }
  void pin(std::int32_t buffer) { plan_->storages[index(plan_->buffer(buffer).storage)].pinned = true; }
  void hold(std::int32_t buffer, Tensor constant) {
    plan_->storages[index(plan_->buffer(buffer).storage)].constant = std::move(constant);
  }

  void count_uses() {
    remaining_.assign(plan_->types.size(), 0);
    for (const PlannedRegion& planned : regions_) {
      for (const ValueId input : planned.region.inputs) ++remaining_[index(input)];
    }
    for (const GraphOutput& output : plan_->graph->outputs) ++remaining_[index(output.value)];
  }

  /// A buffer that is another view of what lies in buffer `seen`. A bounded value keeps its rows in every view.
  std::int32_t add_view(ValueId value, Layout layout, std::int32_t seen, std::size_t from = 0) {
    const std::int32_t id = add_buffer(value, layout, seen, from);
    if (plan_->types[index(value)].bounded) plan_->buffers[index(id)].counted_by = plan_->buffer(seen).counted_by;
    return id;
  }

  /// A buffer for `value` in `layout`: at `from` in buffer `shared`, or where it is a piece of another value, or in a
  /// storage of its own.
  std::int32_t add_buffer(ValueId value, Layout layout, std::int32_t shared = none, std::size_t from = 0) {
    const auto id = static_cast<std::int32_t>(plan_->buffers.size());
    std::int32_t where = shared == none ? none : plan_->buffer(shared).storage;
    std::size_t offset = shared == none ? 0 : plan_->buffer(shared).offset + from;
    if (const Place* place = where == none ? places_.find(value, layout) : nullptr) {
      where = storage_of_whole(place->whole);
      offset = place->offset;
    } else if (where == none) {
      where = static_cast<std::int32_t>(plan_->storages.size());
      plan_->storages.push_back({plan_->device->bytes(plan_->types[index(value)], layout), 0, {}, false});
    }
    plan_->buffers.push_back({value, layout, where, offset, id});
    in_layout_[{value, layout}] = id;
    if (made_[index(value)] == none) made_[index(value)] = id;
    return id;
  }

  /// Made when the first of its pieces is.
  std::int32_t storage_of_whole(std::size_t whole) {
    std::int32_t& storage = wholes_[whole];
    if (storage == none) {
      storage = static_cast<std::int32_t>(plan_->storages.size());
      plan_->storages.push_back({places_.wholes[whole], 0, {}, false});
    }
    return storage;
  }

  Tensor constant_of(const Node& node) const {
    const auto* anchors = node.as<Anchors>();
    if (anchors == nullptr) return *plan_->graph->param(node, Slot::value);
    const auto shape = [&](std::size_t i) -> const Shape& { return plan_->types[index(node.inputs[i])].shape; };
    return Tensor::of<double>(plan_->types[index(node.outputs[0])].shape, anchor_boxes(*anchors, shape(0), shape(1)));
  }

  void add_constants() {
    for (const Node& node : plan_->graph->live()) {
      if (!is_constant(node)) continue;
      const std::int32_t buffer = add_buffer(node.outputs[0], Layout::plain);
      const Tensor value = constant_of(node);
      const DType held = plan_->device->storage(plan_->types[index(node.outputs[0])].dtype);
      hold(buffer, plan_->device->keep(value.as(held)));
    }
  }

  /// The value in the wanted layout, brought there by a reorder step the first time somebody asks.
  std::int32_t in_layout(ValueId value, Layout layout) {
    if (const auto found = in_layout_.find({value, layout}); found != in_layout_.end()) return found->second;
    const std::int32_t from = made_[index(value)];
    const TensorType& type = plan_->types[index(value)];
    const Layout have = plan_->buffer(from).layout;
    if (same_bytes(type.shape, have, layout)) return add_view(value, layout, from);
    auto kernel = make_kernel(plan_->device->reorder(type, have, layout));
    if (const Tensor constant = constant_in(from); constant) {
      return add_reordered_constant(value, layout, constant, *kernel);
    }
    const std::int32_t to = add_buffer(value, layout);
    plan_->steps.push_back({std::move(kernel), {from}, {to}, {}});
    return to;
  }

  std::int32_t add_reordered_constant(ValueId value, Layout layout, const Tensor& constant, const Kernel& kernel) {
    const std::int32_t to = add_buffer(value, layout);
    const std::shared_ptr<std::byte> data = plan_->device->allocate(bytes_of(to));
    const std::shared_ptr<std::byte> scratch = plan_->device->allocate(kernel.scratch_bytes());
    const auto state = kernel.make_state();
    const std::array<const std::byte*, 1> inputs{constant.data()};
    const std::array<std::byte*, 1> outputs{data.get()};
    const std::array<std::int64_t, 1> in_counts{
        plan_->types[index(value)].shape.rank() > 0 ? plan_->types[index(value)].shape[0] : 1};
    std::array<std::int64_t, 1> out_counts{in_counts};
    kernel.run({inputs, outputs, in_counts, out_counts, scratch.get(), state.get()});
    hold(to, Tensor(DType::u8, {static_cast<std::int64_t>(bytes_of(to))}, data));
    return to;
  }

  void emit(const PlannedRegion& planned, const Choice& choice) {
    Region region = planned.region;
    std::vector<std::int32_t> inputs;
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      inputs.push_back(in_layout(region.inputs[i], choice.inputs[i]));
      --remaining_[index(region.inputs[i])];
    }
    if (planned.only_view) {
      add_view(region.outputs[0], Layout::plain, inputs[0]);
      return;
    }
    if (const Pieces* pieces = choice.pieces()) {
      emit_pieces(region, choice, *pieces, inputs);
      return;
    }
    region.input_layouts = choice.inputs;
    region.output_layouts = choice.outputs;
    Step step{make_kernel(region, choice.offers), std::move(inputs), {}, region.nodes};
    for (std::size_t i = 0; i < region.outputs.size(); ++i) {
      step.outputs.push_back(
          add_buffer(region.outputs[i], choice.outputs[i], i == 0 ? overwritten(step, region) : none));
    }
    plan_->steps.push_back(std::move(step));
  }

  /// Nothing runs but copies of what could not be made in its place.
  void emit_pieces(const Region& region, const Choice& choice, const Pieces& pieces,
                   const std::vector<std::int32_t>& inputs) {
    if (!pieces.joined) {
      for (std::size_t i = 0; i < region.outputs.size(); ++i)
        add_view(region.outputs[i], choice.outputs[i], inputs[0], pieces.at[i]);
      return;
    }
    const Buffer whole = plan_->buffer(add_buffer(region.outputs[0], choice.outputs[0]));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Buffer piece = plan_->buffer(inputs[i]);
      const std::size_t offset = whole.offset + pieces.at[i];
      if (piece.storage != whole.storage || piece.offset != offset) copy_to(inputs[i], whole.storage, offset);
    }
  }

  /// The input buffer whose memory output 0 of the step takes, or none. A kernel that insists on overwriting an input
  /// that is still needed gets a copy of it.
  std::int32_t overwritten(Step& step, const Region& region) {
    const int demanded = step.kernel->in_place_input();
    const Place* const place = places_.find(region.outputs[0], region.output_layouts[0]);
    const std::size_t wanted = plan_->device->bytes(region.type(region.outputs[0]), region.output_layouts[0]);
    if (demanded == none) {
      for (std::size_t i = 0; i < step.inputs.size() && place == nullptr; ++i) {
        const bool fits = bytes_of(step.inputs[i]) == wanted;
        if (fits && step.kernel->may_overwrite(static_cast<int>(i)) && dies(step, i)) return step.inputs[i];
      }
      return none;
    }
    std::int32_t& input = step.inputs[index(demanded)];
    if (place != nullptr) input = copy_to(input, storage_of_whole(place->whole), place->offset);
    else if (!dies(step, index(demanded))) input = copy_of(input);
    return input;
  }

  /// A buffer of its own with the same value in the same layout, filled by a step. Later readers keep the original.
  std::int32_t copy_of(std::int32_t original) {
    const auto where = static_cast<std::int32_t>(plan_->storages.size());
    plan_->storages.push_back({bytes_of(original), 0, {}, false});
    return copy_to(original, where, 0);
  }

  /// The same in a storage that there is.
  std::int32_t copy_to(std::int32_t original, std::int32_t storage, std::size_t offset) {
    const Buffer source = plan_->buffer(original);
    const TensorType& type = plan_->types[index(source.value)];
    const auto copy = static_cast<std::int32_t>(plan_->buffers.size());
    plan_->buffers.push_back({source.value, source.layout, storage, offset, copy});
    const Offer same = plan_->device->reorder(type, source.layout, source.layout);
    plan_->steps.push_back({make_kernel(same), {original}, {copy}, {}});
    return copy;
  }

  /// Whether nobody needs the memory of this input after the step: not the caller, not a later reader of any value in
  /// it, not another input of this very step.
  bool dies(const Step& step, std::size_t input) {
    const std::int32_t dying = step.inputs[input];
    if (is_fixed(dying)) return false;
    for (std::int32_t buffer = 0; buffer < std::ssize(plan_->buffers); ++buffer) {
      if (remaining_[index(plan_->buffer(buffer).value)] > 0 && overlap(buffer, dying)) return false;
    }
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (i != input && overlap(step.inputs[i], dying)) return false;
    }
    return true;
  }

  [[nodiscard]] bool overlap(std::int32_t a, std::int32_t b) const {
    const Buffer& x = plan_->buffer(a);
    const Buffer& y = plan_->buffer(b);
    return x.storage == y.storage && x.offset < y.offset + bytes_of(b) && y.offset < x.offset + bytes_of(a);
  }

  /// Outputs get memory of their own, so that callers can bind it.
  void emit_output(ValueId value) {
    std::int32_t buffer = in_layout(value, Layout::plain);
    const bool is_piece = bytes_of(buffer) != plan_->storage_of(buffer).bytes;
    if (is_fixed(buffer) || is_piece) buffer = copy_of(buffer);
    pin(buffer);
    plan_->output_buffers.push_back(buffer);
  }

  void place_storages() {
    const auto end = static_cast<std::int64_t>(plan_->steps.size());
    std::vector<Lifetime> lifetimes(plan_->storages.size(), {0, end, -1});
    const auto use = [&](std::int32_t buffer, std::int64_t step) {
      Lifetime& life = lifetimes[index(plan_->buffer(buffer).storage)];
      life.first = std::min(life.first, step);
      life.last = std::max(life.last, step);
    };
    std::size_t scratch = 0;
    for (std::int64_t s = 0; s < end; ++s) {
      const Step& step = plan_->steps[static_cast<std::size_t>(s)];
      for (const std::int32_t input : step.inputs) use(input, s);
      for (const std::int32_t output : step.outputs) use(output, s);
      scratch = std::max(scratch, step.kernel->scratch_bytes());
    }
    for (std::size_t i = 0; i < lifetimes.size(); ++i) {
      const Storage& kept = plan_->storages[i];
      if (kept.pinned) lifetimes[i] = {0, -1, end};
      lifetimes[i].bytes = kept.constant ? 0 : kept.bytes;
    }
    const ArenaPlacement placement = place(lifetimes);
    for (std::size_t i = 0; i < lifetimes.size(); ++i) plan_->storages[i].offset = placement.offsets[i];
    plan_->scratch_offset = placement.bytes;
    plan_->arena_bytes = placement.bytes + scratch;
  }

  std::shared_ptr<Plan> plan_;
  std::vector<PlannedRegion> regions_;
  std::vector<Choice> chosen_;           ///< by region, until its kernel is made
  std::vector<std::int32_t> made_;       ///< by value: the buffer it is made in
  std::vector<std::int32_t> remaining_;  ///< by value: regions and outputs that still need it
  std::map<std::pair<ValueId, Layout>, std::int32_t> in_layout_;
  PiecePlaces places_;
  std::vector<std::int32_t> wholes_;  ///< by whole of `places_`: its storage, once there is one
};

}  // namespace

double planned_us(const Graph& graph, const Device& device, const PlanOptions& options) {
  std::vector<TensorType> types = infer_types(graph, options.bindings);
  const Graph known = with_known_sizes(graph, types);
  store_values(known, types, device);
  return choose_layouts(known, types, device, form_regions(known, types, device, options)).cost_us;
}

std::shared_ptr<const Plan> compile(const Graph& graph, std::shared_ptr<const Device> device,
                                    const PlanOptions& options) {
  require_runnable(graph);
  try {
    return Planner(graph, std::move(device), options).run();
  } catch (const std::bad_alloc&) {
    fail_internal("memory ran out while {} was planned", graph.name.empty() ? "a network" : graph.name);
  }
}

}  // namespace banoff
