// Which pools have windows that read nothing, told from every tap of every window.
#include <doctest/doctest.h>

#include "banoff/error.hpp"
#include "runtime/graph/signature.hpp"

using namespace banoff;

namespace {

bool reads_nothing(const Window& w, std::int64_t o) {
  for (std::int64_t k = 0; k < w.kernel; ++k) {
    const std::int64_t at = o * w.stride - w.pad_begin + k * w.dilation;
    if (at >= 0 && at < w.input) return false;
  }
  return true;
}

bool some_read_nothing(const Window& w) {
  for (std::int64_t o = 0; o < w.output; ++o) {
    if (reads_nothing(w, o)) return true;
  }
  return false;
}

bool refused(const Pool& pool, const TensorType& input) {
  try {
    (void)signature(pool, std::array{input});
    return false;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_input);
    return true;
  }
}

/// Every pool of few taps on every small input that it fits into.
template <class F>
void for_each_pool(const F& f) {
  for (const std::int64_t size : {1, 2, 3, 5}) {
    for (std::int64_t kernel = 1; kernel <= 3; ++kernel) {
      for (std::int64_t dilation = 1; dilation <= 6; ++dilation) {
        for (std::int64_t stride = 1; stride <= 4; ++stride) {
          for (std::int64_t begin = 0; begin <= 9; ++begin) {
            for (std::int64_t end = 0; end <= 9; ++end) {
              Pool pool;
              pool.kernel = kernel, pool.stride = Spatial(stride), pool.dilation = dilation;
              pool.padding = {Padding::Mode::given, begin, end};
              if (size + begin + end > (kernel - 1) * dilation) f(pool, TensorType{DType::f32, {1, 2, size}, false});
            }
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("a pool is refused exactly when one of its windows reads nothing but padding") {
  int accepted = 0;
  for_each_pool([&](Pool pool, const TensorType& input) {
    for (const bool ceil : {false, true}) {
      pool.ceil_mode = ceil;
      const bool expected = some_read_nothing(windows(pool, input.shape)[0]);
      accepted += expected ? 0 : 1;
      REQUIRE(refused(pool, input) == expected);
    }
  });
  CHECK(accepted > 5000);
}

TEST_CASE("a mean over windows that count their padding may read nothing else") {
  Pool pool;
  pool.kind = PoolKind::avg;
  pool.kernel = 2, pool.stride = Spatial(1), pool.dilation = 5;
  pool.padding = {Padding::Mode::given, 4, 4};
  const TensorType picture{DType::f32, {1, 1, 3, 3}, false};
  CHECK(refused(pool, picture));
  pool.count_include_pad = true;
  CHECK_FALSE(refused(pool, picture));
}
