// Ops with random attributes, grown from a pool of values.
#pragma once

#include "tests/folding/random_net.hpp"

namespace banoff::test {

/// Every maker reads x (batch, channels, height, width) and returns what it made, of the same rank; what else may be
/// read later goes to the pool.
class RandomOps {
 public:
  RandomOps(std::uint64_t seed, const RandomNet& options) : net_(seed), options_(options) {
    net_.positive_gamma = options.positive_gamma;
  }

 protected:
  [[nodiscard]] bool chance(double p) { return net_.uniform(0, 1) < p; }
  [[nodiscard]] const Shape& shape(ValueId value) const { return net_.type(value).shape; }
  /// A value, with a liking for the newest.
  [[nodiscard]] ValueId pick();
  /// Values of the shape of x in all dimensions but `except`.
  [[nodiscard]] std::vector<ValueId> alike(ValueId x, std::optional<std::size_t> except = {});
  [[nodiscard]] ValueId one_of(const std::vector<ValueId>& values);

  ValueId conv(ValueId x);
  /// A 1x1 conv that keeps the shape, so that sums find a partner; returns x, the partner is in the pool.
  ValueId conv_like(ValueId x);
  ValueId conv_transpose(ValueId x);
  ValueId norm(ValueId x);
  ValueId activation(ValueId x);
  ValueId sum(ValueId x);
  ValueId with_constant(ValueId x);
  ValueId gate(ValueId x);
  ValueId pool(ValueId x);
  ValueId channels(ValueId x);
  ValueId space(ValueId x);
  /// Channels last and back again, with a dense layer, a product with a matrix or nothing between.
  ValueId turned(ValueId x);
  /// A channel shuffle spelled out.
  ValueId shuffled(ValueId x);
  /// An op that lets no gauge through.
  ValueId barrier(ValueId x);
  /// A pre-activation residual block: its norm reads the stream, its last conv adds to it.
  ValueId residual(ValueId x);
  /// Flattens x and ends in an output.
  void head(ValueId x);

  GraphBuilder net_;
  RandomNet options_;
  std::vector<ValueId> pool_;
  int norms_ = 0;
};

}  // namespace banoff::test
