// Ops on boxes, in plain layout and 32 bits: half of a pixel of a photograph is beyond 16.
#include <algorithm>
#include <bit>

#include "kernels/gpu/kernels.hpp"

namespace banoff::gpu {

namespace {

/// The node's inputs: types, and for each its place in the region.
struct Inputs {
  const Context& context;
  std::vector<TensorType> types;
  std::vector<std::size_t> places;

  Inputs(const Context& c, const Region& region, const Node& node) : context(c) {
    for (const ValueId value : node.inputs) {
      types.push_back(region.type(value));
      places.push_back(input_of(region, value));
    }
  }
};

/// What finds an input's memory and rows when the kernel runs; copied into it.
struct Reader {
  std::vector<std::size_t> places;
  std::vector<std::size_t> count_at;  ///< offset of a bounded input's number of rows, 0 for others
  std::vector<int> fixed;

  explicit Reader(const Inputs& in) : places(in.places) {
    for (const TensorType& type : in.types) {
      count_at.push_back(type.bounded ? count_offset(in.context, type) : 0);
      fixed.push_back(as_int(type.shape[0]));
    }
  }
  [[nodiscard]] const std::byte* data(const KernelArgs& args, std::size_t i) const { return args.inputs[places[i]]; }
  [[nodiscard]] Rows rows(const KernelArgs& args, std::size_t i) const {
    const auto* counted = reinterpret_cast<const std::int64_t*>(data(args, i) + count_at[i]);
    return {fixed[i], count_at[i] == 0 ? nullptr : counted};
  }
};

JobOffer decode(const DecodeBoxes& op, const Inputs& in, double cost) {
  DecodeRows job;
  job.count = as_int(in.types[0].shape.elements() / 4);
  job.per_row = as_int(in.types[0].shape[1] / 4);
  job.stride = as_int(in.types[1].shape[1]);
  for (std::size_t i = 0; i < 4; ++i) job.weights[i] = static_cast<float>(op.weights[i]);
  job.max_log_scale = static_cast<float>(op.max_log_scale);
  job.clipped = in.types.size() > 2;
  if (job.clipped) {
    job.height = static_cast<float>(in.types[2].shape[2]);
    job.width = static_cast<float>(in.types[2].shape[3]);
  }
  return ready_offer(in.context, {"decode_boxes"}, cost,
                     [job, read = Reader(in)](const KernelArgs& args, Queue& queue) {
                       DecodeRows ready = job;
                       ready.deltas = read.data(args, 0);
                       ready.boxes = read.data(args, 1);
                       ready.deltas_rows = read.rows(args, 0);
                       ready.boxes_rows = read.rows(args, 1);
                       ready.y = args.outputs[0];
                       queue.launch(ready);
                     });
}

JobOffer align(const RoiAlign& op, const Inputs& in, const TensorType& out, double cost) {
  AlignBoxes job;
  job.maps = static_cast<int>(in.types.size()) - 1;
  if (job.maps > AlignBoxes::most_maps) throw Refused{"more than 8 feature maps"};
  job.count = as_int(out.shape.elements());
  job.channels = as_int(in.types[1].shape[1]);
  job.height = as_int(op.size.at(0));
  job.width = as_int(op.size.at(1));
  job.sampling = as_int(op.sampling);
  job.box_stride = as_int(in.types[0].shape[1]);
  job.canonical_size = static_cast<float>(op.canonical_size);
  job.canonical_level = static_cast<float>(op.canonical_level);
  job.aligned = op.aligned;
  for (std::size_t i = 0; i + 1 < in.types.size(); ++i) {
    job.map_height[i] = as_int(in.types[i + 1].shape[2]);
    job.map_width[i] = as_int(in.types[i + 1].shape[3]);
    job.level[i] = std::countr_zero(static_cast<std::uint64_t>(op.strides[i]));
    job.scale[i] = 1.0F / static_cast<float>(op.strides[i]);
  }
  return ready_offer(in.context, {"roi_align"}, cost, [job, read = Reader(in)](const KernelArgs& args, Queue& queue) {
    AlignBoxes ready = job;
    ready.boxes = read.data(args, 0);
    ready.rows = read.rows(args, 0);
    for (int i = 0; i < job.maps; ++i) ready.map[i] = read.data(args, static_cast<std::size_t>(i) + 1);
    ready.y = args.outputs[0];
    queue.launch(ready);
  });
}

JobOffer pick(const Inputs& in, const TensorType& out, double cost) {
  PickRows job;
  const Shape& shape = in.types[0].shape;
  job.count = as_int(out.shape.elements());
  job.channels = as_int(shape[1]);
  job.inner = as_int(shape.elements(2, shape.rank()));
  job.columns = as_int(in.types[1].shape[1]);
  return ready_offer(in.context, {"pick_channel"}, cost,
                     [job, read = Reader(in)](const KernelArgs& args, Queue& queue) {
                       PickRows ready = job;
                       ready.x = read.data(args, 0);
                       ready.picks = read.data(args, 1);
                       ready.x_rows = read.rows(args, 0);
                       ready.pick_rows = read.rows(args, 1);
                       ready.y = args.outputs[0];
                       queue.launch(ready);
                     });
}

/// The scratch memory of suppression: counters, then lists that begin at multiples of 64 bytes.
struct Lists {
  std::size_t sorted_count = sizeof(int);  ///< behind that of all candidates
  std::size_t cutoffs = 64, candidates = 0, sorted = 0, overlaps = 0, chosen = 0, bytes = 64;
  int capacity = 0;  ///< of the sorted candidates

  Lists(std::int64_t classes, std::int64_t scores, std::int64_t listed, std::int64_t max) {
    constexpr int bits = SortedCandidates::bits;
    capacity = static_cast<int>((std::min<std::int64_t>(listed, SortedCandidates::most) + bits - 1) / bits * bits);
    cutoffs = add<Cutoff>(classes);
    candidates = add<Candidate>(scores);
    sorted = add<Candidate>(capacity);
    overlaps = add<std::uint64_t>(std::int64_t{capacity} * (capacity / bits));
    chosen = add<int>(max);
  }

 private:
  template <class E>
  std::size_t add(std::int64_t count) {
    const std::size_t at = bytes;
    bytes += (static_cast<std::size_t>(as_int(count)) * sizeof(E) + 63) / 64 * 64;
    return at;
  }
};

JobOffer suppress(const Nms& op, const Inputs& in, const TensorType& out) {
  if (in.types.size() / 2 > ScoredGroups::most) throw Refused{"more than 8 groups of boxes"};
  ScoredGroups groups;
  std::int64_t scores = 0, classes = 0, most_listed = 0;
  for (std::size_t i = 0; i < in.types.size(); i += 2) {
    ScoredGroup& group = groups.group[groups.count++];
    group.capacity = as_int(in.types[i + 1].shape[0]);
    group.classes = as_int(in.types[i + 1].shape[1]);
    group.box_per_class = in.types[i].shape[1] != 4;
    group.first_class = as_int(classes);
    classes += group.classes;
    scores += in.types[i + 1].shape.elements();
    most_listed += std::min<std::int64_t>(op.candidates.value_or(group.capacity), group.capacity) * group.classes;
  }
  groups.all_classes = as_int(classes);
  const Lists lists(classes, scores, most_listed, op.max);
  KernelTraits traits{"nms", lists.bytes};
  traits.counts_rows = true;
  const std::size_t kept_at = out.bounded ? count_offset(in.context, out) : 0;
  const double us = 20 + static_cast<double>(scores) / 1e4;
  return ready_offer(in.context, traits, us,
                     [op, groups, lists, kept_at, scores, read = Reader(in)](const KernelArgs& args, Queue& queue) {
                       ScoredGroups bound = groups;
                       for (int g = 0; g < groups.count; ++g) {
                         const auto i = static_cast<std::size_t>(g) * 2;
                         ScoredGroup& group = bound.group[g];
                         group.boxes = reinterpret_cast<const float*>(read.data(args, i));
                         group.scores = reinterpret_cast<const float*>(read.data(args, i + 1));
                         group.boxes_rows = read.rows(args, i);
                         group.scores_rows = read.rows(args, i + 1);
                       }
                       auto* const listed = reinterpret_cast<int*>(args.scratch);
                       SortedCandidates sorted;
                       sorted.capacity = lists.capacity;
                       sorted.count = reinterpret_cast<int*>(args.scratch + lists.sorted_count);
                       sorted.list = reinterpret_cast<Candidate*>(args.scratch + lists.sorted);
                       sorted.overlaps = reinterpret_cast<std::uint64_t*>(args.scratch + lists.overlaps);
                       auto* const cutoffs = reinterpret_cast<Cutoff*>(args.scratch + lists.cutoffs);
                       auto* const candidates = reinterpret_cast<Candidate*>(args.scratch + lists.candidates);
                       queue.fill_zero(args.scratch, sizeof(int));
                       CollectCandidates collect;
                       collect.groups = bound;
                       collect.count = static_cast<int>(scores);
                       collect.score = static_cast<float>(op.score);
                       collect.background = op.background;
                       if (op.min_size) collect.min_size = static_cast<float>(*op.min_size);
                       if (op.candidates) {
                         FindCutoffs find;
                         find.groups = bound;
                         find.score = collect.score;
                         find.candidates = static_cast<int>(*op.candidates);
                         find.cutoffs = cutoffs;
                         queue.launch(find);
                         collect.cutoffs = cutoffs;
                       }
                       collect.list = candidates;
                       collect.listed = listed;
                       queue.launch(collect);
                       SortBest sort;
                       sort.sorted = sorted;
                       sort.list = candidates;
                       sort.listed = listed;
                       queue.launch(sort);
                       MarkOverlaps mark;
                       mark.groups = bound;
                       mark.sorted = sorted;
                       mark.count = lists.capacity * (lists.capacity / SortedCandidates::bits);
                       mark.iou = op.iou;
                       queue.launch(mark);
                       KeepBest keep;
                       keep.groups = bound;
                       keep.sorted = sorted;
                       keep.chosen = reinterpret_cast<int*>(args.scratch + lists.chosen);
                       keep.iou = op.iou;
                       keep.max = static_cast<int>(op.max);
                       keep.list = candidates;
                       keep.listed = listed;
                       keep.y = reinterpret_cast<float*>(args.outputs[0]);
                       keep.kept = reinterpret_cast<std::int64_t*>(args.outputs[0] + kept_at);
                       queue.launch(keep);
                     });
}

}  // namespace

JobOffer detection(const Context& context, const Region& region) {
  require_float_chain(region);
  if (region.nodes.size() != 1) throw Refused{"one op on boxes at a time"};
  if (context.storage(DType::f32) != DType::f32)
    throw Refused{"boxes need values of 32 bits: use --precision fp32 or tf32"};
  for (const auto* list : {&region.input_layouts, &region.output_layouts}) {
    for (const Layout layout : *list)
      if (layout != Layout::plain) throw Refused{"boxes and what lies under them in a layout other than plain"};
  }
  const Node& only = region.node(0);
  const Inputs in(context, region, only);
  const TensorType& out = region.type(only.outputs[0]);
  const double cost = pass_us(context, region);
  if (const auto* op = only.as<DecodeBoxes>()) return decode(*op, in, cost);
  if (const auto* op = only.as<Nms>()) return suppress(*op, in, out);
  if (const auto* op = only.as<RoiAlign>()) return align(*op, in, out, cost);
  return pick(in, out, cost);
}

}  // namespace banoff::gpu
