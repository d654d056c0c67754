// Random nets of all kinds of ops: whatever is folded, the answers stay.
#include "tests/folding/check.hpp"
#include "tests/folding/random_net.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("random nets answer the same after every method, and banoff folds at least what naive does") {
  std::size_t norms = 0, naive = 0, banoff = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const Graph net = random_net(seed);
    const Outcome simple = fold_with(net, Method::naive);
    const Outcome full = fold_with(net, Method::banoff);
    CHECK(simple.error < 1e-9);
    CHECK(full.error < 1e-9);
    CHECK(full.report.folded() >= simple.report.folded());
    for (const Outcome* outcome : {&simple, &full}) {
      for (const FoldedNorm& norm : outcome->report.norms) {
        INFO(norm.name << ": " << norm.reason);
        CHECK(norm.blocker != Blocker::self_check);
        CHECK(norm.folded == (outcome->folded.find(norm.name) == none));
      }
    }
    norms += full.report.norms.size(), naive += simple.report.folded(), banoff += full.report.folded();
  }
  // The generator must not drift to where nothing can be folded, or everything.
  CHECK(naive > norms / 10);
  CHECK(banoff > naive + norms / 20);
  CHECK(banoff < norms);
}
