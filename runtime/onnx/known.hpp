// The one door for tensors that are known while importing: whatever a file asks for, nothing is allocated that was not
// counted before.
#pragma once

#include <onnx/onnx_pb.h>

#include <functional>
#include <map>
#include <span>
#include <tuple>

#include "runtime/graph/graph.hpp"
#include "runtime/onnx/effort.hpp"
#include "runtime/onnx/external_data.hpp"

namespace banoff::onnx_import {

/// A tensor known while importing. KnownTensors alone makes them, and no op takes another kind.
class Known : public Tensor {
 public:
  /// The same storage under another shape of equal size.
  [[nodiscard]] Known reshaped(Shape shape) const { return Known(Tensor::reshaped(shape)); }
  /// KnownTensors::as converts and counts.
  [[nodiscard]] Tensor as(DType type) const = delete;

 private:
  friend class KnownTensors;
  explicit Known(Tensor tensor) : Tensor(std::move(tensor)) {}
};

/// Makes tensors within an allowance: a fixed one, and 8 bytes for each byte that the model's files hold (as much as a
/// number of 1 byte may become). What is made counts as long as the importer lives, so that a peak is bounded as well.
/// Throws bad_input that tells the limit.
class KnownTensors {
 public:
  /// The files are those of `model`, and `fixed` is what may be made besides. What takes time is counted in `effort`,
  /// where one is given.
  KnownTensors(const std::filesystem::path& model, std::int64_t fixed, Effort* effort = nullptr);

  /// The size of the model's files, of those outside as far as they were read.
  [[nodiscard]] std::size_t file_bytes() const noexcept { return file_bytes_; }

  /// Counts what takes time.
  void spend(std::int64_t steps) const;

  /// Counts a copy of a message of the file's, which is kept beside the tensors.
  void keep(std::size_t bytes);

  /// Memory that is needed for a while, such as a list of numbers a tensor is made of.
  class Lease {
   public:
    Lease(KnownTensors& from, std::int64_t bytes) : from_(from), bytes_(bytes) { from_.count(bytes); }
    ~Lease() { from_.used_ -= bytes_; }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    KnownTensors& from_;
    std::int64_t bytes_;
  };
  [[nodiscard]] Lease lend(std::int64_t elements, std::size_t bytes_each = sizeof(double));

  /// A zero-filled tensor and where its maker fills it.
  [[nodiscard]] std::pair<Known, std::byte*> allocate(DType type, const Shape& shape);
  /// The tensor as the model has it, inside or beside the file. Throws bad_input where its data is not what it says.
  [[nodiscard]] Known stored(const onnx::TensorProto& proto);
  /// The same without a copy: data inside the file is taken out of the message.
  [[nodiscard]] Known taken(onnx::TensorProto& proto);
  /// Over memory that was taken out of the message, which counts as if it were new.
  [[nodiscard]] Known adopted(DType type, const Shape& shape, std::shared_ptr<const std::byte> data);
  /// Over the memory of a mapped file, which costs nothing.
  [[nodiscard]] Known mapped(DType type, const Shape& shape, std::shared_ptr<const std::byte> data) const;

  /// `element(i)` in row-major order, converted to `type`.
  [[nodiscard]] Known numbers(DType type, const Shape& shape, const std::function<double(std::int64_t)>& element);
  [[nodiscard]] Known integers(const Shape& shape, const std::function<std::int64_t(std::int64_t)>& element);
  [[nodiscard]] Known integers(std::span<const std::int64_t> values);
  [[nodiscard]] Known filled(DType type, const Shape& shape, double value);
  /// The values stored as `type`; the same tensor where nothing changes.
  [[nodiscard]] Known as(const Known& tensor, DType type);
  /// The tensor with its dimensions in another order: dimension i is dimension to[i] of the result. The same tensor in
  /// the same order is made once.
  [[nodiscard]] Known permuted(const Tensor& tensor, const std::vector<std::int64_t>& to);
  /// What `compute` makes of the inputs in so many steps, in float64 if they are floats; the results are `types` of
  /// size.
  [[nodiscard]] std::vector<Known> computed(std::span<const Tensor> inputs, std::span<const TensorType> types,
                                            std::int64_t steps, const std::function<std::vector<Tensor>()>& compute);

  /// The message with data from outside the file in it.
  [[nodiscard]] onnx::TensorProto with_data_inside(onnx::TensorProto proto);
  /// Data outside the file, which counts as the model's from the first time it is read.
  [[nodiscard]] ExternalData::Bytes external(const onnx::TensorProto& proto);

 private:
  /// Throws where so much more is beyond the limit.
  [[nodiscard]] std::int64_t used_with(std::int64_t bytes) const;
  void count(std::int64_t bytes);
  void spend_on_calls(std::int64_t elements) const;
  void add_file(std::size_t bytes);

  using Order = std::tuple<const void*, DType, std::vector<std::int64_t>, std::vector<std::int64_t>>;

  ExternalData external_;
  Effort* effort_;
  std::map<Order, std::pair<Tensor, Tensor>> permuted_;  ///< by data, type, shape and order: what it was, what it is
  std::size_t file_bytes_ = 0;
  std::int64_t fixed_, stored_ = 0, used_ = 0;
};

}  // namespace banoff::onnx_import
