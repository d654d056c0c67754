// Folding one norm after the other costs what each changes: no copy of the network is made for any of them.
#include <doctest/doctest.h>

#include <atomic>

#include "tests/folding/outcome.hpp"
#include "tests/support/count_allocations.hpp"
#include "tests/support/graph_builder.hpp"

namespace {
std::atomic<std::size_t> bytes_allocated = 0;
}

[[maybe_unused]] static void count_allocation(std::size_t bytes, void*) { bytes_allocated += bytes; }

using namespace banoff;

namespace {

/// Of every four norms one folds back, one forward, and one not at all.
Graph tower(std::int64_t norms) {
  test::GraphBuilder net;
  ValueId x = net.input({1, 2, 4, 4});
  for (std::int64_t i = 0; i < norms; i += 4) {
    x = net.relu(net.bn(net.conv(x, 2, 1)));
    x = net.conv(net.bn(x), 2, 1);
    x = net.relu(net.bn(net.relu(x)));
    x = net.relu(net.bn(net.conv(x, 2, 1)));
  }
  net.output(x);
  return net.graph;
}

std::size_t bytes_to_fold(std::int64_t norms, Method method) {
  Graph graph = tower(norms);
  FoldOptions options;
  options.method = method;
  const std::size_t before = bytes_allocated;
  const FoldReport report = fold(graph, {}, options, reference::compute<double>, test::us_by_nodes);
  const std::size_t bytes = bytes_allocated - before;
  CHECK(static_cast<std::int64_t>(report.folded()) == norms * 3 / 4);
  return bytes;
}

}  // namespace

TEST_CASE("what is allocated grows with the number of norms, not with its square" *
          doctest::skip(!counts_allocations)) {
  for (const Method method : {Method::naive, Method::banoff}) {
    CAPTURE(name_of(method));
    const std::size_t some = bytes_to_fold(100, method);
    const std::size_t more = bytes_to_fold(400, method);
    CHECK(static_cast<double>(more) < 4.4 * static_cast<double>(some));
  }
}
