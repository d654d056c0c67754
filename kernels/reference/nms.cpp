#include "kernels/reference/context.hpp"
#include "runtime/graph/boxes/select.hpp"
#include "runtime/graph/boxes/suppress.hpp"

namespace banoff::reference {

template <class T>
Body reference(const Nms& op, Context<T>& context) {
  std::vector<boxes::Scored<T>> empty;
  std::int64_t scores = 0;
  for (std::size_t i = 0; i < context.inputs.size(); i += 2) {
    const std::int64_t classes = context.inputs[i + 1].shape[1];
    empty.push_back({nullptr, nullptr, 0, classes, context.inputs[i].shape[1] != 4});
    scores += context.inputs[i + 1].shape.elements();
  }
  const std::size_t list_bytes = (empty.size() * sizeof(boxes::Scored<T>) + 63) / 64 * 64;
  context.scratch_bytes = list_bytes + static_cast<std::size_t>(scores) * sizeof(boxes::Candidate<T>);
  return [=](const KernelArgs& args) {
    auto* const groups = reinterpret_cast<boxes::Scored<T>*>(args.scratch);
    for (std::size_t g = 0; g < empty.size(); ++g) {
      groups[g] = empty[g];
      groups[g].boxes = input<T>(args, 2 * g);
      groups[g].scores = input<T>(args, 2 * g + 1);
      groups[g].count = std::min(args.input_counts[2 * g], args.input_counts[2 * g + 1]);
    }
    auto* const candidates = reinterpret_cast<boxes::Candidate<T>*>(args.scratch + list_bytes);
    args.output_counts[0] =
        boxes::suppress<T>(op, std::span<const boxes::Scored<T>>(groups, empty.size()), candidates, output<T>(args));
  };
}
BANOFF_REFERENCE(Nms);

template <class T>
Body reference(const SelectBoxes& op, Context<T>& context) {
  const Shape& scores = context.inputs[1].shape;
  context.scratch_bytes = static_cast<std::size_t>(scores[2]) * sizeof(std::int64_t);
  return [op, batches = scores[0], classes = scores[1], count = scores[2],
          capacity = context.outputs[0].shape.elements()](const KernelArgs& args) {
    auto* rows = output<std::int64_t>(args);
    std::fill_n(rows, capacity, std::int64_t{0});
    const std::span<std::int64_t> order(reinterpret_cast<std::int64_t*>(args.scratch), static_cast<std::size_t>(count));
    std::int64_t* end = rows;
    for (std::int64_t n = 0; n < batches; ++n) {
      for (std::int64_t c = 0; c < classes; ++c) {
        const T* boxes = input<T>(args, 0) + n * count * 4;
        const T* of_class = input<T>(args, 1) + (n * classes + c) * count;
        for (const std::int64_t box : boxes::select(op, boxes, of_class, order)) {
          *end++ = n, *end++ = c, *end++ = box;
        }
      }
    }
    args.output_counts[0] = (end - rows) / 3;
  };
}
BANOFF_REFERENCE(SelectBoxes);

}  // namespace banoff::reference
