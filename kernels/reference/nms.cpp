#include "kernels/boxes/suppress.hpp"
#include "kernels/reference/context.hpp"

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

}  // namespace banoff::reference
