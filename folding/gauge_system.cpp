#include "folding/gauge_system.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/core/fail.hpp"
#include "runtime/graph/open_sizes.hpp"

namespace banoff::gauge {

VarId Classes::add() {
  const auto id = static_cast<VarId>(parent_.size());
  parent_.push_back(-1);
  next_.push_back(id);
  return id;
}

VarId Classes::root(VarId var) const {
  while (parent_[index(var)] >= 0) {
    const VarId up = parent_[index(var)];
    if (parent_[index(up)] >= 0) parent_[index(var)] = parent_[index(up)];
    var = up;
  }
  return var;
}

bool Classes::unite(VarId a, VarId b) {
  a = root(a), b = root(b);
  if (a == b) return false;
  if (parent_[index(a)] > parent_[index(b)]) std::swap(a, b);
  parent_[index(a)] += parent_[index(b)];
  parent_[index(b)] = a;
  std::swap(next_[index(a)], next_[index(b)]);
  return true;
}

namespace {

bool is_open_in_space(const Graph& graph) {
  for (const GraphInput& input : graph.inputs) {
    for (std::size_t i = 2; i < input.dims.size(); ++i) {
      if (!input.dims[i].symbol.empty()) return true;
    }
  }
  return false;
}

std::optional<std::vector<TensorType>> types_at_other_sizes(const Graph& graph, const std::vector<TensorType>& types) {
  const std::vector<OpenSize> open = open_sizes(graph, types);
  Bindings bindings = bindings_with(open, "", 0);
  const Bindings here = bindings;
  for (const OpenSize& size : open) {
    const auto others = beside(graph, open, size);
    if (!others.empty()) bindings.symbols[size.symbol] = others.front().size;
  }
  if (bindings.symbols == here.symbols) return std::nullopt;
  try {
    return infer_types(graph, bindings);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    return std::nullopt;  // each alone may be another, but not together
  }
}

}  // namespace

System::System(const Graph& graph, const std::vector<TensorType>& types, Policy policy)
    : graph_(&graph),
      types_(&types),
      policy_(std::move(policy)),
      open_in_space_(is_open_in_space(graph)),
      elsewhere_(types_at_other_sizes(graph, types)),
      channels_(graph.values.size()) {
  for (const GraphInput& input : graph.inputs) {
    make_whole(input.value);
    pin(input.value, {Blocker::graph_output, graph.value(input.value).name});
  }
  for (const Node& node : graph.live()) constrain(*this, node);
  for (const GraphOutput& output : graph.outputs) pin(output.value, {Blocker::graph_output, output.name});
}

VarId System::new_vars(std::int64_t count) {
  const auto first = static_cast<VarId>(pin_.size());
  if (count > std::numeric_limits<VarId>::max() - first) fail_input("too many channels to fold");
  for (std::int64_t i = 0; i < count; ++i) {
    scales_.add();
    gauges_.add();
  }
  const std::size_t size = pin_.size() + static_cast<std::size_t>(count);
  for (auto* of : {&pin_, &zero_, &positive_, &sum_at_}) of->resize(size, none);
  return first;
}

void System::make(ValueId value, std::size_t axis) {
  const Shape& dims = shape(value);
  if (dims.elements() == 0) return make_whole(value);
  channels_[index(value)] = {new_vars(dims[axis]), dims[axis], dims.elements(axis + 1, dims.rank())};
}

void System::make_whole(ValueId value) {
  channels_[index(value)] = {new_vars(1), 1, std::max<std::int64_t>(shape(value).elements(), 1)};
}

void System::make_elements(ValueId value) {
  const std::int64_t count = shape(value).elements();
  if (count == 0) return make_whole(value);
  channels_[index(value)] = {new_vars(count), count, 1};
}

void System::share(ValueId value, ValueId source) { channels_[index(value)] = at(source); }

void System::follow(ValueId value, std::size_t begin, std::size_t end, const std::vector<VarId>& vars) {
  const Shape& dims = shape(value);
  if (dims.elements() == 0) return make_whole(value);
  const auto count = static_cast<std::int64_t>(vars.size());
  const std::int64_t inside = dims.elements(end, dims.rank());
  if (count != dims.elements(begin, end)) fail_internal("{} gauges for {} channels", count, dims.elements(begin, end));
  const bool consecutive =
      std::adjacent_find(vars.begin(), vars.end(), [](VarId a, VarId b) { return b != a + 1; }) == vars.end();
  if (consecutive) {
    channels_[index(value)] = {vars.front(), count, inside};
    return;
  }
  channels_[index(value)] = {new_vars(count), count, inside};
  for (std::size_t i = 0; i < vars.size(); ++i) equal(at(value).first + static_cast<VarId>(i), vars[i]);
}

/// Calls f(index along axis, variable) so that every pair that occurs among the elements is met.
template <class F>
void System::visit(ValueId value, std::size_t axis, F&& f) const {
  const Shape& dims = shape(value);
  const Channels& channels = at(value);
  const std::int64_t inside = std::max<std::int64_t>(dims.elements(axis + 1, dims.rank()), 1);
  if (channels.extent == 1 || (channels.extent == dims[axis] && channels.inner == inside)) {
    for (std::int64_t i = 0; i < dims[axis]; ++i) {
      f(index(static_cast<VarId>(i)), channels.first + static_cast<VarId>(channels.extent == 1 ? 0 : i));
    }
    return;
  }
  const std::int64_t step = std::gcd(inside, channels.inner);
  for (std::int64_t flat = 0; flat < dims.elements(); flat += step) {
    f(index(static_cast<VarId>(flat / inside % dims[axis])), of_element(value, flat));
  }
}

std::vector<VarId> System::along(ValueId value, std::size_t axis) const {
  std::vector<VarId> vars(index(static_cast<VarId>(shape(value)[axis])), none);
  visit(value, axis, [&](std::size_t i, VarId var) {
    if (vars[i] == none) vars[i] = var;
  });
  return vars;
}

std::vector<VarId> System::tie_along(ValueId value, std::size_t axis) {
  std::vector<VarId> vars = along(value, axis);
  visit(value, axis, [&](std::size_t i, VarId var) { equal(vars[i], var); });
  return vars;
}

bool System::uniform_along(ValueId value, std::size_t axis) const {
  const std::vector<VarId> vars = along(value, axis);
  bool uniform = true;
  visit(value, axis,
        [&](std::size_t i, VarId var) { uniform = uniform && gauges_.root(vars[i]) == gauges_.root(var); });
  return uniform;
}

VarId System::of_element(ValueId value, std::int64_t flat) const {
  const Channels& channels = at(value);
  return channels.first + static_cast<VarId>(flat / channels.inner % channels.extent);
}

std::size_t System::axis_of(ValueId value) const {
  const Shape& dims = shape(value);
  const Channels& channels = at(value);
  const auto holds = [&](std::size_t axis) {
    return channels.extent == dims[axis] && channels.inner == dims.elements(axis + 1, dims.rank());
  };
  const std::size_t usual = dims.rank() > 1 ? 1 : 0;
  if (dims.rank() > 0 && holds(usual)) return usual;  // of several of size 1
  for (std::size_t axis = 0; axis < dims.rank(); ++axis) {
    if (holds(axis)) return axis;
  }
  return usual;
}

std::pair<VarId, VarId> System::range(ValueId value) const {
  const Channels& channels = at(value);
  return {channels.first, channels.first + static_cast<VarId>(channels.extent)};
}

void System::equal(VarId a, VarId b) {
  gauges_.unite(a, b);
  scales_.unite(a, b);
}

void System::equal_scale(VarId a, VarId b) { scales_.unite(a, b); }

void System::sum(Sum terms) {
  for (const auto& [coefficient, var] : terms) equal_scale(terms.front().second, var);
  sum_at_[index(terms.front().second)] = static_cast<std::int32_t>(sums_.size());
  sums_.push_back(std::move(terms));
}

void System::set_marks(std::vector<std::int32_t>& of, ValueId value, const Mark& mark) {
  marks_.push_back(mark);
  const auto [first, last] = range(value);
  for (VarId var = first; var < last; ++var) {
    if (of[index(var)] == none) of[index(var)] = static_cast<std::int32_t>(marks_.size()) - 1;
  }
}

void System::pin(ValueId value, const Mark& mark) { set_marks(pin_, value, mark); }
void System::zero_shift(ValueId value, const Mark& mark) { set_marks(zero_, value, mark); }
void System::positive(ValueId value, const Mark& mark) { set_marks(positive_, value, mark); }

void System::merge(ValueId a, ValueId b) {
  const std::vector<VarId> left = along(a, 1);
  const std::vector<VarId> right = along(b, 1);
  for (std::size_t i = 0; i < left.size(); ++i) equal(left[i], right[i]);
}

const Mark* System::mark(const std::vector<std::int32_t>& of, VarId var) const {
  return of[index(var)] == none ? nullptr : &marks_[index(of[index(var)])];
}

const Sum* System::sum_at(VarId var) const {
  return sum_at_[index(var)] == none ? nullptr : &sums_[index(sum_at_[index(var)])];
}

}  // namespace banoff::gauge
