// The blocks of a convolution, in parallel.
#include <algorithm>

#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/winograd.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// A row of tiles: its image, and its first row of outputs.
struct TileRow {
  std::int64_t image, first, outputs;
};
TileRow row_of(const WinogradCut& cut, const WinogradBlock& block, std::int64_t row) {
  const std::int64_t whole = simd::winograd_outputs(cut.shape.taps_down);
  const std::int64_t tall = block.images * block.tall;
  if (row < tall) return {block.image + row / block.tall, whole * (block.first_tall + row % block.tall), whole};
  const std::int64_t low = row - tall;
  return {block.image + low / block.short_, whole * cut.rows.whole + 3 * (block.first_short + low % block.short_), 3};
}
std::int64_t first_column(const WinogradCut& cut, const WinogradBlock& block) {
  const std::int64_t whole = simd::winograd_outputs(cut.shape.taps_across);
  return block.wide > 0 ? whole * block.first_wide : whole * cut.columns.whole + 3 * block.first_narrow;
}

/// One block of a thread, in its scratch.
class BlockRun {
 public:
  BlockRun(const WinogradCut& cut, const WinogradKernels& kernels, const WinogradRun& run, const WinogradBlock& block,
           float* scratch)
      : cut_(cut),
        kernels_(kernels),
        run_(run),
        block_(block),
        tiles_(block.tiles(cut.shape)),
        lines_(scratch),
        v_(lines_ + cut.line_floats),
        m_(v_ + cut.v_floats) {
    const std::int64_t count = tiles_.rows * tiles_.columns;
    // One vector more than there are: elements at multiples of 4096 bytes would share the sets of a cache.
    v_stride_ = (divide_up(cut.shape.in, cut.lanes) * count + 1) * cut.lanes;
    m_stride_ = (simd::winograd_vectors * count + 1) * cut.lanes;
  }

  void transform_input() const {
    const WinogradShape& shape = cut_.shape;
    for (std::int64_t row = 0; row < tiles_.rows; ++row) {
      const TileRow at = row_of(cut_, block_, row);
      simd::WinogradInput in;
      in.taps_down = shape.taps_down, in.taps_across = shape.taps_across;
      in.channels = shape.in, in.block_stride = run_.from.vector, in.masked = run_.masks_input;
      in.padding = run_.padding;
      in.width = shape.width, in.first_column = first_column(cut_, block_) - shape.pad_left;
      in.tiles = tiles_, in.row = row;
      in.lines = lines_, in.v = v_, in.element_stride = v_stride_;
      for (std::int64_t i = 0; i < at.outputs + shape.taps_down - 1; ++i) {
        const std::int64_t y = at.first + i - shape.pad_top;
        const bool exists = y >= 0 && y < shape.height;
        in.rows[i] = exists ? run_.x + at.image * run_.from.image + y * run_.from.row : nullptr;
        in.strides[i] = exists ? run_.from.pixel : 0;
      }
      kernels_.input(in);
    }
  }

  void compute_group(std::int64_t group) const {
    const WinogradShape& shape = cut_.shape;
    const std::int64_t channel = group * cut_.group_channels();
    const std::int64_t left = divide_up(shape.out - channel, cut_.lanes);
    const std::int64_t vectors = std::min(left, simd::winograd_vectors);
    const float* weights = run_.weights + cut_.weight_elements() * shape.in * channel;
    if (cut_.expands) kernels_.expansion({v_, weights, m_, v_stride_, m_stride_, shape.in, vectors, tiles_});
    else
      kernels_.products({simd::winograd_points(shape.taps_down), simd::winograd_points(shape.taps_across), v_, weights,
                         m_, v_stride_, m_stride_, shape.in, vectors, tiles_});
    for (std::int64_t row = 0; row < tiles_.rows; ++row) {
      const TileRow at = row_of(cut_, block_, row);
      const std::int64_t column = first_column(cut_, block_);
      simd::WinogradOutput out;
      out.taps_down = shape.taps_down, out.taps_across = shape.taps_across;
      out.m = m_, out.element_stride = m_stride_, out.vectors = vectors;
      out.tiles = tiles_, out.row = row;
      out.y = run_.y;
      out.offset = at.image * run_.to.image + at.first * run_.to.row + column * run_.to.pixel +
                   channel / cut_.lanes * run_.to.vector;
      out.row_stride = run_.to.row, out.pixel_stride = run_.to.pixel, out.vector_stride = run_.to.vector;
      out.height = shape.out_height - at.first, out.width = shape.out_width - column;
      out.channel = channel, out.channels = shape.out;
      out.clears_padding = run_.clears_padding;
      out.bias = run_.bias, out.tail = run_.tail;
      kernels_.output(out);
    }
  }

 private:
  const WinogradCut& cut_;
  const WinogradKernels& kernels_;
  const WinogradRun& run_;
  const WinogradBlock& block_;
  simd::WinogradTiles tiles_;
  float *lines_, *v_, *m_;
  std::int64_t v_stride_, m_stride_;
};

}  // namespace

PixelStrides pixel_strides(const Shape& shape, Layout layout, std::int64_t lanes) {
  const Blocks view = blocks_of(shape, layout);
  const bool last = layout == Layout::channels_last;
  return {view.plane(1, 0), shape[3] * view.lanes, view.lanes, last ? lanes : view.plane(0, 1)};
}

WinogradKernels::WinogradKernels(Isa isa)
    : input(simd::winograd_input_kernel(isa)),
      products(simd::winograd_products_kernel(isa)),
      expansion(simd::winograd_expansion_kernel(isa)),
      output(simd::winograd_output_kernel(isa)) {}

void run_winograd(const WinogradCut& cut, const WinogradKernels& kernels, const WinogradRun& run) {
  const std::int64_t tasks = std::ssize(cut.blocks) * cut.shares;
  const auto part = [&](int thread, int given) {
    const int threads = std::min(given, cut.threads);  // for as many there is memory
    if (thread >= threads) return;
    float* const scratch = run.scratch + thread * cut.thread_floats();
    const std::int64_t last = tasks * (thread + 1) / threads;
    for (std::int64_t task = tasks * thread / threads; task < last; ++task) {
      const BlockRun block(cut, kernels, run, cut.blocks[static_cast<std::size_t>(task / cut.shares)], scratch);
      block.transform_input();
      const std::int64_t share = task % cut.shares;
      const std::int64_t end = cut.groups() * (share + 1) / cut.shares;
      for (std::int64_t group = cut.groups() * share / cut.shares; group < end; ++group) block.compute_group(group);
    }
  };
  if (tasks > 1 && cut.threads > 1) on_threads(part);
  else part(0, 1);
}

}  // namespace banoff::cpu
