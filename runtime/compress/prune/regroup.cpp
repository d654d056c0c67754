#include "runtime/compress/prune/regroup.hpp"

namespace banoff::pruning {

Numbers regrouped(const Numbers& numbers, std::size_t dim, const Regrouping& regrouping, Merge how) {
  const Shape& from = numbers.shape;
  const std::int64_t outside = from.elements(0, dim);
  const std::int64_t inside = regrouping.width * from.elements(dim + 1, from.rank());
  const std::int64_t row = from[dim] * from.elements(dim + 1, from.rank());
  Numbers result{from, {}};
  result.shape[dim] = static_cast<std::int64_t>(regrouping.parts.size()) * regrouping.width;
  result.values.resize(static_cast<std::size_t>(result.shape.elements()));
  auto to = result.values.begin();
  for (std::int64_t o = 0; o < outside; ++o) {
    for (const std::vector<std::int64_t>& part : regrouping.parts) {
      const double weight = how == Merge::mean ? 1.0 / static_cast<double>(part.size()) : 1.0;
      for (const std::int64_t old : part) {
        const auto begin = numbers.values.begin() + o * row + old * inside;
        for (std::int64_t i = 0; i < inside; ++i) to[i] += weight * begin[i];
      }
      to += inside;
    }
  }
  return result;
}

}  // namespace banoff::pruning
