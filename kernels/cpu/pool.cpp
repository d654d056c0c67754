// Max and average pooling, also adaptive, in every layout.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "kernels/cpu/kernels.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/layout.hpp"

namespace banoff::cpu {

namespace {

/// One spatial dimension: for every output position the taps inside the input and how many count for the average.
struct Axis {
  std::int64_t input = 1, output = 1, kernel = 1, dilation = 1, stride = 1, pad = 0;
  std::vector<std::int64_t> first, last, counted;
};

Axis axis_of(const Window& w, bool count_padding) {
  // Without the taps that no window reads inside the input: a file may ask for a kernel of any size.
  const std::int64_t before = w.pad_begin - (w.output - 1) * w.stride;
  const std::int64_t skipped_by_all = before > 0 ? std::min(w.kernel, (before + w.dilation - 1) / w.dilation) : 0;
  const std::int64_t end = std::min(w.kernel, (w.input - 1 + w.pad_begin) / w.dilation + 1);
  Axis axis{w.input,    w.output, std::max<std::int64_t>(end - skipped_by_all, 0),
            w.dilation, w.stride, w.pad_begin - skipped_by_all * w.dilation,
            {},         {},       {}};
  for (std::int64_t o = 0; o < w.output; ++o) {
    const std::int64_t start = o * w.stride - w.pad_begin;
    const std::int64_t skipped = start < 0 ? (-start + w.dilation - 1) / w.dilation : 0;
    const std::int64_t first = start + skipped * w.dilation;
    const std::int64_t last = std::min(start + (w.kernel - 1) * w.dilation + 1, w.input);
    const std::int64_t inside = last > first ? (last - first - 1) / w.dilation + 1 : 0;
    // A window that sticks out beyond the padding (ceil_mode) does not count what lies there.
    axis.first.push_back(first);
    axis.last.push_back(last);
    const std::int64_t padded = std::min(w.kernel, (w.input + w.pad_end - 1 - start) / w.dilation + 1);
    axis.counted.push_back(count_padding ? padded : inside);
  }
  return axis;
}

Axis adaptive_axis(std::int64_t input, std::int64_t output) {
  Axis axis{input, output, 1, 1, 1, 0, {}, {}, {}};
  for (std::int64_t o = 0; o < output; ++o) {
    axis.first.push_back(AdaptiveAvgPool::begin_of(o, input, output));
    axis.last.push_back(AdaptiveAvgPool::end_of(o, input, output));
    axis.counted.push_back(axis.last.back() - axis.first.back());
    axis.kernel = std::max(axis.kernel, axis.counted.back());
  }
  return axis;
}

/// Three spatial dimensions, the missing ones of size 1; adaptive without an op.
std::array<Axis, 3> axes_of(const Pool* op, const Shape& in, const Shape& out) {
  std::array<Axis, 3> axes;
  const std::vector<Window> spatial = op == nullptr ? std::vector<Window>{} : windows(*op, in);
  const bool count_padding = op != nullptr && op->kind == PoolKind::avg && op->count_include_pad;
  const std::size_t missing = 5 - in.rank();
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t d = i + 2 - missing;  // read only where it is one of the shape's
    if (i < missing) axes[i] = adaptive_axis(1, 1);
    else axes[i] = op == nullptr ? adaptive_axis(in[d], out[d]) : axis_of(spatial[i - missing], count_padding);
  }
  return axes;
}

struct PoolPlan {
  bool max = false;
  bool strided = true;  ///< windows of one size lie a stride apart
  Blocks in, out;
  std::array<Axis, 3> axes;
  std::int64_t extent[3];
  std::vector<float> counted;  ///< the width's, for averages
};

/// Whether rows of this pool are made by loops::max_row and average_row, but for those that lie in padding alone.
bool has_small_windows(const PoolPlan& p) {
  const auto& [depth, height, width] = p.axes;
  if (!p.strided || depth.kernel != 1 || width.dilation != 1 || (height.dilation != 1 && height.kernel > 1))
    return false;
  if (p.out.lanes == 1) return width.kernel > 0 && std::max(width.kernel, width.stride) <= loops::pool_row_columns;
  return p.out.lanes >= 8 && (width.kernel == 2 || width.kernel == 3 || width.kernel == 5) &&
         height.kernel <= width.kernel;
}

/// The row at (d, h) as one of them; none where it reads nothing but padding.
std::optional<loops::PoolRow> small_row(const PoolPlan& p, const float* x, std::int64_t d, std::int64_t h) {
  const auto& [depth, height, width] = p.axes;
  const auto slab = static_cast<std::size_t>(d);
  const auto row = static_cast<std::size_t>(h);
  const std::int64_t rows = height.last[row] - height.first[row];
  if (depth.last[slab] <= depth.first[slab] || rows < 1) return std::nullopt;
  const std::int64_t line = depth.first[slab] * height.input + height.first[row];
  return loops::PoolRow{x + line * width.input * p.in.lanes,
                        rows,
                        width.input,
                        p.in.lanes,
                        width.kernel,
                        width.stride,
                        width.pad,
                        width.output};
}

/// Whether the row is done: it is one of them, and no NaN was met.
bool pool_small_row(const PoolPlan& p, const float* x, float* y, std::int64_t d, std::int64_t h) {
  const auto row = small_row(p, x, d, h);
  if (!row) return false;
  if (p.max) return loops::max_row(*row, y);
  const std::int64_t rows =
      p.axes[0].counted[static_cast<std::size_t>(d)] * p.axes[1].counted[static_cast<std::size_t>(h)];
  loops::average_row(*row, {p.counted.data(), static_cast<float>(rows)}, y);
  return true;
}

void pool_row(const PoolPlan& p, const float* x, float* y, std::int64_t d, std::int64_t h) {
  const auto& [depth, height, width] = p.axes;
  const auto at = [](const std::vector<std::int64_t>& v, std::int64_t i) { return v[static_cast<std::size_t>(i)]; };
  for (std::int64_t w = 0; w < width.output; ++w) {
    const loops::Taps taps{{at(depth.first, d), at(height.first, h), at(width.first, w)},
                           {at(depth.last, d), at(height.last, h), at(width.last, w)},
                           {depth.dilation, height.dilation, width.dilation}};
    float* pixel = y + w * p.out.lanes;
    if (p.max) {
      loops::max_taps(x, p.extent, taps, p.out.lanes, pixel);
    } else {
      const std::int64_t counted = at(depth.counted, d) * at(height.counted, h) * at(width.counted, w);
      loops::sum_taps(x, p.extent, taps, p.out.lanes, 1.0F / static_cast<float>(counted), pixel);
    }
  }
}

/// One lane per channel: whole rows of the output at a time, tap by tap.
void pool_row_plain(const PoolPlan& p, const float* x, float* y, std::int64_t d, std::int64_t h) {
  const auto& [depth, height, width] = p.axes;
  const auto row = static_cast<std::size_t>(h);
  const auto slab = static_cast<std::size_t>(d);
  std::fill(y, y + width.output, p.max ? -std::numeric_limits<float>::infinity() : 0.0F);
  for (std::int64_t id = depth.first[slab]; id < depth.last[slab]; id += depth.dilation) {
    for (std::int64_t ih = height.first[row]; ih < height.last[row]; ih += height.dilation) {
      const float* line = x + (id * height.input + ih) * width.input;
      for (std::int64_t k = 0; k < width.kernel; ++k) {
        const std::int64_t shift = k * width.dilation - width.pad;  // input column of output column 0
        const std::int64_t begin = shift < 0 ? (-shift + width.stride - 1) / width.stride : 0;
        const std::int64_t room = width.input - 1 - shift;
        const std::int64_t end = std::min(width.output, room < 0 ? 0 : room / width.stride + 1);
        if (end <= begin) continue;
        const float* from = line + shift + begin * width.stride;
        if (p.max) loops::max_strided(from, width.stride, y + begin, end - begin);
        else loops::add_strided(from, width.stride, y + begin, end - begin);
      }
    }
  }
  if (p.max) return;
  const std::int64_t counted = depth.counted[slab] * height.counted[row];
  for (std::int64_t w = 0; w < width.output; ++w) {
    y[w] /= static_cast<float>(counted * width.counted[static_cast<std::size_t>(w)]);
  }
}

void run_pool(const PoolPlan& p, const float* x, float* y) {
  const std::int64_t rows = p.axes[0].output * p.axes[1].output;
  const std::int64_t row_elements = p.axes[2].output * p.out.lanes;
  const std::int64_t taps = p.axes[0].kernel * p.axes[1].kernel * p.axes[2].kernel;
  const bool small = has_small_windows(p);
  parallel_for(p.out.n * p.out.blocks * rows, row_elements * taps, [&](std::int64_t task) {
    const std::int64_t plane = task / rows;
    const std::int64_t d = task % rows / p.axes[1].output;
    const std::int64_t h = task % p.axes[1].output;
    const float* from = x + plane * p.in.spatial * p.in.lanes;
    float* to = y + task * row_elements;
    if (small && pool_small_row(p, from, to, d, h)) return;
    if (p.out.lanes == 1 && p.strided) pool_row_plain(p, from, to, d, h);
    else pool_row(p, from, to, d, h);
  });
}

}  // namespace

static Offer offer_pool(const Region& region, int threads) {
  require_float_chain(region);
  const Node& first = region.node(0);
  if (region.nodes.size() != 1) throw Refused{"not a single pooling"};
  if (region.input_layouts[0] != region.output_layouts[0]) throw Refused{"pooling changes no layout"};
  const Shape& shape = region.type(first.inputs[0]).shape;
  const Shape& out = region.type(first.outputs[0]).shape;
  const auto* op = first.as<Pool>();
  PoolPlan plan{op != nullptr && op->kind == PoolKind::max,
                op != nullptr,
                blocks_of(shape, region.input_layouts[0]),
                blocks_of(out, region.input_layouts[0]),
                axes_of(op, shape, out),
                {},
                {}};
  for (std::size_t i = 0; i < 3; ++i) plan.extent[i] = plan.axes[i].input;
  plan.counted.assign(plan.axes[2].counted.begin(), plan.axes[2].counted.end());
  LoopKernelTraits traits{plan.max ? "max_pool" : plan.strided ? "avg_pool" : "adaptive_avg_pool"};
  const auto taps = static_cast<double>(plan.axes[0].kernel * plan.axes[1].kernel * plan.axes[2].kernel);
  const auto made = static_cast<double>(plan.out.elements());
  // A load per tap and eight lanes, at about one per nanosecond; single lanes take four times that, small windows a
  // quarter.
  const double each = (plan.out.lanes == 1 ? 0.4e-3 : 0.08e-3) * (has_small_windows(plan) ? 0.25 : 1.0);
  const double us =
      pass_us(4.0 * (static_cast<double>(plan.in.elements()) + made), threads) + made * taps * each / threads;
  return ready_offer(std::move(traits), us, [plan = std::move(plan)](const KernelArgs& args) {
    run_pool(plan, input(args, 0), output(args, 0));
  });
}

Family pooling() { return family<Pool, AdaptiveAvgPool>(offer_pool); }

}  // namespace banoff::cpu
