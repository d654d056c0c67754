// Separable gathers: every output element is the input element whose index along each axis a table gives.
//
// Slices, padding of every mode, transposes, channel shuffles and nearest resizing are all of this kind.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// In place of an index: the fill value of the output element's channel.
inline constexpr std::int64_t outside = -1;

struct GatherTables {
  Shape input, output;
  std::vector<std::vector<std::int64_t>> index;  ///< by output axis: the input's index along `source_axis`, or outside
  std::vector<std::size_t> source_axis;          ///< by output axis
  std::vector<float> fill;                       ///< by output channel (axis 1); empty: nothing is outside
};
/// Tables that copy everything: the starting point of the others.
[[nodiscard]] GatherTables identity_tables(const Shape& input, const Shape& output);

/// A gather made ready for one layout: rows of the output as runs of contiguous input.
class Gather {
 public:
  /// Throws Refused where the blocks of a blocked layout would be torn apart.
  Gather(const GatherTables& tables, Layout layout, std::size_t element_bytes);
  void run(const std::byte* from, std::byte* to) const;
  [[nodiscard]] std::size_t output_bytes() const { return static_cast<std::size_t>(outer_ * row_) * element_; }

 private:
  struct Run {
    std::int64_t from, to, count;  ///< elements; from may be `outside`
  };
  void add_dimension(std::vector<std::int64_t> offsets) { offsets_.push_back(std::move(offsets)); }
  void add_channel_blocks(const GatherTables& tables, std::int64_t width, std::int64_t stride);
  void make_rows();
  void make_fill(const GatherTables& tables, const Blocks& out);
  void run_row(const std::byte* from, std::byte* to, std::int64_t row) const;

  std::vector<std::vector<std::int64_t>> offsets_;  ///< by physical dimension: input offset in elements, or outside
  std::vector<Run> runs_;                           ///< of one row: the trailing dimensions merged
  std::vector<float> fill_;                         ///< one row per index of fill_dimension_
  std::size_t outer_dimensions_ = 0, fill_dimension_ = 0, channel_dimension_ = 0;
  std::int64_t outer_ = 1, row_ = 1;
  std::size_t element_;
};

}  // namespace banoff::cpu
