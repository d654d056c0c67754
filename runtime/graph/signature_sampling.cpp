// Shape rules of the ops in ops_sampling.hpp.
#include <cmath>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

Signature signature(const GridSample&, InputTypes inputs) {
  const Shape& x = inputs[0].shape;
  const Shape& grid = inputs[1].shape;
  for (const TensorType& input : inputs) refuse_bounded(input, "grid_sample");
  const bool fits = x.rank() >= 3 && x.rank() <= 5 && grid.rank() == x.rank() && grid[0] == x[0] &&
                    grid.back() == static_cast<std::int64_t>(x.rank()) - 2;
  if (!fits || x.elements() == 0) {
    fail_input("images {} and grid {}, expected [N, C, spatial…] and [N, spatial…, 1 to 3]", x.str(), grid.str());
  }
  Shape out{x[0], x[1]};
  for (std::size_t i = 1; i + 1 < grid.rank(); ++i) out.push_back(grid[i]);
  return {{{inputs[0].dtype, out, false}}, {}};
}

Signature signature(const RoiAlignBatch& op, InputTypes inputs) {
  const TensorType &x = inputs[0], &boxes = inputs[1], &pictures = inputs[2];
  refuse_bounded(x, "roi_align_batch");
  if (!is_float(x.dtype) || !is_float(boxes.dtype) || !is_integer(pictures.dtype)) {
    fail_input("{}, boxes {} and pictures {}, expected floats, floats and integers", x.str(), boxes.str(),
               pictures.str());
  }
  if (x.shape.rank() != 4 || x.shape.elements() == 0 || boxes.shape.rank() != 2 || boxes.shape[1] != 4 ||
      pictures.shape != Shape{boxes.shape[0]} || boxes.bounded != pictures.bounded) {
    fail_input("{}, boxes {} and pictures {}, expected [N, C, H, W], [K, 4] and [K]", x.str(), boxes.str(),
               pictures.str());
  }
  if (!op.size.fits(2)) fail_input("size has {} values, expected one or two", op.size.values.size());
  for (const std::size_t d : {0U, 1U}) {
    const std::int64_t bins = op.size.at(d);
    if (bins < 1 || bins > RoiAlign::most_points || op.sampling < 0 || op.sampling > RoiAlign::most_points / bins) {
      fail_input("size {} with sampling {}: expected at most {} points in each direction", bins, op.sampling,
                 RoiAlign::most_points);
    }
  }
  if (!(op.scale > 0) || !std::isfinite(op.scale)) fail_input("scale is {}, expected a positive number", op.scale);
  return {{{x.dtype, {boxes.shape[0], x.shape[1], op.size.at(0), op.size.at(1)}, boxes.bounded}}, {}};
}

}  // namespace banoff
