#include <doctest/doctest.h>

#include "banoff/error.hpp"
#include "kernels/layout.hpp"

using namespace banoff;

namespace {

constexpr Layout layouts[] = {Layout::plain, Layout::channels_last, Layout::blocked8, Layout::blocked16};

/// Where each element lies, in the order of the shape, and how many there is room for.
std::vector<std::int64_t> places(const Shape& shape, Layout layout) {
  const Blocks view = blocks_of(shape, layout);
  std::vector<std::int64_t> result{elements_of(shape, layout)};
  for (std::int64_t n = 0; n < view.n; ++n)
    for (std::int64_t c = 0; c < view.channels; ++c)
      for (std::int64_t s = 0; s < view.spatial; ++s)
        result.push_back(view.plane(n, c / view.lanes) + s * view.lanes + c % view.lanes);
  return result;
}

}  // namespace

TEST_CASE("two layouts have the same bytes exactly where every element lies at the same place") {
  for (const std::int64_t channels : {1, 3, 8, 12, 16, 24, 32}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 3}, {2, 1}, {2, 2}}) {
      const Shape shape{2, channels, height, width};
      for (const Layout a : layouts) {
        for (const Layout b : layouts) {
          CAPTURE(shape.str());
          CAPTURE(name_of(a));
          CAPTURE(name_of(b));
          CHECK(same_bytes(shape, a, b) == (places(shape, a) == places(shape, b)));
        }
      }
    }
  }
}

TEST_CASE("one channel, one pixel or one full block makes two layouts the same") {
  CHECK(same_bytes({1, 16, 1, 1}, Layout::plain, Layout::blocked8));
  CHECK_FALSE(same_bytes({1, 12, 1, 1}, Layout::plain, Layout::blocked8));
  CHECK(same_bytes({2, 12, 1, 1}, Layout::plain, Layout::channels_last));
  CHECK_FALSE(same_bytes({1, 16, 2, 1}, Layout::plain, Layout::channels_last));
  CHECK(same_bytes({2, 1, 4, 5}, Layout::plain, Layout::channels_last));
  CHECK(same_bytes({2, 8, 4, 5}, Layout::channels_last, Layout::blocked8));
  CHECK_FALSE(same_bytes({2, 8, 4, 5}, Layout::channels_last, Layout::blocked16));
  CHECK_FALSE(same_bytes({2, 16, 4, 5}, Layout::blocked8, Layout::blocked16));
}

TEST_CASE("strides count the elements between neighbours, in layouts without blocks") {
  CHECK(strides_of({2, 3, 4, 5}, Layout::plain) == std::vector<std::int64_t>{60, 20, 5, 1});
  CHECK(strides_of({2, 3, 4, 5}, Layout::channels_last) == std::vector<std::int64_t>{60, 1, 15, 3});
  CHECK(strides_of({2, 3}, Layout::channels_last) == std::vector<std::int64_t>{3, 1});
  CHECK_THROWS_AS((void)strides_of({2, 8, 4, 5}, Layout::blocked8), Error);
}
