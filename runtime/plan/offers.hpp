// Asking a device for offers, choosing among them, and making kernels of those taken.
#pragma once

#include "kernels/device.hpp"

namespace banoff {

/// What the device offers for a region, the best first. Here and in `make_kernel` a library that fails, or memory that
/// runs out, is an internal error that names the region's first node.
[[nodiscard]] Offers ranked_offers(const Device& device, const Region& region);

/// The choice: cheapest first, equals in the device's order, what is known to be slow last.
void rank(std::vector<Offer>& offers);

/// The kernel of the first of these offers that can be made; fails when none can.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const Region& region, const std::vector<Offer>& ranked);

/// The kernel of an offer that does not refuse.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const Offer& offer);

}  // namespace banoff
