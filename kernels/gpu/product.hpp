// Matrix products with all that follows them, by the device's own kernel or a library, whichever is faster.
#pragma once

#include <functional>

#include "kernels/gpu/kernel.hpp"
#include "kernels/gpu/way.hpp"

namespace banoff::gpu {

/// A product as a region asks for it.
struct Product {
  Dot dot;  ///< without pointers and chain: it computes every product there is
  /// The same for a library, without bias and epilogue; none: the matrices of a batch lie in no even steps.
  std::optional<ProductProblem> problem;
  std::size_t a_elements = 0, b_elements = 0;
  std::size_t left = 0;      ///< the region input that is multiplied from the left
  std::optional<int> right;  ///< the region input on the right; none: it is `weights`, which lie as [columns][size]
  std::function<std::vector<float>()> weights;
  std::vector<float> bias;  ///< by column; the chain begins with it. Empty: none
};

/// Operands of a product and of all that follows it.
struct WholeProductArgs {
  const std::byte *a = nullptr, *b = nullptr;
  const std::byte* bias = nullptr;  ///< of the element type, zeros where there is none; null: no weights either
  Chain chain;                      ///< bound
  std::byte* y = nullptr;
  std::byte* workspace = nullptr;
};

/// Whose ways there are: the device's own kernel, a library's product, and a library's convolution of one pixel.
struct ProductWays {
  std::vector<WaySource<WholeProductArgs>> sources;
  std::function<std::unique_ptr<Runner<WholeProductArgs>>(const std::string& name, const std::string& plan)> rebuild;
};
[[nodiscard]] ProductWays product_ways(const Context& context, const Product& product, const Chain& chain);

/// The offer; which way it is turns out when it is made.
[[nodiscard]] JobOffer product_offer(const Context& context, const Region& region, double cost_us,
                                     std::function<Product()> product);

}  // namespace banoff::gpu
