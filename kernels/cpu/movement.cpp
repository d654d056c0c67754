// Ops that only move elements: copies, gathers, and concatenation and splitting as copies of pieces.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/gather.hpp"
#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/resample.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/padding.hpp"

namespace banoff::cpu {

namespace {

/// One whole cut along an axis into contiguous pieces, in bytes per step of everything outside the axis.
struct Cuts {
  std::int64_t outer = 1;
  std::size_t whole = 0;
  std::vector<std::size_t> bytes, offset;

  /// Nothing needs to be moved where every piece lies together.
  [[nodiscard]] std::optional<Pieces> as_pieces(bool joined) const {
    return outer == 1 ? std::optional(Pieces{joined, offset}) : std::nullopt;
  }
};

Cuts cut(const Shape& whole, std::size_t axis, const std::vector<std::int64_t>& sizes, Layout layout,
         std::size_t element) {
  const Blocks view = blocks_of(whole, layout);
  std::int64_t inner = 1;  // elements behind one step along the axis
  std::int64_t unit = 1;   // steps along the axis that lie together
  Cuts pieces;
  if (layout == Layout::plain) {
    pieces.outer = whole.elements(0, axis);
    inner = whole.elements(axis + 1, whole.rank());
  } else if (axis == 1) {
    unit = view.lanes;
    if (layout == Layout::channels_last) pieces.outer = view.n * view.spatial, unit = 1;
    else pieces.outer = view.n, inner = view.spatial * view.lanes;
  } else {
    pieces.outer = axis == 0 ? 1 : view.n * view.blocks * whole.elements(2, axis);
    inner = (axis == 0 ? view.padded_channels() * view.spatial : whole.elements(axis + 1, whole.rank()) * view.lanes);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const bool last = i + 1 == sizes.size();
    if (sizes[i] % unit != 0 && !last) throw Refused{"channels are not whole blocks"};
    pieces.offset.push_back(pieces.whole);
    pieces.bytes.push_back(static_cast<std::size_t>(divide_up(sizes[i], unit) * inner) * element);
    pieces.whole += pieces.bytes.back();
  }
  return pieces;
}

void require_one_layout(const Region& region) {
  for (const auto* list : {&region.input_layouts, &region.output_layouts}) {
    for (const Layout layout : *list)
      if (layout != region.input_layouts[0]) throw Refused{"layouts differ"};
  }
}

double copy_us(const Region& region, int threads) {
  double bytes = 0;
  for (const ValueId v : region.outputs)
    bytes +=
        static_cast<double>(region.type(v).shape.elements()) * static_cast<double>(size_of(held(region.type(v).dtype)));
  return pass_us(2.0 * bytes, threads);
}

/// Counts of rows belong to values of their own.
bool any_bounded(const Region& region) {
  const auto bounded = [&](ValueId value) { return region.type(value).bounded; };
  return std::ranges::any_of(region.inputs, bounded) || std::ranges::any_of(region.outputs, bounded);
}

Offer concat(const Region& region, const Node& node, const Concat& op, int threads) {
  require_one_layout(region);
  const TensorType& whole = region.type(node.outputs[0]);
  const std::size_t axis = resolve_axis(op.axis, whole.shape.rank());
  std::vector<std::int64_t> sizes;
  std::vector<std::size_t> order;
  for (const ValueId v : node.inputs) {
    sizes.push_back(region.type(v).shape[axis]);
    order.push_back(input_of(region, v));
  }
  const Cuts cuts = cut(whole.shape, axis, sizes, region.input_layouts[0], size_of(held(whole.dtype)));
  Offer offer = ready_offer({"concat"}, copy_us(region, threads), [order, cuts](const KernelArgs& args) {
    parallel_for(cuts.outer, static_cast<std::int64_t>(cuts.whole / 4), [&](std::int64_t o) {
      const auto step = static_cast<std::size_t>(o);
      for (std::size_t i = 0; i < order.size(); ++i) {
        std::memcpy(args.outputs[0] + step * cuts.whole + cuts.offset[i], args.inputs[order[i]] + step * cuts.bytes[i],
                    cuts.bytes[i]);
      }
    });
  });
  // A value joined to itself lies in two places.
  if (region.inputs == node.inputs && !any_bounded(region)) offer.pieces = cuts.as_pieces(true);
  return offer;
}

Offer split(const Region& region, const Node& node, const Split& op, int threads) {
  require_one_layout(region);
  if (region.outputs != node.outputs) throw Refused{"some parts are not wanted"};
  const TensorType& whole = region.type(node.inputs[0]);
  const std::size_t axis = resolve_axis(op.axis, whole.shape.rank());
  const Cuts cuts =
      cut(whole.shape, axis, split_sizes(op, whole.shape), region.input_layouts[0], size_of(held(whole.dtype)));
  Offer offer = ready_offer({"split"}, copy_us(region, threads), [cuts](const KernelArgs& args) {
    parallel_for(cuts.outer, static_cast<std::int64_t>(cuts.whole / 4), [&](std::int64_t o) {
      const auto step = static_cast<std::size_t>(o);
      for (std::size_t i = 0; i < cuts.bytes.size(); ++i) {
        std::memcpy(args.outputs[i] + step * cuts.bytes[i], args.inputs[0] + step * cuts.whole + cuts.offset[i],
                    cuts.bytes[i]);
      }
    });
  });
  if (!any_bounded(region)) offer.pieces = cuts.as_pieces(false);
  return offer;
}

/// Where a slice lies in its input, if it lies there in one piece: neighbours along one axis.
std::optional<Pieces> piece_of_slice(const Region& region, const Node& node, const Slice& slice) {
  const TensorType& whole = region.type(node.inputs[0]);
  const Layout layout = region.input_layouts[0];
  const ResolvedSlice at = resolve(slice, whole.shape);
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < whole.shape.rank(); ++axis) {
    if (at.shape[axis] != whole.shape[axis]) axes.push_back(axis);
  }
  if (axes.size() != 1 || any_bounded(region)) return std::nullopt;
  const std::size_t axis = axes[0];
  const bool reversed = std::ranges::any_of(at.step, [](std::int64_t step) { return step < 0; });
  if (reversed || (at.step[axis] != 1 && at.shape[axis] > 1)) return std::nullopt;
  const bool blocked = layout == Layout::blocked8 || layout == Layout::blocked16;
  const std::int64_t unit = axis == 1 && blocked ? blocks_of(whole.shape, layout).lanes : 1;
  const std::int64_t begin = at.begin[axis], size = at.shape[axis], rest = whole.shape[axis] - begin - size;
  if (begin % unit != 0 || (size % unit != 0 && rest != 0)) return std::nullopt;
  const Cuts cuts = cut(whole.shape, axis, rest == 0 ? Ints{begin, size} : Ints{begin, size, rest}, layout,
                        size_of(held(whole.dtype)));
  return cuts.outer == 1 ? std::optional(Pieces{false, {cuts.offset[1]}}) : std::nullopt;
}

constexpr std::int64_t rows_at_once = 64;

/// Channels side by side change places within their pixel.
Offer shuffle_channels_last(const Region& region, const Node& node, const ChannelShuffle& op, int threads) {
  const Blocks view = blocks_of(region.type(node.inputs[0]).shape, Layout::channels_last);
  const std::int64_t rows = view.n * view.spatial, groups = op.groups, each = view.channels / groups;
  return ready_offer({"channel_shuffle"}, copy_us(region, threads), [rows, groups, each](const KernelArgs& args) {
    const std::int64_t chunks = divide_up(rows, rows_at_once);
    parallel_for(chunks, rows_at_once * groups * each, [&](std::int64_t chunk) {
      const std::int64_t first = chunk * rows_at_once, at = first * groups * each;
      loops::interleave(input(args, 0) + at, std::min(rows_at_once, rows - first), groups, each, output(args, 0) + at);
    });
  });
}

bool is_reshape(const Node& node) {
  return node.as<Reshape>() != nullptr || node.as<Flatten>() != nullptr || node.as<Squeeze>() != nullptr ||
         node.as<Unsqueeze>() != nullptr || node.as<Identity>() != nullptr;
}

Offer copy(const Region& region, const Node& node, int threads) {
  const TensorType& in = region.type(node.inputs[0]);
  const TensorType& out = region.type(node.outputs[0]);
  const bool same_layout = node.as<Identity>() != nullptr && region.input_layouts[0] == region.output_layouts[0];
  if (!same_layout && (!same_bytes(in.shape, region.input_layouts[0], Layout::plain) ||
                       !same_bytes(out.shape, region.output_layouts[0], Layout::plain))) {
    throw Refused{"a reshape needs the plain order"};
  }
  const auto bytes = static_cast<std::size_t>(elements_of(in.shape, region.input_layouts[0])) * size_of(held(in.dtype));
  return ready_offer({"copy", {0}}, copy_us(region, threads), [bytes](const KernelArgs& args) {
    if (args.outputs[0] != args.inputs[0]) std::memcpy(args.outputs[0], args.inputs[0], bytes);
  });
}

/// Padding with `fill` per channel (constant mode), or with what the mode repeats.
GatherTables padding_tables(const Shape& input, const Shape& output, const std::vector<std::int64_t>& begin,
                            PadMode mode, std::vector<float> fill) {
  GatherTables tables = identity_tables(input, output);
  for (std::size_t axis = 0; axis < output.rank(); ++axis) {
    for (std::int64_t& at : tables.index[axis]) {
      at = padding_source(at - begin[axis], input[axis], mode);
      if (at < 0) at = outside;
    }
  }
  tables.fill = std::move(fill);
  return tables;
}

/// The tables of a node, or Refused when it is none of these ops.
GatherTables tables_of(const Region& region, const Node& node) {
  const Shape& in = region.type(node.inputs[0]).shape;
  const Shape& out = region.type(node.outputs[0]).shape;
  GatherTables tables = identity_tables(in, out);
  if (const auto* slice = node.as<Slice>()) {
    const ResolvedSlice at = resolve(*slice, in);
    for (std::size_t axis = 0; axis < in.rank(); ++axis)
      for (std::int64_t& i : tables.index[axis]) i = at.begin[axis] + i * at.step[axis];
  } else if (const auto* shuffle = node.as<ChannelShuffle>()) {
    const std::int64_t per_group = in[1] / shuffle->groups;
    for (std::int64_t& i : tables.index[1]) i = i % shuffle->groups * per_group + i / shuffle->groups;
  } else if (const auto* transpose = node.as<Transpose>()) {
    for (std::size_t axis = 0; axis < in.rank(); ++axis)
      tables.source_axis[axis] = resolve_axis(transpose->perm[axis], in.rank());
  } else if (const auto* resize = node.as<Resize>()) {
    for (std::size_t axis = 2; axis < in.rank(); ++axis)
      tables.index[axis] = nearest_indices(*resize, axis - 2, in[axis], out[axis]);
  } else if (const auto* pad = node.as<Pad>()) {
    if (pad->padding.mode != Padding::Mode::given) throw Refused{"padding without numbers"};
    if (held(region.type(node.inputs[0]).dtype) != DType::f32) throw Refused{"padding of integers"};
    // The padding's entries belong to the last dimensions.
    const std::size_t padded = pad->padding.begin.values.size();
    std::vector<std::int64_t> begin(in.rank(), 0);
    for (std::size_t i = 0; i < padded; ++i) begin[in.rank() - padded + i] = pad->padding.begin.at(i);
    auto fill = floats(region, node, Slot::pad_value);
    if (fill.empty())
      fill.assign(static_cast<std::size_t>(out.rank() > 1 ? out[1] : 1), static_cast<float>(pad->value));
    return padding_tables(in, out, begin, pad->mode, std::move(fill));
  } else {
    throw Refused{"not an op that moves elements"};
  }
  return tables;
}

}  // namespace

Offer offer_movement(const Region& region, int threads) {
  if (region.nodes.size() != 1) throw Refused{"one movement at a time"};
  const Node& only = region.node(0);
  if (region.inputs.empty()) throw Refused{"no input"};
  if (const auto* op = only.as<Concat>()) return concat(region, only, *op, threads);
  if (const auto* op = only.as<Split>()) return split(region, only, *op, threads);
  if (is_reshape(only)) return copy(region, only, threads);
  require_one_layout(region);
  const TensorType& type = region.type(only.inputs[0]);
  if (type.shape.rank() < 2 || region.type(only.outputs[0]).shape.rank() != type.shape.rank())
    throw Refused{"rank below 2"};
  const std::size_t element = size_of(held(type.dtype));
  const auto* shuffle = only.as<ChannelShuffle>();
  if (shuffle != nullptr && region.input_layouts[0] == Layout::channels_last)
    return shuffle_channels_last(region, only, *shuffle, threads);
  (void)Gather(tables_of(region, only), region.input_layouts[0], element);  // refuses what cannot be gathered
  const double cost = copy_us(region, threads) * (region.input_layouts[0] == Layout::blocked8 ? 1.5 : 1.2);
  Offer offer = loop_offer({"gather"}, cost, [region, element] {
    return [gather = Gather(tables_of(region, region.node(0)), region.input_layouts[0], element)](
               const KernelArgs& args) { gather.run(args.inputs[0], args.outputs[0]); };
  });
  if (const auto* slice = only.as<Slice>()) offer.pieces = piece_of_slice(region, only, *slice);
  return offer;
}

Family movement() {
  return family<Concat, Split, Slice, ChannelShuffle, Reshape, Transpose, Flatten, Squeeze, Unsqueeze, Pad, Identity>(
      offer_movement);
}

}  // namespace banoff::cpu
