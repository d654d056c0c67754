#include <algorithm>
#include <tuple>

#include "kernels/reference/context.hpp"

namespace banoff::reference {

namespace {

template <class T>
struct Candidate {
  T score;
  std::int64_t box, label;
};

constexpr std::int64_t row_size = 6;  // x1 y1 x2 y2 score class

/// Intersection over union of two boxes x1 y1 x2 y2; a box with x2 < x1 or y2 < y1 is empty.
template <class T>
T overlap(const T* a, const T* b) {
  const auto area = [](T x1, T y1, T x2, T y2) { return std::max(x2 - x1, T{0}) * std::max(y2 - y1, T{0}); };
  const T common = area(std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3]));
  const T together = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - common;
  return together > T{0} ? common / together : T{0};
}

}  // namespace

/// Best first (ties: the lower box, then the lower class); a box is dropped when it overlaps a better one of its class
/// by more than `iou`. Only scores above `score` count. Rows after the last box are zero.
template <class T>
Body reference(const Nms& op, Context<T>& context) {
  const std::int64_t classes = context.inputs[1].shape[1];
  context.scratch_bytes = static_cast<std::size_t>(context.inputs[1].shape.elements()) * sizeof(Candidate<T>);
  return [=](const KernelArgs& args) {
    const T* boxes = input<T>(args, 0);
    const T* scores = input<T>(args, 1);
    auto* const candidates = reinterpret_cast<Candidate<T>*>(args.scratch);
    std::int64_t found = 0;
    const std::int64_t count = std::min(args.input_counts[0], args.input_counts[1]);
    for (std::int64_t b = 0; b < count; ++b) {
      for (std::int64_t c = 0; c < classes; ++c) {
        const T score = scores[b * classes + c];
        if (score > static_cast<T>(op.score)) candidates[found++] = {score, b, c};
      }
    }
    std::sort(candidates, candidates + found, [](const Candidate<T>& a, const Candidate<T>& b) {
      return std::tie(b.score, a.box, a.label) < std::tie(a.score, b.box, b.label);
    });
    T* const rows = output<T>(args);
    std::fill_n(rows, op.max * row_size, T{0});
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < found && kept < op.max; ++i) {
      const Candidate<T>& candidate = candidates[i];
      const T* box = boxes + candidate.box * 4;
      const T label = static_cast<T>(candidate.label);
      bool dropped = false;
      for (std::int64_t k = 0; k < kept && !dropped; ++k) {
        const T* better = rows + k * row_size;
        dropped = better[5] == label && overlap(better, box) > static_cast<T>(op.iou);
      }
      if (dropped) continue;
      T* row = rows + kept++ * row_size;
      std::copy_n(box, 4, row);
      row[4] = candidate.score;
      row[5] = label;
    }
    args.output_counts[0] = kept;
  };
}
BANOFF_REFERENCE(Nms);

}  // namespace banoff::reference
