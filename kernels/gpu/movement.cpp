// Ops that only move elements.
#include <algorithm>

#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/move_plan.hpp"
#include "kernels/resample.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/graph/padding.hpp"

namespace banoff::gpu {

namespace {

/// A node of one region: where its operands lie.
struct Operands {
  const Context& context;
  const Region& region;
  const Node& node;

  [[nodiscard]] const Shape& in(std::size_t i = 0) const { return region.type(node.inputs[i]).shape; }
  [[nodiscard]] const Shape& out(std::size_t i = 0) const { return region.type(node.outputs[i]).shape; }
  [[nodiscard]] std::size_t place(std::size_t i = 0) const { return input_of(region, node.inputs[i]); }
  [[nodiscard]] std::vector<std::int64_t> read(std::size_t i = 0) const {
    return strides_of(in(i), region.input_layouts[place(i)]);
  }
  [[nodiscard]] std::vector<std::int64_t> written(std::size_t i = 0) const {
    return strides_of(out(i), region.output_layouts[i]);
  }
  [[nodiscard]] std::size_t element() const { return size_of(context.storage(region.type(node.inputs[0]).dtype)); }
};

struct Piece {
  std::size_t input = 0, output = 0;
  DescribedMove move;
};

/// One end of a part's walk: which input or output, where in it the part begins, and its strides.
struct End {
  std::size_t place = 0;
  std::int64_t start = 0;
  std::vector<std::int64_t> strides;
};

void add_part(std::vector<Piece>& pieces, const Operands& o, const Shape& part, const End& from, const End& to) {
  if (part.elements() == 0) return;
  MovePlan plan;
  plan.element = o.element();
  plan.from = from.start;
  plan.to = to.start;
  for (std::size_t a = 0; a < part.rank(); ++a) plan.ways.push_back({part[a], from.strides[a], to.strides[a]});
  pieces.push_back({from.place, to.place, described(std::move(plan))});
}

/// One walk per input, to its part of the result.
std::vector<Piece> concat(const Operands& o, const Concat& op) {
  const std::size_t axis = resolve_axis(op.axis, o.out().rank());
  std::vector<Piece> pieces;
  std::int64_t start = 0;
  const auto to = o.written();
  for (std::size_t i = 0; i < o.node.inputs.size(); ++i) {
    add_part(pieces, o, o.in(i), {o.place(i), 0, o.read(i)}, {0, start * to[axis], to});
    start += o.in(i)[axis];
  }
  return pieces;
}

std::vector<Piece> split(const Operands& o, const Split& op) {
  if (o.region.outputs != o.node.outputs) throw Refused{"some parts are not wanted"};
  const std::size_t axis = resolve_axis(op.axis, o.in().rank());
  std::vector<Piece> pieces;
  std::int64_t start = 0;
  const auto from = o.read();
  for (std::size_t i = 0; i < o.node.outputs.size(); ++i) {
    add_part(pieces, o, o.out(i), {o.place(), start * from[axis], from}, {i, 0, o.written(i)});
    start += o.out(i)[axis];
  }
  return pieces;
}

/// Every output element along the same axes of the input.
MovePlan straight(const Operands& o) {
  MovePlan plan;
  plan.element = o.element();
  const auto from = o.read();
  const auto to = o.written();
  for (std::size_t a = 0; a < to.size(); ++a) plan.ways.push_back({o.out()[a], from[a], to[a], {}, a == 1});
  return plan;
}

MovePlan sliced(const Operands& o, const Slice& op) {
  MovePlan plan = straight(o);
  const ResolvedSlice at = resolve(op, o.in());
  for (std::size_t a = 0; a < plan.ways.size(); ++a) {
    plan.from += at.begin[a] * plan.ways[a].from;
    plan.ways[a].from *= at.step[a];
  }
  return plan;
}

MovePlan shuffled(const Operands& o, const ChannelShuffle& op) {
  MovePlan plan = straight(o);
  const WalkDim channels = plan.ways[1];
  const std::int64_t per_group = o.in()[1] / op.groups;
  plan.ways[1] = {per_group, channels.from, op.groups * channels.to};
  plan.ways.push_back({op.groups, per_group * channels.from, channels.to});
  return plan;
}

MovePlan transposed(const Operands& o, const Transpose& op) {
  MovePlan plan = straight(o);
  const auto from = o.read();
  for (std::size_t a = 0; a < plan.ways.size(); ++a) plan.ways[a].from = from[resolve_axis(op.perm[a], from.size())];
  return plan;
}

void look_up(WalkDim& way, const std::vector<std::int64_t>& index) {
  for (const std::int64_t at : index) way.table.push_back(at < 0 ? -1 : as_int(at * way.from));
}

MovePlan resized(const Operands& o, const Resize& op) {
  MovePlan plan = straight(o);
  for (std::size_t a = 2; a < plan.ways.size(); ++a)
    look_up(plan.ways[a], nearest_indices(op, a - 2, o.in()[a], o.out()[a]));
  return plan;
}

MovePlan padded(const Operands& o, const Pad& op) {
  if (op.padding.mode != Padding::Mode::given) throw Refused{"padding without numbers"};
  MovePlan plan = straight(o);
  const TensorType& type = o.region.type(o.node.inputs[0]);
  const std::size_t rank = o.in().rank();
  const std::size_t count = op.padding.begin.values.size();
  for (std::size_t a = rank - count; a < rank; ++a) {
    const std::int64_t begin = op.padding.begin.at(a - (rank - count));
    const std::int64_t size = o.in()[a];
    std::vector<std::int64_t> index;
    for (std::int64_t i = 0; i < o.out()[a]; ++i) index.push_back(padding_source(i - begin, size, op.mode));
    look_up(plan.ways[a], index);
  }
  if (op.mode != PadMode::constant) return plan;
  const DType held = o.context.storage(type.dtype);
  std::vector<double> values;
  if (const Tensor* given = o.region.graph->param(o.node, Slot::pad_value)) values = given->to_vector<double>();
  if (values.empty()) values.assign(static_cast<std::size_t>(rank > 1 ? o.out()[1] : 1), op.value);
  if (rank < 2 || std::ranges::all_of(values, [&](double v) { return v == values[0]; })) values.resize(1);
  const Tensor fill = Tensor::of<double>({std::ssize(values)}, values).as(held);
  plan.fill.assign(fill.data(), fill.data() + fill.bytes());
  if (values.size() == 1) {
    if (values[0] == 0) plan.fill.clear();  // nothing is read where nothing is given
    for (WalkDim& way : plan.ways) way.channels = false;
  }
  return plan;
}

MovePlan expanded(const Operands& o) {
  MovePlan plan;
  plan.element = o.element();
  const auto from = o.read(), to = o.written();
  const std::size_t added = o.out().rank() - o.in().rank();
  for (std::size_t a = 0; a < o.out().rank(); ++a) {
    const bool repeated = a < added || o.in()[a - added] == 1;
    plan.ways.push_back({o.out()[a], repeated ? 0 : from[a - added], to[a]});
  }
  return plan;
}

MovePlan copied(const Operands& o) {
  const Layout in = o.region.input_layouts[o.place()], out = o.region.output_layouts[0];
  if (o.node.as<Identity>() != nullptr) return relay(o.in(), in, out, o.element());
  if (!same_bytes(o.in(), in, Layout::plain) || !same_bytes(o.out(), out, Layout::plain))
    throw Refused{"a reshape needs the plain order"};
  MovePlan plan;
  plan.element = o.element();
  plan.ways.push_back({o.in().elements(), 1, 1});
  return plan;
}

MovePlan plan_of(const Operands& o) {
  if (const auto* op = o.node.as<Slice>()) return sliced(o, *op);
  if (const auto* op = o.node.as<ChannelShuffle>()) return shuffled(o, *op);
  if (const auto* op = o.node.as<Transpose>()) return transposed(o, *op);
  if (const auto* op = o.node.as<Resize>()) return resized(o, *op);
  if (const auto* op = o.node.as<Pad>()) return padded(o, *op);
  if (o.node.as<Expand>() != nullptr) return expanded(o);
  return copied(o);
}

std::vector<Piece> pieces_of(const Operands& o) {
  if (const auto* op = o.node.as<Concat>()) return concat(o, *op);
  if (const auto* op = o.node.as<Split>()) return split(o, *op);
  if (o.out().elements() == 0) return {};
  return {{o.place(), 0, described(plan_of(o))}};
}

}  // namespace

JobOffer movement(const Context& context, const Region& region) {
  const Node& node = only_node(region);
  if (region.inputs.empty()) throw Refused{"no input"};
  const std::vector<Piece> pieces = pieces_of({context, region, node});
  const double us = pass_us(context, region) + 2.0 * static_cast<double>(pieces.size());
  return job_offer(context, {"move"}, us, [pieces](Uploads& uploads) {
    std::vector<ReadyMove> moves;
    for (const Piece& piece : pieces) moves.push_back(piece.move.uploaded(uploads));
    return [pieces, moves](const KernelArgs& args, Queue& queue) {
      for (std::size_t i = 0; i < moves.size(); ++i)
        moves[i].queue(queue, args.inputs[pieces[i].input], args.outputs[pieces[i].output]);
    };
  });
}

JobOffer reorder(const Context& context, const TensorType& type, Layout from, Layout to) {
  const std::size_t element = size_of(context.storage(type.dtype));
  const double us = pass_us(2.0 * static_cast<double>(type.shape.elements()) * static_cast<double>(element));
  KernelTraits traits{from == to ? "copy" : "reorder"};
  // Elements are written in their order.
  traits.streams_output = true;
  if (type.shape.elements() == 0) return ready_offer(context, traits, us, [](const KernelArgs&, Queue&) {});
  if (const auto images =
          interleaving(type.shape, context.storage(type.dtype), type.shape.rank() < 2 ? 0 : type.shape[1]);
      images && from == Layout::plain && to == Layout::channels_last) {
    traits.streams.push_back(0);
    return ready_offer(context, traits, us, [job = *images](const KernelArgs& args, Queue& queue) {
      Interleave ready = job;
      ready.x = args.inputs[0];
      ready.y = args.outputs[0];
      queue.launch(ready);
    });
  }
  return job_offer(context, traits, us, [move = described(relay(type.shape, from, to, element))](Uploads& uploads) {
    return [ready = move.uploaded(uploads)](const KernelArgs& args, Queue& queue) {
      if (args.inputs[0] != args.outputs[0]) ready.queue(queue, args.inputs[0], args.outputs[0]);
    };
  });
}

}  // namespace banoff::gpu
