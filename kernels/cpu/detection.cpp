// The ops on boxes, in plain layout.
#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "runtime/graph/boxes/decode.hpp"
#include "runtime/graph/boxes/roi_align.hpp"
#include "runtime/graph/boxes/suppress.hpp"

namespace banoff::cpu {

namespace {

/// The node's inputs: types, and for each its place in the region (a node may read a value twice).
struct Inputs {
  std::vector<TensorType> types;
  std::vector<std::size_t> places;

  Inputs(const Region& region, const Node& node) {
    for (const ValueId value : node.inputs) {
      types.push_back(region.type(value));
      places.push_back(input_of(region, value));
    }
  }
  [[nodiscard]] const float* data(const KernelArgs& args, std::size_t i) const { return input(args, places[i]); }
  [[nodiscard]] std::int64_t count(const KernelArgs& args, std::size_t i) const { return args.input_counts[places[i]]; }
};

Offer decode(const DecodeBoxes& op, const Inputs& in, int threads) {
  const std::int64_t rows = in.types[0].shape[0];
  // Two exponentials a box, at some ten nanoseconds each.
  const double cost = 0.02 * static_cast<double>(in.types[0].shape.elements() / 4) / threads;
  return ready_offer({"decode_boxes"}, cost,
                     [=, decoder = boxes::Decoder<float>(op, in.types)](const KernelArgs& args) {
                       const std::int64_t row = decoder.per_row * 4;
                       const std::int64_t count = std::min(in.count(args, 0), in.count(args, 1));
                       float* const out = output(args, 0);
                       parallel_for(count, row * 8, [&](std::int64_t k) {
                         decoder(in.data(args, 0) + k * row, in.data(args, 1) + k * decoder.stride, out + k * row);
                       });
                       std::fill_n(out + count * row, (rows - count) * row, 0.0F);
                     });
}

Offer suppress(const Nms& op, const Inputs& in) {
  std::vector<boxes::Scored<float>> groups;
  std::int64_t scores = 0;
  for (std::size_t i = 0; i < in.types.size(); i += 2) {
    groups.push_back({nullptr, nullptr, 0, in.types[i + 1].shape[1], in.types[i].shape[1] != 4});
    scores += in.types[i + 1].shape.elements();
  }
  LoopKernelTraits traits{"nms"};
  const std::size_t list_bytes = (groups.size() * sizeof(groups[0]) + 63) / 64 * 64;
  traits.scratch_bytes = list_bytes + static_cast<std::size_t>(scores) * sizeof(boxes::Candidate<float>);
  return ready_offer(std::move(traits), 0.01 * static_cast<double>(scores), [=](const KernelArgs& args) {
    auto* const list = reinterpret_cast<boxes::Scored<float>*>(args.scratch);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      list[g] = groups[g];
      list[g].boxes = in.data(args, 2 * g);
      list[g].scores = in.data(args, 2 * g + 1);
      list[g].count = std::min(in.count(args, 2 * g), in.count(args, 2 * g + 1));
    }
    auto* const candidates = reinterpret_cast<boxes::Candidate<float>*>(args.scratch + list_bytes);
    const std::span<const boxes::Scored<float>> all(list, groups.size());
    args.output_counts[0] = boxes::suppress<float>(op, all, candidates, output(args, 0));
  });
}

Offer align(const RoiAlign& op, const Inputs& in, int threads) {
  const std::int64_t rows = in.types[0].shape[0];
  const boxes::RoiAligner<float> aligner(op, in.types);
  const std::int64_t row = aligner.row_elements();
  const std::int64_t points = op.sampling * op.sampling;
  // A point is read from four places and takes about two nanoseconds.
  const double cost = 2e-3 * static_cast<double>(points) * static_cast<double>(rows * row) / threads;
  return ready_offer({"roi_align"}, cost, [=](const KernelArgs& args) {
    const std::int64_t count = in.count(args, 0);
    float* const out = output(args, 0);
    parallel_for(count, row * points, [&](std::int64_t k) {
      const float* const box = in.data(args, 0) + k * aligner.box_stride();
      const std::size_t map = aligner.map_of(box);
      aligner(box, map, in.data(args, 1 + map), out + k * row);
    });
    std::fill_n(out + count * row, (rows - count) * row, 0.0F);
  });
}

Offer pick(const Inputs& in, int threads) {
  const Shape& shape = in.types[0].shape;
  const std::int64_t rows = shape[0];
  const std::int64_t channels = shape[1];
  const std::int64_t inner = shape.elements(2, shape.rank());
  const std::int64_t columns = in.types[1].shape[1];
  return ready_offer({"pick_channel"}, pass_us(8.0 * static_cast<double>(rows * inner), threads),
                     [=](const KernelArgs& args) {
                       const std::int64_t count = std::min(in.count(args, 0), in.count(args, 1));
                       parallel_for(rows, inner, [&](std::int64_t k) {
                         const float* const last = in.data(args, 1) + k * columns + columns - 1;
                         const std::int64_t channel = k < count ? boxes::picked_channel(*last, channels) : -1;
                         float* const to = output(args, 0) + k * inner;
                         if (channel < 0) std::fill_n(to, inner, 0.0F);
                         else std::copy_n(in.data(args, 0) + (k * channels + channel) * inner, inner, to);
                       });
                     });
}

}  // namespace

static Offer offer_detection(const Region& region, int threads) {
  require_float_chain(region);
  if (region.nodes.size() != 1) throw Refused{"one op on boxes at a time"};
  for (const auto* list : {&region.input_layouts, &region.output_layouts}) {
    for (const Layout layout : *list)
      if (layout != Layout::plain) throw Refused{"boxes and what lies under them in a layout other than plain"};
  }
  const Node& only = region.node(0);
  const Inputs in(region, only);
  if (const auto* op = only.as<DecodeBoxes>()) return decode(*op, in, threads);
  if (const auto* op = only.as<Nms>()) return suppress(*op, in);
  if (const auto* op = only.as<RoiAlign>()) return align(*op, in, threads);
  return pick(in, threads);
}

Family detection() { return family<DecodeBoxes, Nms, RoiAlign, PickChannel>(offer_detection); }

}  // namespace banoff::cpu
