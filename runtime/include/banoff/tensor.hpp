// Dense tensors: element type, shape, shared immutable storage.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "banoff/export.h"

namespace banoff {

/// Integers are two's complement and wrap: what an operation gives is taken modulo 2^bits.
enum class DType : std::uint8_t { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };
inline constexpr std::size_t dtype_count = static_cast<std::size_t>(DType::boolean) + 1;

[[nodiscard]] BANOFF_API std::size_t size_of(DType type) noexcept;
[[nodiscard]] BANOFF_API std::string_view name_of(DType type) noexcept;
/// The type called `name` ("f32", "i64", …); throws bad_input for any other word.
[[nodiscard]] BANOFF_API DType dtype_named(std::string_view name);

/// Sizes of a tensor, outermost first (NCHW for images). At most `max_rank` dimensions, stored in place.
class BANOFF_API Shape {
 public:
  static constexpr std::size_t max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  /// Throws bad_input when there are more than max_rank dimensions.
  explicit Shape(std::span<const std::int64_t> dims);

  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::int64_t operator[](std::size_t i) const noexcept { return dims_[i]; }
  [[nodiscard]] std::int64_t& operator[](std::size_t i) noexcept { return dims_[i]; }
  [[nodiscard]] const std::int64_t* begin() const noexcept { return dims_.data(); }
  [[nodiscard]] const std::int64_t* end() const noexcept { return dims_.data() + rank_; }
  [[nodiscard]] std::int64_t back() const noexcept { return dims_[rank_ - 1]; }
  void push_back(std::int64_t dim);
  /// Product of all sizes; throws bad_input on overflow or a negative size.
  [[nodiscard]] std::int64_t elements() const;
  /// Product of the sizes in [first, last).
  [[nodiscard]] std::int64_t elements(std::size_t first, std::size_t last) const;
  [[nodiscard]] std::string str() const;  ///< "1x3x224x224"; "scalar" for rank 0
  [[nodiscard]] std::vector<std::int64_t> vec() const { return {begin(), end()}; }

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  std::array<std::int64_t, max_rank> dims_{};
  std::size_t rank_ = 0;
};

/// A dense row-major tensor whose storage is shared and never changes once published. Copies are cheap.
class BANOFF_API Tensor {
 public:
  Tensor() = default;
  /// A tensor over storage owned elsewhere (a mapped file, a vector). `data` keeps it alive.
  Tensor(DType type, Shape shape, std::shared_ptr<const std::byte> data)
      : type_(type), shape_(shape), data_(std::move(data)) {}

  template <class T>
  [[nodiscard]] static Tensor of(Shape shape, std::vector<T> values);
  /// A zero-filled tensor and the pointer through which its maker fills it before anyone else sees it.
  [[nodiscard]] static std::pair<Tensor, std::byte*> allocate(DType type, Shape shape);

  [[nodiscard]] DType dtype() const noexcept { return type_; }
  [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::int64_t elements() const { return shape_.elements(); }
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(elements()) * size_of(type_); }
  [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
  [[nodiscard]] explicit operator bool() const noexcept { return data_ != nullptr; }
  /// The elements; throws internal when T is not the tensor's type.
  template <class T>
  [[nodiscard]] std::span<const T> values() const;
  /// The elements converted to T (exactly where T can hold them).
  template <class T>
  [[nodiscard]] std::vector<T> to_vector() const;
  /// The same values stored as `type` (rounded to nearest even); shares storage when nothing changes.
  [[nodiscard]] Tensor as(DType type) const;
  /// The same storage under another shape of equal size.
  [[nodiscard]] Tensor reshaped(Shape shape) const;

 private:
  DType type_ = DType::f32;
  Shape shape_;
  std::shared_ptr<const std::byte> data_;
};

}  // namespace banoff
