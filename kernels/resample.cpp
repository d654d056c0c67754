#include "kernels/resample.hpp"

#include "runtime/graph/resampling.hpp"

namespace banoff {

std::vector<std::int64_t> nearest_indices(const Resize& op, std::size_t spatial, std::int64_t in, std::int64_t out) {
  std::vector<std::int64_t> result;
  for (std::int64_t o = 0; o < out; ++o) result.push_back(nearest_source(op, spatial, o, in, out));
  return result;
}

LinearIndices linear_indices(const Resize& op, std::size_t spatial, std::int64_t in, std::int64_t out) {
  LinearIndices result;
  for (std::int64_t o = 0; o < out; ++o) {
    const Between at = linear_source(op, spatial, o, in, out);
    result.low.push_back(at.low);
    result.high.push_back(at.high);
    result.t.push_back(static_cast<float>(at.t));
  }
  return result;
}

}  // namespace banoff
