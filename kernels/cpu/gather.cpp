#include "kernels/cpu/gather.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/cpu/parallel.hpp"

namespace banoff::cpu {

namespace {
/// Rows shorter than this are merged with the next dimension, so that finding a row's place costs little; not into more
/// runs than this, nor into rows that leave nothing for other threads.
constexpr std::int64_t row_elements = 512, most_runs = 512, longest_row = 16 * 1024;

bool joins(std::int64_t before, std::int64_t next) { return before == outside ? next == outside : next == before + 1; }

std::int64_t runs_of(const std::vector<std::int64_t>& row) {
  std::int64_t runs = 1;
  for (std::size_t i = 1; i < row.size(); ++i) runs += joins(row[i - 1], row[i]) ? 0 : 1;
  return runs;
}

bool is_identity(const std::vector<std::int64_t>& index, std::int64_t size) {
  for (std::size_t i = 0; i < index.size(); ++i)
    if (index[i] != static_cast<std::int64_t>(i)) return false;
  return std::ssize(index) == size;
}
}  // namespace

GatherTables identity_tables(const Shape& input, const Shape& output) {
  GatherTables tables{input, output, {}, {}, {}};
  for (std::size_t axis = 0; axis < output.rank(); ++axis) {
    auto& index = tables.index.emplace_back(static_cast<std::size_t>(output[axis]));
    std::iota(index.begin(), index.end(), 0);
    tables.source_axis.push_back(axis);
  }
  return tables;
}

Gather::Gather(const GatherTables& tables, Layout layout, std::size_t element_bytes) : element_(element_bytes) {
  const Shape& in = tables.input;
  const std::size_t rank = in.rank();
  const bool plain = layout == Layout::plain || rank < 3;
  const Blocks blocks = blocks_of(in, plain ? Layout::plain : layout);
  // Input strides by axis, in this layout.
  std::vector<std::int64_t> stride(rank, 1);
  std::int64_t step = plain ? 1 : blocks.lanes;
  for (std::size_t axis = rank; axis-- > (plain ? 0U : 2U);) {
    stride[axis] = step;
    step *= in[axis];
  }
  if (!plain) stride[1] = 1, stride[0] = blocks.blocks * blocks.spatial * blocks.lanes;
  const auto scaled = [&](std::size_t axis) {
    std::vector<std::int64_t> offsets = tables.index[axis];
    for (std::int64_t& at : offsets)
      if (at != outside) at *= stride[tables.source_axis[axis]];
    return offsets;
  };
  if (!plain && !std::ranges::is_sorted(tables.source_axis))
    throw Refused{"axes change places in a layout other than plain"};
  if (plain || layout == Layout::channels_last) {
    channel_dimension_ = plain ? 1 : tables.output.rank() - 1;
    for (std::size_t axis = 0; axis < tables.output.rank(); ++axis)
      if (plain || axis != 1) add_dimension(scaled(axis));
    if (!plain) add_dimension(scaled(1));
  } else {
    channel_dimension_ = 1;
    add_dimension(scaled(0));
    add_channel_blocks(tables, blocks.lanes, blocks.spatial * blocks.lanes);
    for (std::size_t axis = 2; axis < rank; ++axis) add_dimension(scaled(axis));
    std::vector<std::int64_t> lanes(static_cast<std::size_t>(blocks.lanes));
    std::iota(lanes.begin(), lanes.end(), 0);
    add_dimension(std::move(lanes));
  }
  make_rows();
  if (!tables.fill.empty()) make_fill(tables, blocks_of(tables.output, plain ? Layout::plain : layout));
}

void Gather::add_channel_blocks(const GatherTables& tables, std::int64_t width, std::int64_t stride) {
  const auto& index = tables.index[1];
  const std::int64_t channels = std::ssize(index);
  if (!is_identity(index, tables.input[1]) && channels % width != 0) throw Refused{"channels are not whole blocks"};
  std::vector<std::int64_t> offsets;
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int64_t at = index[static_cast<std::size_t>(c)];
    const bool first = c % width == 0;
    if (first) offsets.push_back(at / width * stride);
    const bool continues = first ? at % width == 0 : at == index[static_cast<std::size_t>(c - 1)] + 1;
    if (at == outside || !continues) throw Refused{"channel blocks would be torn apart"};
  }
  add_dimension(std::move(offsets));
}

void Gather::make_rows() {
  outer_dimensions_ = offsets_.size();
  std::vector<std::int64_t> row{0};
  while (outer_dimensions_ > 0) {
    const auto& next = offsets_[outer_dimensions_ - 1];
    const std::int64_t elements = std::ssize(row) * std::ssize(next);
    const bool enough = std::ssize(row) >= row_elements || elements > longest_row ||
                        (elements > row_elements && runs_of(row) * std::ssize(next) > most_runs);
    if (outer_dimensions_ < offsets_.size() && enough) break;
    std::vector<std::int64_t> merged;
    merged.reserve(row.size() * next.size());
    for (const std::int64_t base : next) {
      for (const std::int64_t at : row) merged.push_back(base == outside || at == outside ? outside : base + at);
    }
    row = std::move(merged);
    --outer_dimensions_;
  }
  row_ = std::ssize(row);
  for (std::int64_t i = 0; i < row_; ++i) {
    const std::int64_t from = row[static_cast<std::size_t>(i)];
    if (i > 0 && joins(row[static_cast<std::size_t>(i - 1)], from)) ++runs_.back().count;
    else runs_.push_back({from, i, 1});
  }
  for (std::size_t d = 0; d < outer_dimensions_; ++d) outer_ *= std::ssize(offsets_[d]);
}

void Gather::make_fill(const GatherTables& tables, const Blocks& out) {
  const bool by_channel = channel_dimension_ < outer_dimensions_;
  fill_dimension_ = by_channel ? channel_dimension_ : outer_dimensions_;
  const std::int64_t rows = by_channel ? std::ssize(offsets_[channel_dimension_]) : 1;
  std::int64_t inner = 1;  // elements of the dimensions behind the channels
  for (std::size_t d = channel_dimension_ + 1; d < offsets_.size(); ++d) inner *= std::ssize(offsets_[d]);
  const std::int64_t blocks = std::ssize(offsets_[channel_dimension_]);
  const bool blocked = out.lanes > 1 && channel_dimension_ == 1;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < row_; ++i) {
      const std::int64_t block = by_channel ? r : i / inner % blocks;
      const std::int64_t channel = blocked ? block * out.lanes + i % out.lanes : block;
      fill_.push_back(channel < std::ssize(tables.fill) ? tables.fill[static_cast<std::size_t>(channel)] : 0.0F);
    }
  }
}

void Gather::run_row(const std::byte* from, std::byte* to, std::int64_t row) const {
  std::int64_t base = 0;
  std::int64_t fill_row = 0;
  std::int64_t rest = row;
  for (std::size_t d = outer_dimensions_; d-- > 0;) {
    const std::int64_t size = std::ssize(offsets_[d]);
    const std::int64_t at = offsets_[d][static_cast<std::size_t>(rest % size)];
    if (d == fill_dimension_) fill_row = rest % size;
    base = at == outside || base == outside ? outside : base + at;
    rest /= size;
  }
  const auto* fill = fill_.empty() ? nullptr : reinterpret_cast<const std::byte*>(fill_.data() + fill_row * row_);
  if (base == outside) {
    std::memcpy(to, fill, static_cast<std::size_t>(row_) * element_);
    return;
  }
  for (const Run& run : runs_) {
    const std::byte* source = run.from == outside ? fill + static_cast<std::size_t>(run.to) * element_
                                                  : from + static_cast<std::size_t>(base + run.from) * element_;
    std::byte* target = to + static_cast<std::size_t>(run.to) * element_;
    // The common short runs as constant sizes, which need no call.
    if (run.count == 1 && element_ == 4) std::memcpy(target, source, 4);
    else if (run.count == 8 && element_ == 4) std::memcpy(target, source, 32);
    else if (run.count == 16 && element_ == 4) std::memcpy(target, source, 64);
    else std::memcpy(target, source, static_cast<std::size_t>(run.count) * element_);
  }
}

void Gather::run(const std::byte* from, std::byte* to) const {
  const std::size_t row_bytes = static_cast<std::size_t>(row_) * element_;
  parallel_for(outer_, row_,
               [&](std::int64_t row) { run_row(from, to + static_cast<std::size_t>(row) * row_bytes, row); });
}

}  // namespace banoff::cpu
