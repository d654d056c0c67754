// Parts of random networks: an operator with odd attributes, or a few that belong together.
#pragma once

#include <map>

#include "tests/networks/network_writer.hpp"

namespace banoff::test {

/// How a network is made: drawn once for each.
struct NetworkKind {
  NetworkFloat type = NetworkFloat::f32;
  std::int64_t opset = 17;
  std::size_t space = 2;  ///< 1 to 3 spatial dimensions
  std::int64_t batch = 1;
  bool symbolic_batch = false;  ///< N, and then sizes are computed from it
};

/// Every part reads x (batch, channels, space…) and returns what it made, of the same number of dimensions.
class NetworkParts {
 public:
  NetworkParts(std::uint64_t seed, const NetworkKind& kind) : dice_(seed), kind_(kind), net_(kind.type, kind.opset) {}

 protected:
  using Value = NetworkValue;
  using Sizes = std::vector<std::int64_t>;

  // network_layers.cpp
  Value conv(const Value& x, std::int64_t out, std::int64_t kernel, double bias = 0);
  Value random_conv(const Value& x);
  Value shared_conv(const Value& x);
  Value conv_transpose(const Value& x);
  Value norm(const Value& x);
  Value norm_of_large_mean(const Value& x);
  Value activation(const Value& x);
  Value pool(const Value& x);
  Value dense(const Value& x);
  Value recurrent(const Value& x);
  Value residual(const Value& x);
  Value gate(const Value& x);
  Value barrier(const Value& x);
  // network_moves.cpp
  Value with_constant(const Value& x);
  Value sum(const Value& x);
  Value product(const Value& x);
  Value concat(const Value& x);
  Value split(const Value& x);
  Value slice(const Value& x);
  Value channels_last(const Value& x);
  Value flat_space(const Value& x);
  Value shuffled(const Value& x);
  Value padded(const Value& x);
  Value resized(const Value& x);
  Value reshaped_by_batch(const Value& x);
  Value expanded_by_batch(const Value& x);

  [[nodiscard]] bool chance(double p) { return dice_.chance(p); }
  [[nodiscard]] std::int64_t channels(const Value& x) const { return x.shape[1]; }
  [[nodiscard]] std::int64_t smallest_side(const Value& x) const;
  [[nodiscard]] std::int64_t largest_side(const Value& x) const;
  /// A constant of normal numbers.
  std::string weights(const Shape& shape, double deviation = 1);
  /// Values of the pool with the shape of x, but for one dimension; x itself is one.
  std::vector<Value> alike(const Value& x, std::size_t except = Shape::max_rank);
  Value transposed(const Value& x, const Sizes& perm);
  Value reshaped(const Value& x, const Shape& to);
  /// The batch size as the network itself tells it, a vector of one number.
  std::string batch_of(const Value& x);

  Draws dice_;
  NetworkKind kind_;
  NetworkWriter net_;
  std::vector<Value> pool_;

 private:
  Value convolved(const Value& x, const Shape& weight, const std::string& name, std::int64_t groups, double bias);
  Value normalized(const Value& x, std::vector<double> mean);

  std::map<std::string, Shape> shared_;  ///< weights of convolutions that may be used again
};

}  // namespace banoff::test
