// Anchors, decoded boxes, and what lies under boxes. Rows behind the last one that counts are zero.
#include <algorithm>

#include "kernels/reference/context.hpp"
#include "runtime/graph/boxes/decode.hpp"
#include "runtime/graph/boxes/roi_align.hpp"

namespace banoff::reference {

template <class T>
Body reference(const Anchors& op, Context<T>& context) {
  const std::vector<double> boxes = anchor_boxes(op, context.inputs[0].shape, context.inputs[1].shape);
  return [values = std::vector<T>(boxes.begin(), boxes.end())](const KernelArgs& args) {
    std::ranges::copy(values, output<T>(args));
  };
}
BANOFF_REFERENCE(Anchors);

template <class T>
Body reference(const DecodeBoxes& op, Context<T>& context) {
  const std::int64_t rows = context.outputs[0].shape[0];
  return [decode = boxes::Decoder<T>(op, context.inputs), rows](const KernelArgs& args) {
    const std::int64_t row = decode.per_row * 4;
    const std::int64_t count = std::min(args.input_counts[0], args.input_counts[1]);
    for (std::int64_t k = 0; k < count; ++k) {
      decode(input<T>(args, 0) + k * row, input<T>(args, 1) + k * decode.stride, output<T>(args) + k * row);
    }
    std::fill_n(output<T>(args) + count * row, (rows - count) * row, T{0});
  };
}
BANOFF_REFERENCE(DecodeBoxes);

template <class T>
Body reference(const RoiAlign& op, Context<T>& context) {
  const std::int64_t rows = context.outputs[0].shape[0];
  return [align = boxes::RoiAligner<T>(op, context.inputs), rows](const KernelArgs& args) {
    const std::int64_t count = args.input_counts[0];
    const std::int64_t row = align.row_elements();
    for (std::int64_t k = 0; k < count; ++k) {
      const T* const box = input<T>(args, 0) + k * align.box_stride();
      const std::size_t map = align.map_of(box);
      align(box, map, input<T>(args, 1 + map), output<T>(args) + k * row);
    }
    std::fill_n(output<T>(args) + count * row, (rows - count) * row, T{0});
  };
}
BANOFF_REFERENCE(RoiAlign);

template <class T>
Body reference(const PickChannel&, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const std::int64_t rows = shape[0];
  const std::int64_t channels = shape[1];
  const std::int64_t inner = shape.elements(2, shape.rank());
  const std::int64_t columns = context.inputs[1].shape[1];
  return [=](const KernelArgs& args) {
    const std::int64_t count = std::min(args.input_counts[0], args.input_counts[1]);
    for (std::int64_t k = 0; k < rows; ++k) {
      const std::int64_t channel =
          k < count ? boxes::picked_channel(input<T>(args, 1)[k * columns + columns - 1], channels) : -1;
      T* const to = output<T>(args) + k * inner;
      if (channel < 0) std::fill_n(to, inner, T{0});
      else std::copy_n(input<T>(args, 0) + (k * channels + channel) * inner, inner, to);
    }
  };
}
BANOFF_REFERENCE(PickChannel);

}  // namespace banoff::reference
