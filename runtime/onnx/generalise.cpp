#include "runtime/onnx/generalise.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "runtime/core/fail.hpp"

namespace banoff::onnx_import {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

bool identical(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return a.data() == b.data() || std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

/// One node in every reading.
struct Views {
  std::vector<const Op*> ops;
  std::vector<Shape> in, out;              ///< of input 0 and output 0
  std::vector<std::vector<Shape>> inputs;  ///< all of them

  [[nodiscard]] std::size_t count() const { return ops.size(); }
  template <class T>
  [[nodiscard]] const T& op(std::size_t i) const {
    return std::get<T>(*ops[i]);
  }
  /// Whether `holds(i)` for every reading.
  template <class F>
  [[nodiscard]] bool all(F&& holds) const {
    for (std::size_t i = 0; i < count(); ++i) {
      if (!holds(i)) return false;
    }
    return true;
  }
  /// Whether `value(i)` is the same in every reading.
  template <class F>
  [[nodiscard]] bool constant(F&& value) const {
    return all([&](std::size_t i) { return value(i) == value(0); });
  }
};

/// An op that is right at every reading's sizes; nothing where there is none. Overloads say what can be made general.
template <class T>
std::optional<Op> fit(const T&, const Views&) {
  return std::nullopt;
}

std::optional<Op> fit(const Reshape&, const Views& views) {
  if (!views.constant([&](std::size_t i) { return views.out[i].rank(); })) return std::nullopt;
  Reshape general;
  bool inferred = false;
  for (std::size_t d = 0; d < views.out[0].rank(); ++d) {
    if (views.constant([&](std::size_t i) { return views.out[i][d]; })) {
      general.shape.push_back(views.out[0][d]);
    } else if (views.all([&](std::size_t i) { return d < views.in[i].rank() && views.in[i][d] == views.out[i][d]; })) {
      general.shape.push_back(0);
    } else if (!std::exchange(inferred, true)) {
      general.shape.push_back(-1);
    } else {
      return std::nullopt;
    }
  }
  return general;
}

std::optional<Op> fit(const Expand&, const Views& views) {
  Expand general = views.op<Expand>(0);
  if (!views.constant([&](std::size_t i) { return views.op<Expand>(i).shape.size(); })) return std::nullopt;
  for (std::size_t d = 0; d < general.shape.size(); ++d) {
    if (views.constant([&](std::size_t i) { return views.op<Expand>(i).shape[d]; })) continue;
    // Aligned at the end, as broadcasting is: what the input has already need not be asked for.
    const std::size_t from_end = general.shape.size() - d;
    const auto there = [&](std::size_t i) {
      const Shape& x = views.in[i];
      return from_end <= x.rank() && x[x.rank() - from_end] == views.out[i][views.out[i].rank() - from_end];
    };
    if (!views.all(there)) return std::nullopt;
    general.shape[d] = 1;
  }
  return general;
}

/// A place along an axis, the same in every reading from the front or from the end.
std::optional<std::int64_t> place(const Views& views, const std::function<std::int64_t(std::size_t)>& at,
                                  const std::function<std::int64_t(std::size_t)>& size, bool is_end) {
  if (views.constant(at)) return at(0);
  if (is_end && views.all([&](std::size_t i) { return at(i) >= size(i); })) return Slice::to_end;
  const auto from_end = [&](std::size_t i) { return (at(i) < 0 ? at(i) + size(i) : at(i)) - size(i); };
  if (views.constant(from_end) && from_end(0) < 0) return from_end(0);
  return std::nullopt;
}

std::optional<Op> fit(const Slice&, const Views& views) {
  Slice general = views.op<Slice>(0);
  const auto same = [&](std::size_t i) {
    const Slice& op = views.op<Slice>(i);
    return op.axes == general.axes && op.step == general.step;
  };
  if (!views.all(same)) return std::nullopt;
  for (std::size_t k = 0; k < general.axes.size(); ++k) {
    const std::size_t axis = resolve_axis(general.axes[k], views.in[0].rank());
    const auto size = [&](std::size_t i) { return views.in[i][axis]; };
    const auto begin = place(
        views, [&](std::size_t i) { return views.op<Slice>(i).begin[k]; }, size, false);
    const auto end = place(
        views, [&](std::size_t i) { return views.op<Slice>(i).end[k]; }, size, true);
    if (!begin || !end) return std::nullopt;
    general.begin[k] = *begin;
    general.end[k] = *end;
  }
  return general;
}

std::optional<Op> fit(const Resize&, const Views& views) {
  Resize general = views.op<Resize>(0);
  const auto same = [&](std::size_t i) {
    const Resize& op = views.op<Resize>(i);
    return op.mode == general.mode && op.coordinates == general.coordinates && op.rounding == general.rounding;
  };
  if (!views.all(same)) return std::nullopt;
  general.scale.clear(), general.size.clear();
  for (std::size_t d = 2; d < views.in[0].rank(); ++d) {
    // A size that is a whole multiple, or a whole part, in every reading: then the scale says the same as the sizes.
    const double scale = static_cast<double>(views.out[0][d]) / static_cast<double>(views.in[0][d]);
    const auto follows = [&](std::size_t i) {
      return static_cast<double>(views.in[i][d]) * scale == static_cast<double>(views.out[i][d]);
    };
    if (!views.all(follows)) return std::nullopt;
    general.scale.push_back(scale);
  }
  return general;
}

/// A size that differs is a dimension of an input where there is one that is always as large.
std::optional<Op> fit(const Opaque& mine, const Views& views) {
  Opaque general = mine;
  const auto alike = [&](std::size_t i) {
    const Opaque& op = views.op<Opaque>(i);
    return op.foreign->same(*mine.foreign) &&
           std::ranges::equal(op.outputs, mine.outputs, [](const Opaque::Output& a, const Opaque::Output& b) {
             return a.dtype == b.dtype && a.is_tensor == b.is_tensor && a.sizes.size() == b.sizes.size();
           });
  };
  if (!views.all(alike)) return std::nullopt;
  for (std::size_t o = 0; o < general.outputs.size(); ++o) {
    for (std::size_t d = 0; d < general.outputs[o].sizes.size(); ++d) {
      const auto size = [&](std::size_t i) { return views.op<Opaque>(i).outputs[o].sizes[d].size; };
      if (views.constant(size)) continue;
      std::optional<Opaque::Size> found;
      for (std::size_t input = 0; input < views.inputs[0].size() && !found; ++input) {
        for (std::size_t axis = 0; axis < views.inputs[0][input].rank() && !found; ++axis) {
          const auto as_large = [&](std::size_t i) { return views.inputs[i][input][axis] == size(i); };
          if (views.all(as_large))
            found = Opaque::Size{size(0), static_cast<std::int32_t>(input), static_cast<std::int32_t>(axis)};
        }
      }
      if (!found) return std::nullopt;
      general.outputs[o].sizes[d] = *found;
    }
  }
  return general;
}

class Generaliser {
 public:
  Generaliser(const Reading& first, std::span<const Reading* const> others) : result_{first.graph, {}} {
    readings_.push_back(&first);
    readings_.insert(readings_.end(), others.begin(), others.end());
  }

  Generalised run() {
    const Graph& first = readings_[0]->graph;
    for (const Reading* reading : readings_) {
      if (reading->graph.nodes.size() != first.nodes.size()) return fail_at_first_other(reading->graph);
    }
    for (std::size_t n = 0; n < first.nodes.size() && !result_.difference; ++n) take(n);
    if (!result_.difference) compare_outputs();
    if (!result_.difference) compare_types();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Node& node(std::size_t reading, std::size_t n) const {
    return readings_[reading]->graph.nodes[n];
  }
  void differ(const std::string& name, std::string what) { result_.difference = Difference{name, std::move(what)}; }

  /// Readings of another length: where they part.
  Generalised fail_at_first_other(const Graph& other) {
    const std::vector<Node>& mine = readings_[0]->graph.nodes;
    std::size_t n = 0;
    while (n < mine.size() && n < other.nodes.size() && mine[n].op.index() == other.nodes[n].op.index()) ++n;
    differ(n < mine.size() ? mine[n].name : other.nodes.back().name, "is computed in other steps");
    return std::move(result_);
  }

  void take(std::size_t n) {
    const Node& mine = node(0, n);
    Views views;
    for (std::size_t r = 0; r < readings_.size(); ++r) {
      const Node& other = node(r, n);
      const bool alike = other.op.index() == mine.op.index() && other.inputs == mine.inputs &&
                         other.outputs == mine.outputs && other.params.size() == mine.params.size();
      if (!alike) return differ(mine.name, "is computed in other steps");
      if (!same_params(r, n)) return differ_in_constants(mine);
      views.ops.push_back(&other.op);
      views.in.push_back(other.inputs.empty() ? Shape{} : readings_[r]->types[index(other.inputs[0])].shape);
      views.out.push_back(readings_[r]->types[index(other.outputs[0])].shape);
      std::vector<Shape>& all = views.inputs.emplace_back();
      for (const ValueId input : other.inputs) all.push_back(readings_[r]->types[index(input)].shape);
    }
    if (views.all([&](std::size_t i) { return *views.ops[i] == mine.op; })) return;
    auto general = std::visit([&](const auto& op) { return fit(op, views); }, mine.op);
    if (!general && resize_like_another(n, views)) return;
    if (!general) return differ(mine.name, "has other attributes");
    result_.graph.nodes[n].op = std::move(*general);
  }

  /// A constant that the file computes has no name of its own: whoever reads it has.
  void differ_in_constants(const Node& mine) {
    for (const Node& reader : readings_[0]->graph.nodes) {
      const bool reads =
          mine.as<Constant>() && std::ranges::find(reader.inputs, mine.outputs[0]) != reader.inputs.end();
      if (reads) return differ(reader.name, "reads other constants");
    }
    differ(mine.name, "has other constants");
  }

  /// A map that is resized to the size of another, where there is one that always has it: best one that it then meets.
  bool resize_like_another(std::size_t n, const Views& views) {
    if (!node(0, n).as<Resize>()) return false;
    const auto same = [&](std::size_t i) {
      Resize op = views.op<Resize>(i), first = views.op<Resize>(0);
      op.scale = first.scale = {}, op.size = first.size = {};
      return op == first && views.op<Resize>(i).scale.empty();
    };
    if (!views.all(same)) return false;
    std::vector<ValueId> candidates = met_by(node(0, n).outputs[0]);
    for (std::size_t value = 0; value < readings_[0]->types.size(); ++value) {
      candidates.push_back(static_cast<ValueId>(value));
    }
    const auto found = std::ranges::find_if(candidates, [&](ValueId value) {
      return is_before(value, n) && views.all([&](std::size_t i) {
        const Shape& like = readings_[i]->types[index(value)].shape;
        return like.rank() == views.out[i].rank() && like.rank() > 2 &&
               std::equal(like.begin() + 2, like.end(), views.out[i].begin() + 2);
      });
    });
    if (found == candidates.end()) return false;
    Resize general = views.op<Resize>(0);
    general.scale.clear(), general.size.clear();
    result_.graph.nodes[n].op = general;
    result_.graph.nodes[n].inputs = {node(0, n).inputs[0], *found};
    return true;
  }

  /// What stands beside a value in nodes that read it.
  [[nodiscard]] std::vector<ValueId> met_by(ValueId value) const {
    std::vector<ValueId> result;
    for (const Node& reader : readings_[0]->graph.nodes) {
      if (std::ranges::find(reader.inputs, value) == reader.inputs.end()) continue;
      result.insert(result.end(), reader.inputs.begin(), reader.inputs.end());
    }
    return result;
  }

  [[nodiscard]] bool is_before(ValueId value, std::size_t n) const {
    return readings_[0]->graph.value(value).producer < static_cast<NodeId>(n);
  }

  [[nodiscard]] bool same_params(std::size_t r, std::size_t n) const {
    const Node& mine = node(0, n);
    const Node& other = node(r, n);
    for (std::size_t p = 0; p < mine.params.size(); ++p) {
      if (mine.params[p].first != other.params[p].first) return false;
      if (!identical(readings_[0]->graph.param(mine.params[p].second),
                     readings_[r]->graph.param(other.params[p].second)))
        return false;
    }
    return true;
  }

  void compare_outputs() {
    for (const Reading* reading : readings_) {
      const std::vector<GraphOutput>& mine = result_.graph.outputs;
      for (std::size_t i = 0; i < mine.size(); ++i) {
        if (reading->graph.outputs.at(i).value != mine[i].value) return differ(mine[i].name, "is another value");
      }
    }
  }

  /// What was made general must come to every reading's types.
  void compare_types() {
    for (const Reading* reading : readings_) {
      Graph there = result_.graph;
      for (std::size_t i = 0; i < there.inputs.size(); ++i) there.inputs[i].dims = reading->graph.inputs[i].dims;
      try {
        if (infer_types(there) == reading->types) continue;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::bad_input) throw;
      }
      return differ(result_.graph.name, "has other shapes");
    }
  }

  Generalised result_;
  std::vector<const Reading*> readings_;
};

}  // namespace

Generalised generalise(const Reading& first, std::span<const Reading* const> others) {
  return Generaliser(first, others).run();
}

}  // namespace banoff::onnx_import
