// What each op demands of the channels of its inputs and outputs: one overload per op.
#include <algorithm>
#include <concepts>

#include <fmt/format.h>

#include "runtime/compress/prune/channels.hpp"
#include "runtime/graph/axes.hpp"

namespace banoff::pruning {

namespace {

/// One node seen by its rule.
class Rule {
 public:
  Rule(ChannelMap& map, const Node& node) : map_(map), node_(node) {}

  [[nodiscard]] ChannelMap& map() const { return map_; }
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] ValueId in(std::size_t i = 0) const { return node_.inputs.at(i); }
  [[nodiscard]] ValueId out() const { return node_.outputs.front(); }
  [[nodiscard]] const Shape& shape(ValueId value) const { return map_.shape(value); }
  [[nodiscard]] const Channels& channels(std::size_t i = 0) const { return map_.of(in(i)); }

  /// The channels of an input stay, since this op `does` something that needs them all.
  void pin(ValueId value, std::string_view does) const { map_.pin(value, fmt::format("'{}' {}", node_.name, does)); }
  /// Nothing may go on either side.
  void barrier(std::string_view does) const {
    for (const ValueId value : node_.inputs) pin(value, does);
  }
  /// The output has the input's channels, along this axis of its own.
  void pass(std::size_t axis) const {
    Channels passed = channels();
    passed.axis = axis;
    map_.set(out(), std::move(passed));
  }
  void pass() const { pass(channels().axis); }
  /// The same for an op that treats axis 1 as that of the channels.
  void pass_images() const {
    if (channels().axis == 1 && channels().width == 1) pass();
    else barrier("takes another axis for the channels");
  }
  /// An op with parameters per index of `axis`.
  void pass_along(std::size_t axis) const {
    if (channels().axis == axis && channels().width > 1) barrier("has parameters inside each channel");
    else pass();
  }
  /// The channels of a value one by one along `axis`; new ones that have to stay where it has none there. A constant
  /// that only this op reads has those its reader finds in it.
  [[nodiscard]] std::vector<ChannelId> along(ValueId value, std::size_t axis) const {
    const Channels& known = map_.of(value);
    if (!known.ids.empty() && known.axis == axis && known.width == 1) return known.ids;
    constexpr std::string_view reason = "joins them with others of another form";
    pin(value, reason);
    if (map_.is_private_constant(value)) {
      map_.make(value, axis);
      return map_.of(value).ids;
    }
    std::vector<ChannelId> fresh;
    for (std::int64_t i = 0; i < shape(value)[axis]; ++i) {
      fresh.push_back(map_.add(fmt::format("'{}' {}", node_.name, reason)));
    }
    return fresh;
  }

 private:
  ChannelMap& map_;
  const Node& node_;
};

/// Convolutions read channels along axis 1.
template <class Convolution>
void convolve(const Convolution& op, const Rule& r) {
  const bool plain = r.channels().ids.empty() || (r.channels().axis == 1 && r.channels().width == 1);
  if (!plain) r.pin(r.in(), "takes another axis for the channels");
  if (plain && is_depthwise(op, r.shape(r.in())) && !r.channels().ids.empty()) return r.pass();
  r.map().make(r.out(), 1);
  if (is_full(op, r.shape(r.in()))) return;
  r.pin(r.in(), "reads them in groups");
  r.pin(r.out(), "makes them in groups");
}

void apply(const Conv& op, const Rule& r) { convolve(op, r); }
void apply(const ConvTranspose& op, const Rule& r) { convolve(op, r); }

void apply(const Dense&, const Rule& r) {
  const std::size_t last = r.shape(r.in()).rank() - 1;
  if (r.channels().axis != last) r.pin(r.in(), "takes another axis for the channels");
  r.map().make(r.out(), last);
}

void apply(const BatchNorm&, const Rule& r) { r.pass_images(); }
void apply(const Affine& op, const Rule& r) { r.pass_along(resolve_axis(op.axis, r.shape(r.in()).rank())); }
void apply(const PRelu&, const Rule& r) { r.pass_along(1); }
void apply(const Clamp& op, const Rule& r) { r.pass_along(resolve_axis(op.axis, r.shape(r.in()).rank())); }
void apply(const Kinked& op, const Rule& r) { r.pass_along(resolve_axis(op.axis, r.shape(r.in()).rank())); }
void apply(const GroupNorm& op, const Rule& r) {
  if (op.instance) r.pass_images();
  else r.barrier("takes the statistics of several together");
}

template <class Op>
concept OfOneElement =
    std::same_as<Op, Activation> || std::same_as<Op, Unary> || std::same_as<Op, Identity> || std::same_as<Op, Cast>;
template <OfOneElement Op>
void apply(const Op&, const Rule& r) {
  r.pass();
}

void apply(const Pool&, const Rule& r) { r.pass_images(); }
void apply(const GlobalPool&, const Rule& r) { r.pass_images(); }
void apply(const AdaptiveAvgPool&, const Rule& r) { r.pass_images(); }
void apply(const Resize&, const Rule& r) { r.pass_images(); }

/// Operands meet channel by channel, but for those that are one number for all channels.
void apply(const Binary&, const Rule& r) {
  const Shape& out = r.shape(r.out());
  const auto tracked = std::ranges::find_if(r.node().inputs, [&](ValueId value) {
    const Channels& each = r.map().of(value);
    return each.ids.size() > 1 && r.shape(value)[each.axis] == out[each.axis + out.rank() - r.shape(value).rank()];
  });
  if (tracked == r.node().inputs.end()) return r.barrier("joins them with others of another form");
  const Channels first = r.map().of(*tracked);
  const std::size_t axis = first.axis + out.rank() - r.shape(*tracked).rank();
  for (const ValueId value : r.node().inputs) {
    const std::size_t missing = out.rank() - r.shape(value).rank();
    const bool one_for_all = axis < missing || r.shape(value)[axis - missing] != out[axis];
    if (one_for_all) {
      r.pin(value, "spreads them over others");
      continue;
    }
    if (value == *tracked) continue;
    const Channels& other = r.map().of(value);
    const bool alike = other.axis == axis - missing && other.width == first.width && !other.ids.empty();
    if (!alike && first.width > 1) {
      r.pin(*tracked, "joins them with others of another form");
      r.pin(value, "joins them with others of another form");
      continue;
    }
    const std::vector<ChannelId> ids = alike ? other.ids : r.along(value, axis - missing);
    for (std::size_t i = 0; i < ids.size(); ++i) r.map().unite(first.ids[i], ids[i]);
  }
  r.map().set(r.out(), {axis, first.width, first.ids});
}

void apply(const Concat& op, const Rule& r) {
  const std::size_t joined = resolve_axis(op.axis, r.shape(r.out()).rank());
  std::size_t axis = joined;
  for (const ValueId value : r.node().inputs) {
    if (!r.map().of(value).ids.empty()) axis = r.map().of(value).axis;
  }
  std::vector<ChannelId> all;
  for (const ValueId value : r.node().inputs) {
    const std::vector<ChannelId> ids = r.along(value, axis);
    if (axis == joined) {
      all.insert(all.end(), ids.begin(), ids.end());
    } else if (all.empty()) {
      all = ids;
    } else {
      for (std::size_t i = 0; i < ids.size(); ++i) r.map().unite(all[i], ids[i]);
    }
  }
  r.map().set(r.out(), {axis, 1, std::move(all)});
}

void apply(const Split& op, const Rule& r) {
  const Shape& shape = r.shape(r.in());
  const Channels channels = r.channels();
  const bool cuts = resolve_axis(op.axis, shape.rank()) == channels.axis;
  if (channels.ids.empty() || (cuts && channels.width > 1)) return r.barrier("cuts through a channel");
  const Ints sizes = split_sizes(op, shape);
  auto from = channels.ids.begin();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto to = cuts ? from + sizes[i] : channels.ids.end();
    r.map().set(r.node().outputs[i], {channels.axis, channels.width, {from, to}});
    if (cuts) from = to;
  }
}

void apply(const Slice&, const Rule& r) {
  const Channels& channels = r.channels();
  if (channels.ids.empty()) return;
  if (r.shape(r.out())[channels.axis] != r.shape(r.in())[channels.axis]) return r.barrier("takes some of them");
  r.pass();
}

/// Where the channels of a row-major tensor lie under another shape of the same elements.
void reshape(const Rule& r) {
  const Channels& channels = r.channels();
  if (channels.ids.empty()) return;
  const Shape& from = r.shape(r.in());
  const Shape& to = r.shape(r.out());
  const std::int64_t outside = from.elements(0, channels.axis);
  const std::int64_t inside = channels.width * from.elements(channels.axis + 1, from.rank());
  for (std::size_t axis = 0; axis < to.rank(); ++axis) {
    const std::int64_t step = to.elements(axis + 1, to.rank());
    if (to.elements(0, axis) != outside || step == 0 || inside % step != 0) continue;
    const std::int64_t width = inside / step;
    if (to[axis] != std::ssize(channels.ids) * width) continue;
    return r.map().set(r.out(), {axis, width, channels.ids});
  }
  r.barrier("spreads them over several axes");
}

void apply(const Reshape&, const Rule& r) { reshape(r); }
void apply(const Flatten&, const Rule& r) { reshape(r); }
void apply(const Squeeze&, const Rule& r) { reshape(r); }
void apply(const Unsqueeze&, const Rule& r) { reshape(r); }

void apply(const Transpose& op, const Rule& r) {
  if (r.channels().ids.empty()) return;
  for (std::size_t i = 0; i < op.perm.size(); ++i) {
    if (resolve_axis(op.perm[i], op.perm.size()) == r.channels().axis) return r.pass(i);
  }
}

/// Channels put in front and behind are constants.
void apply(const Pad& op, const Rule& r) {
  const Channels channels = r.channels();
  if (channels.ids.empty()) return;
  const std::size_t first = r.shape(r.in()).rank() - op.padding.begin.values.size();
  const std::int64_t begin = channels.axis < first ? 0 : op.padding.begin.values[channels.axis - first];
  const std::int64_t end = channels.axis < first ? 0 : op.padding.end.values[channels.axis - first];
  if ((begin > 0 || end > 0) && (op.mode != PadMode::constant || channels.width > 1)) {
    return r.barrier("repeats some of them");
  }
  if (op.pad_value && (channels.axis != 1 || channels.width > 1))
    return r.barrier("has parameters inside each channel");
  Channels padded{channels.axis, channels.width, {}};
  for (std::int64_t i = 0; i < begin; ++i) padded.ids.push_back(r.map().add());
  padded.ids.insert(padded.ids.end(), channels.ids.begin(), channels.ids.end());
  for (std::int64_t i = 0; i < end; ++i) padded.ids.push_back(r.map().add());
  r.map().set(r.out(), std::move(padded));
}

void apply(const Reduce& op, const Rule& r) {
  const Channels& channels = r.channels();
  const std::vector<std::size_t> axes = resolve_axes(op.axes, r.shape(r.in()).rank());
  const bool over_all = axes.empty() && r.shape(r.out()).elements() == 1;
  if (channels.ids.empty() || over_all || std::ranges::binary_search(axes, channels.axis)) {
    return r.barrier("reduces them to one");
  }
  const auto before = std::ranges::lower_bound(axes, channels.axis) - axes.begin();
  r.pass(op.keep_dims ? channels.axis : channels.axis - static_cast<std::size_t>(before));
}

void apply(const Softmax& op, const Rule& r) {
  if (r.channels().ids.empty() || resolve_axis(op.axis, r.shape(r.in()).rank()) == r.channels().axis) {
    return r.barrier("normalises over all of them");
  }
  r.pass();
}

void apply(const Lrn&, const Rule& r) { r.barrier("normalises over neighbouring ones"); }
void apply(const LayerNorm&, const Rule& r) { r.barrier("normalises over all of them"); }
void apply(const ChannelShuffle&, const Rule& r) { r.barrier("permutes them by their number"); }
void apply(const MatMul&, const Rule& r) { r.barrier("multiplies two values"); }
void apply(const Recurrent&, const Rule& r) { r.barrier("is recurrent"); }
/// Their channels are made by whoever reads them.
void apply(const Constant&, const Rule&) {}
/// Of its inputs only the sizes of the picture count.
void apply(const Anchors&, const Rule&) {}

/// What nothing passes.
template <class Op, class... Ops>
concept OneOf = (std::same_as<Op, Ops> || ...);
template <OneOf<DecodeBoxes, Nms, RoiAlign, PickChannel, Compare, Pair, Where, ArgReduce, TopK, Cumulate, Expand,
                Gather, GatherElements, GatherNd, ScatterElements, ScatterNd, SelectBoxes, MaxPoolIndices, GridSample,
                RoiAlignBatch, Opaque, Quantize, Dequantize, FakeQuantize>
              Op>
void apply(const Op&, const Rule& r) {
  r.barrier("may need every one of them");
}

}  // namespace

void relate(ChannelMap& map, const Node& node) {
  std::visit([&](const auto& op) { apply(op, Rule(map, node)); }, node.op);
}

}  // namespace banoff::pruning
