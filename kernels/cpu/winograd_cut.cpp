// How a convolution's image is cut into blocks of tiles.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "kernels/cpu/winograd.hpp"
#include "kernels/region.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// V beyond this is read from memory, once per group of output channels.
constexpr std::int64_t cache_floats = std::int64_t{1} << 20;
/// More tiles gain nothing over reading a block's weights for these, and what a block keeps should stay near.
constexpr std::int64_t most_in_block = 56;
/// Weights beyond this do not stay in the third-level cache from block to block.
constexpr double cached_weights = 16e6;
/// Of a convolution: a list of blocks is kept.
constexpr std::int64_t most_tiles = std::int64_t{1} << 24;

/// The beginning of part `i` of `parts` about equal ones.
std::int64_t part(std::int64_t count, std::int64_t parts, std::int64_t i) { return count * i / parts; }

/// One way to cut: `row_parts` by `column_parts` blocks of an image, or blocks of `images` whole ones.
struct Grid {
  std::int64_t images = 1, row_parts = 1, column_parts = 1;
};

std::vector<WinogradBlock> blocks_of(const WinogradCut& cut, const Grid& grid) {
  std::vector<WinogradBlock> blocks;
  const auto range = [](const TileSplit& split, std::int64_t parts, std::int64_t i) {
    const std::int64_t begin = part(split.count(), parts, i);
    const std::int64_t end = part(split.count(), parts, i + 1);
    const std::int64_t whole = std::min(end, split.whole) - std::min(begin, split.whole);
    return std::array{std::min(begin, split.whole), whole, std::max<std::int64_t>(begin - split.whole, 0),
                      end - begin - whole};
  };
  for (std::int64_t image = 0; image < cut.shape.images; image += grid.images) {
    for (std::int64_t r = 0; r < grid.row_parts; ++r) {
      for (std::int64_t c = 0; c < grid.column_parts; ++c) {
        const auto [tall, talls, low, lows] = range(cut.rows, grid.row_parts, r);
        const auto [wide, wides, narrow, narrows] = range(cut.columns, grid.column_parts, c);
        blocks.push_back({image, std::min(grid.images, cut.shape.images - image), tall, talls, low, lows, wide, wides,
                          narrow, narrows});
      }
    }
  }
  return blocks;
}

/// Measured costs in cycles of a core: `fma` vectors of products are computed in one; `first_bytes` of weights read in
/// one from memory while there is something to compute, `least_bytes` while there is not, `next_bytes` from a cache;
/// `input` for a vector that the input's transform stores, `output` for one that the
/// output's reads. Microseconds are those of
/// oneDNN's prices (onednn/cost.cpp), of a core with vectors of 8 at 3.25 GHz.
struct Costs {
  double fma, first_bytes, least_bytes, next_bytes, input, output, cycles_per_us;
  std::int64_t most_tiles;  ///< of one pass over the weights
};
constexpr Costs costs_of(Isa isa) {
  const std::int64_t tiles = simd::winograd_tiles_at_once(isa);
  if (isa == Isa::avx512) return {1.85, 25, 10, 80, 2.7, 4, 3250.0 / 2, tiles};
  const double cycles_per_us = 3250.0 * 8 / static_cast<double>(lanes_of(isa));
  return {1.8, 25, 10, 40, 1.6, 2.5, cycles_per_us, tiles};  // AVX2's, by vector: NEON's are not measured
}

/// What a thread computes at a time: a block, for so many vectors of output channels.
struct Piece {
  simd::WinogradTiles tiles;
  int points_down, points_across;
  std::int64_t in_vectors, out_vectors;
  double in;
};

double transform_cycles(const Piece& piece, const Costs& costs) {
  const simd::WinogradTiles& tiles = piece.tiles;
  const auto all = static_cast<double>(tiles.rows * tiles.columns * piece.points_across * piece.points_down);
  const double columns = static_cast<double>(tiles.output_column(tiles.columns) + 2);
  const double stored = static_cast<double>(piece.points_down * tiles.rows) * columns + all;
  return costs.input * stored * static_cast<double>(piece.in_vectors) +
         costs.output * all * static_cast<double>(piece.out_vectors);
}

double product_cycles(const Piece& piece, const Costs& costs) {
  double each = 0;
  for (int e = 0; e < piece.points_down * piece.points_across; ++e) {
    const std::int64_t count = piece.tiles.of_element(e / piece.points_across, e % piece.points_across);
    const std::int64_t chunks = divide_up(count, costs.most_tiles);
    // Fewer than four rows of two vectors wait for each other's additions.
    each +=
        static_cast<double>(std::max(count, 4 * chunks)) * piece.in / costs.fma + 10.0 * static_cast<double>(chunks);
  }
  return each * static_cast<double>(piece.out_vectors);
}

/// What expands weights loads a broadcast for every product, and six vectors of weights for a row of elements.
double expansion_cycles(const Piece& piece, const Costs& costs) {
  double loads = 0;
  for (int row = 0; row < piece.points_down; ++row) {
    const std::int64_t rows = row == simd::winograd_left_out ? piece.tiles.tall : piece.tiles.rows;
    loads += static_cast<double>(rows * (5 * piece.tiles.columns + piece.tiles.wide)) + 6;
  }
  return loads / costs.fma * piece.in * static_cast<double>(piece.out_vectors);
}

/// Cycles until the last thread is done.
double cycles(const WinogradCut& cut, const Grid& grid, std::int64_t shares, bool expands, const Costs& costs) {
  const std::int64_t blocks = divide_up(cut.shape.images, grid.images) * grid.row_parts * grid.column_parts;
  const auto largest = [](const TileSplit& split, std::int64_t parts) {
    const std::int64_t count = divide_up(split.count(), parts);
    return TileSplit{std::min(count, split.whole), count - std::min(count, split.whole)};
  };
  const auto [tall, low] = largest(cut.rows, grid.row_parts);
  const auto [wide, narrow] = largest(cut.columns, grid.column_parts);
  const WinogradBlock block{0, grid.images, 0, tall, 0, low, 0, wide, 0, narrow};
  const Piece piece{block.tiles(cut.shape),
                    simd::winograd_points(cut.shape.taps_down),
                    simd::winograd_points(cut.shape.taps_across),
                    divide_up(cut.shape.in, cut.lanes),
                    divide_up(cut.vectors(), shares),
                    static_cast<double>(cut.shape.in)};
  const auto tasks = static_cast<double>(divide_up(blocks * shares, cut.threads));
  const auto elements = static_cast<double>(expands ? simd::winograd_sums * simd::winograd_sums : cut.elements());
  const double bytes = 4.0 * elements * piece.in * static_cast<double>(piece.out_vectors * cut.lanes);
  const double next = bytes / (bytes > cached_weights ? costs.first_bytes : costs.next_bytes);
  const double computing = expands ? expansion_cycles(piece, costs) : product_cycles(piece, costs);
  return tasks * (transform_cycles(piece, costs) + computing + next) +
         std::max(bytes / costs.first_bytes - next, bytes / costs.least_bytes - tasks * computing);
}

std::int64_t element_floats(std::int64_t vectors, std::int64_t lanes) { return (vectors + 1) * lanes; }

void measure_scratch(WinogradCut& cut) {
  const std::int64_t in = divide_up(cut.shape.in, cut.lanes);
  for (const WinogradBlock& block : cut.blocks) {
    const simd::WinogradTiles tiles = block.tiles(cut.shape);
    const std::int64_t count = tiles.rows * tiles.columns;
    const std::int64_t columns = tiles.output_column(tiles.columns) + cut.shape.taps_across - 1;
    cut.line_floats = std::max(cut.line_floats, simd::winograd_points(cut.shape.taps_down) * columns * cut.lanes);
    cut.v_floats = std::max(cut.v_floats, cut.elements() * element_floats(in * count, cut.lanes));
    cut.m_floats = std::max(cut.m_floats, cut.elements() * element_floats(simd::winograd_vectors * count, cut.lanes));
  }
}

}  // namespace

bool winograd_has(std::int64_t taps_down, std::int64_t taps_across) {
  constexpr std::pair<std::int64_t, std::int64_t> taps[] = {{3, 3}, {1, 3}, {3, 1}, {5, 5}, {1, 7}, {7, 1}};
  return std::ranges::count(taps, std::pair(taps_down, taps_across)) > 0;
}

TileSplit split_tiles(std::int64_t outputs, int taps) {
  if (taps != 3) return {divide_up(outputs, simd::winograd_outputs(taps)), 0};
  TileSplit best{0, divide_up(outputs, 3)};
  const auto elements = [](const TileSplit& split) { return 6 * split.whole + 5 * split.threes; };
  for (std::int64_t threes = 0; threes < 4; ++threes) {
    const TileSplit split{divide_up(std::max<std::int64_t>(outputs - 3 * threes, 0), 4), threes};
    if (elements(split) <= elements(best)) best = split;
  }
  return best;
}

namespace {

/// The ways that are worth a look: blocks of as many tiles as fit, and of fewer.
std::vector<Grid> grids_of(const WinogradCut& cut, const Costs& costs) {
  const std::int64_t tile_floats = cut.elements() * cut.shape.in;
  const std::int64_t most = std::max(costs.most_tiles, std::min(most_in_block, cache_floats / tile_floats));
  const std::int64_t rows = cut.rows.count();
  const std::int64_t columns = cut.columns.count();
  std::vector<Grid> grids;
  for (std::int64_t images = 1; images <= cut.shape.images && images * rows * columns <= most; ++images)
    grids.push_back({images, 1, 1});
  for (std::int64_t in_block = 1; in_block <= rows && (in_block == 1 || in_block * columns <= most); ++in_block)
    grids.push_back({1, divide_up(rows, in_block), divide_up(in_block * columns, most)});
  return grids;
}

}  // namespace

WinogradCut cut_winograd(const WinogradShape& shape, const Machine& machine) {
  const Costs costs = costs_of(machine.isa);
  WinogradCut cut;
  cut.shape = shape;
  cut.rows = split_tiles(shape.out_height, shape.taps_down);
  cut.columns = split_tiles(shape.out_width, shape.taps_across);
  cut.lanes = lanes_of(machine.isa);
  cut.threads = machine.threads;
  if (checked_mul(checked_mul(shape.images, cut.rows.count()), cut.columns.count()) > most_tiles)
    throw Refused{"more tiles than an own kernel takes"};
  Grid best;
  double least = std::numeric_limits<double>::infinity();
  const bool can_expand =
      shape.taps_down == 3 && shape.taps_across == 3 && simd::winograd_expansion_kernel(machine.isa) != nullptr;
  for (const Grid& grid : grids_of(cut, costs)) {
    const std::int64_t tiles =
        grid.images * divide_up(cut.rows.count(), grid.row_parts) * divide_up(cut.columns.count(), grid.column_parts);
    for (std::int64_t shares = 1; shares <= std::min<std::int64_t>(cut.groups(), cut.threads); ++shares) {
      for (const bool expands : {false, true}) {
        if (expands && (!can_expand || tiles > simd::winograd_few)) continue;
        const double now = cycles(cut, grid, shares, expands, costs);
        if (now < least) best = grid, cut.shares = shares, cut.expands = expands, least = now;
      }
    }
  }
  cut.blocks = blocks_of(cut, best);
  cut.us = 1.0 + least / costs.cycles_per_us;
  measure_scratch(cut);
  return cut;
}

}  // namespace banoff::cpu
