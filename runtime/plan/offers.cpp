#include "runtime/plan/offers.hpp"

#include <algorithm>
#include <new>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

template <class F>
auto naming_node(const Region& region, F&& body) {
  const auto about = [&](const std::string& reason) {
    return Error(ErrorKind::internal, describe(region.graph->node(region.nodes[0]), reason));
  };
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw about("memory ran out");
  } catch (const std::exception& error) {
    throw about(error.what());
  }
}

}  // namespace

Offers ranked_offers(const Device& device, const Region& region) {
  Offers offers = naming_node(region, [&] { return device.offers(region); });
  if (auto* found = std::get_if<std::vector<Offer>>(&offers)) rank(*found);
  return offers;
}

void rank(std::vector<Offer>& offers) {
  std::ranges::stable_sort(offers, {}, [](const Offer& offer) { return std::pair(offer.slow, offer.cost_us); });
}

std::unique_ptr<Kernel> make_kernel(const Region& region, const std::vector<Offer>& ranked) {
  std::string reasons;
  for (const Offer& offer : ranked) {
    Compiled made = naming_node(region, offer.make);
    if (auto* kernel = std::get_if<std::unique_ptr<Kernel>>(&made)) return std::move(*kernel);
    reasons += fmt::format("\n  {}: {}", offer.implementation, std::get<Refusal>(made).reason);
  }
  fail_internal("{}: offered, then refused:{}", region.graph->node(region.nodes[0]).name, reasons);
}

std::unique_ptr<Kernel> make_kernel(const Offer& offer) {
  Compiled made = offer.make();
  if (const auto* refusal = std::get_if<Refusal>(&made))
    fail_internal("{}: offered, then refused: {}", offer.implementation, refusal->reason);
  return std::move(std::get<std::unique_ptr<Kernel>>(made));
}

}  // namespace banoff
