// PicoDet (Yu et al. 2021): rows for each cell of several maps, the finest first, its box by how far each side is.
#include <algorithm>
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/task/decoder.hpp"

namespace banoff::decoding {
namespace {

/// The mean bin of a distribution that is given by logits (Generalized Focal Loss, Li et al. 2020).
double mean_bin(const double* logits, std::int64_t bins) {
  const double largest = *std::max_element(logits, logits + bins);
  double sum = 0, weighed = 0;
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    const double weight = std::exp(logits[bin] - largest);
    sum += weight;
    weighed += weight * static_cast<double>(bin);
  }
  return weighed / sum;
}

}  // namespace

/// Distances are in cells, from a cell's centre to the left, the top, the right and the bottom.
void decode_picodet(const Job& job, Found& found) {
  const std::vector<std::int64_t>& strides = job.task.decoding.strides;
  const auto height = static_cast<std::int64_t>(job.height), width = static_cast<std::int64_t>(job.width);
  for (std::size_t map = 0; map < strides.size(); ++map) {
    const std::int64_t stride = strides[map], across = (width + stride - 1) / stride;
    const std::int64_t cells = (height + stride - 1) / stride * across;
    const std::string what = fmt::format("[1, cells, classes], {} cells: an input of {}x{} has so many at stride {}",
                                         cells, height, width, stride);
    const Head scores = job.head(map, {cells, -1}, what);
    const std::string_view sides = "logits of distances [1, cells, 4 bins]";
    const Head distances = job.head(strides.size() + map, {cells, -1}, sides);
    const std::int64_t classes = scores.sizes[1], bins = distances.sizes[1] / 4;
    if (distances.sizes[1] % 4 != 0) (void)job.head(strides.size() + map, {cells, 4 * (bins + 1)}, sides);
    job.check_classes(classes);

    const auto pixels = static_cast<double>(stride);
    for (std::int64_t cell = 0; cell < cells; ++cell) {
      const auto score = [&](std::int64_t c) { return scores.at(cell * classes + c); };
      if (!found.is_enough(score(best_class(classes, score)))) continue;
      const double x = static_cast<double>(cell % across) + 0.5, y = static_cast<double>(cell / across) + 0.5;
      std::array<double, 4> far{};
      for (std::int64_t side = 0; side < 4; ++side) {
        far[static_cast<std::size_t>(side)] =
            mean_bin(&distances.values[static_cast<std::size_t>((cell * 4 + side) * bins)], bins);
      }
      const std::array box{(x - far[0]) * pixels, (y - far[1]) * pixels, (x + far[2]) * pixels, (y + far[3]) * pixels};
      for (std::int64_t c = 0; c < classes; ++c) found.add(box, score(c), c);
    }
  }
}

}  // namespace banoff::decoding
