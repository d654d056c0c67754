// Which rows become one.
#include "runtime/compress/prune/cluster.hpp"

#include <doctest/doctest.h>

using banoff::pruning::Clusters;
using banoff::pruning::Rows;

namespace {
/// 0, 1 and 2 in a chain; 3 and 4 together, far away.
const Rows chain{{0.0}, {1.0}, {2.1}, {9.0}, {9.5}};
}  // namespace

TEST_CASE("the nearest are merged first") {
  CHECK(banoff::pruning::merge_nearest(chain, 4) == Clusters{{0}, {1}, {2}, {3, 4}});
  CHECK(banoff::pruning::merge_nearest(chain, 3) == Clusters{{0, 1}, {2}, {3, 4}});
  CHECK(banoff::pruning::merge_nearest(chain, 1) == Clusters{{0, 1, 2, 3, 4}});
  CHECK(banoff::pruning::merge_nearest(chain, 5).size() == 5);
}

TEST_CASE("no two of a cluster are further apart than the limit") {
  CHECK(banoff::pruning::merge_nearest(chain, 1, 0.4).size() == 5);
  CHECK(banoff::pruning::merge_nearest(chain, 1, 1.2) ==
        Clusters{{0, 1}, {2}, {3, 4}});  // 1 and 2 are within, 0 and 2 not
  CHECK(banoff::pruning::merge_nearest(chain, 1, 2.2) == Clusters{{0, 1, 2}, {3, 4}});
}

TEST_CASE("k-means finds the groups there are") {
  CHECK(banoff::pruning::kmeans(chain, 2) == Clusters{{0, 1, 2}, {3, 4}});
  CHECK(banoff::pruning::kmeans(chain, 1) == Clusters{{0, 1, 2, 3, 4}});
  const Rows equal{{1.0, 2.0}, {3.0, 4.0}, {1.0, 2.0}, {3.0, 4.0}};
  CHECK(banoff::pruning::kmeans(equal, 2) == Clusters{{0, 2}, {1, 3}});
  CHECK(banoff::pruning::kmeans(equal, 3).size() <= 3);
}

TEST_CASE("the change is relative to the rows, and none where equal ones are merged") {
  CHECK(banoff::pruning::change({{3.0, 4.0}, {3.0, 4.0}}, {{0, 1}}) == 0);
  CHECK(banoff::pruning::change({{1.0}, {-1.0}}, {{0, 1}}) == doctest::Approx(1));
  CHECK(banoff::pruning::nearest_distance(chain) == doctest::Approx(0.5));
}
