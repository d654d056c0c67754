// Pools of small windows, a row of the output at a time: what lies above each other is folded first, and columns that
// neighbouring windows share stay in registers.
#include "kernels/cpu/loops.hpp"

namespace banoff::cpu::loops {

namespace {

constexpr int width_of_vector = 8;
using Vector = float __attribute__((vector_size(width_of_vector * sizeof(float))));

inline Vector load(const float* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
inline void store(float* p, Vector v) { __builtin_memcpy(p, &v, sizeof(v)); }

/// The maximum of numbers. A NaN among them may be lost, but not in `met`, a sum of all values: that is NaN where one
/// of them is (or where infinities of both signs meet).
struct Max {
  static constexpr float start = -__builtin_inff();
  template <class T>
  static T of(T a, T b) {
    return b > a ? b : a;
  }
};
struct Sum {
  static constexpr float start = 0;
  template <class T>
  static T of(T a, T b) {
    return a + b;
  }
};
template <class F>
constexpr bool watches = false;
template <>
constexpr bool watches<Max> = true;

inline bool has_nan(Vector v) {
  bool found = false;
  for (int i = 0; i < width_of_vector; ++i) found |= v[i] != v[i];
  return found;
}

template <int Value>
struct Number {
  constexpr operator int() const { return Value; }  // NOLINT(google-explicit-constructor): it is one
};
/// f(0), f(1), … as so many statements: in a loop GCC would keep the arrays below in memory instead of registers.
template <int Count, class F>
inline void times(const F& f) {
  if constexpr (Count > 0) {
    times<Count - 1>(f);
    f(Number<Count - 1>{});
  }
}

template <int Count>
struct Lanes {
  Vector v[Count];
};

/// `Count` vectors of lanes of a whole row. Windows are `Kernel` wide, of which the next shares `Held` columns.
template <class F, int Count, int Kernel, int Held>
bool slide(const PoolRow& r, const Counted* counted, std::int64_t lane, float* y) {
  using Column = Lanes<Count>;
  float start[Count * width_of_vector];
  for (float& s : start) s = F::start;
  // A row that is not there gives what changes nothing.
  const float* rows[Kernel];
  std::int64_t steps[Kernel];
  times<Kernel>([&](auto k) {
    const bool inside = k < r.rows;
    rows[k] = inside ? r.x + k * r.width * r.lanes + lane : start;
    steps[k] = inside ? r.lanes : 0;
  });
  Column met{};
  const auto column = [&](std::int64_t at) {
    Column c;
    times<Count>([&](auto i) { c.v[i] = load(start); });
    if (at < 0 || at >= r.width) return c;
    times<Kernel>([&](auto k) {
      const float* const p = rows[k] + at * steps[k];
      times<Count>([&](auto i) {
        const Vector v = load(p + i * width_of_vector);
        if constexpr (watches<F>) met.v[i] += v;
        c.v[i] = k == 0 ? v : F::of(c.v[i], v);
      });
    });
    return c;
  };
  Column window[Kernel];
  times<Held>([&](auto k) { window[k] = column(k - r.pad); });
  float factor = 0, taps = -1;  // of the pixel before
  for (std::int64_t o = 0; o < r.output; ++o) {
    const std::int64_t first = o * r.stride - r.pad;
    times<Kernel - Held>([&](auto k) { window[Held + k] = column(first + Held + k); });
    if constexpr (!watches<F>) {
      if (counted->columns[o] != taps) taps = counted->columns[o], factor = 1.0F / (taps * counted->rows);
    }
    float* const to = y + o * r.lanes + lane;
    times<Count>([&](auto i) {
      Vector v = window[0].v[i];
      times<Kernel - 1>([&](auto k) { v = F::of(v, window[k + 1].v[i]); });
      if constexpr (!watches<F>) v *= factor;
      store(to + i * width_of_vector, v);
    });
    times<Held>([&](auto k) { window[k] = window[k + Kernel - Held]; });
  }
  bool clean = true;
  if constexpr (watches<F>) times<Count>([&](auto i) { clean = clean && !has_nan(met.v[i]); });
  return clean;
}

template <class F, int Count>
bool slide_lanes(const PoolRow& r, const Counted* counted, std::int64_t lane, float* y) {
  if constexpr (Count == 1) {
    if (r.kernel == 5 && r.stride == 1) return slide<F, Count, 5, 4>(r, counted, lane, y);
    if (r.kernel == 5) return slide<F, Count, 5, 0>(r, counted, lane, y);
  }
  if (r.kernel == 2) {
    return r.stride == 1 ? slide<F, Count, 2, 1>(r, counted, lane, y) : slide<F, Count, 2, 0>(r, counted, lane, y);
  }
  if (r.stride == 1) return slide<F, Count, 3, 2>(r, counted, lane, y);
  if (r.stride == 2) return slide<F, Count, 3, 1>(r, counted, lane, y);
  return slide<F, Count, 3, 0>(r, counted, lane, y);
}

/// Lanes that fill no vector are done together with some that were done before.
template <class F>
bool slide_all(const PoolRow& r, const Counted* counted, float* y) {
  constexpr std::int64_t one = width_of_vector, two = 2 * width_of_vector;
  bool clean = true;
  if (r.lanes < two || r.kernel == 5) {  // five columns of two vectors would not fit into the registers
    for (std::int64_t l = 0; l < r.lanes; l += one)
      clean = slide_lanes<F, 1>(r, counted, l + one <= r.lanes ? l : r.lanes - one, y) && clean;
    return clean;
  }
  for (std::int64_t l = 0; l < r.lanes; l += two)
    clean = slide_lanes<F, 2>(r, counted, l + two <= r.lanes ? l : r.lanes - two, y) && clean;
  return clean;
}

/// f(i) for the beginnings of vectors that cover [begin, end), the last of which may overlap the one before; single(i)
/// where not even one fits.
template <class F, class Single>
inline void cover(std::int64_t begin, std::int64_t end, const F& f, const Single& single) {
  if (end - begin < width_of_vector) {
    for (std::int64_t i = begin; i < end; ++i) single(i);
    return;
  }
  std::int64_t i = begin;
  for (; i + width_of_vector <= end; i += width_of_vector) f(i);
  if (i < end) f(end - width_of_vector);
}

/// Columns folded over their rows, `count` of them from column `at` on; those outside the input change nothing.
template <class F>
Vector fold_columns(const PoolRow& r, std::int64_t at, std::int64_t count, float* to) {
  const std::int64_t before = at < 0 ? (-at < count ? -at : count) : 0;
  const std::int64_t room = r.width - at;
  const std::int64_t end = room < count ? (room > before ? room : before) : count;
  for (std::int64_t i = 0; i < before; ++i) to[i] = F::start;
  for (std::int64_t i = end; i < count; ++i) to[i] = F::start;
  Vector met{};
  const auto column = [&](auto first, std::int64_t i, auto take) {
    auto v = first;
    const float* p = r.x + at + i;
    for (std::int64_t k = 0; k < r.rows; ++k, p += r.width) v = F::of(v, take(p));
    return v;
  };
  Vector nothing;
  for (int i = 0; i < width_of_vector; ++i) nothing[i] = F::start;
  cover(
      before, end,
      [&](std::int64_t i) {
        store(to + i, column(nothing, i, [&](const float* p) {
                const Vector v = load(p);
                if constexpr (watches<F>) met += v;
                return v;
              }));
      },
      [&](std::int64_t i) {
        to[i] = column(F::start, i, [&](const float* p) {
          if constexpr (watches<F>) met[0] += *p;
          return *p;
        });
      });
  return met;
}

/// Eight values `Stride` (1 or 2) apart. Reads a vector beyond them.
template <int Stride>
inline Vector load_strided(const float* p) {
  if constexpr (Stride == 1) return load(p);
  else return __builtin_shufflevector(load(p), load(p + width_of_vector), 0, 2, 4, 6, 8, 10, 12, 14);
}

/// y[i] = the fold of `kernel` values from x[i * stride] on.
template <class F>
void fold_windows(const float* x, const PoolRow& r, std::int64_t count, float* y) {
  const auto single = [&](std::int64_t i) {
    float v = x[i * r.stride];
    for (std::int64_t k = 1; k < r.kernel; ++k) v = F::of(v, x[i * r.stride + k]);
    y[i] = v;
  };
  const auto vectors = [&](auto stride) {
    const auto fold = [&](std::int64_t i) {
      Vector v = load_strided<stride>(x + i * stride);
      for (std::int64_t k = 1; k < r.kernel; ++k) v = F::of(v, load_strided<stride>(x + i * stride + k));
      store(y + i, v);
    };
    cover(0, count, fold, single);
  };
  if (r.stride == 1) return vectors(Number<1>{});
  if (r.stride == 2) return vectors(Number<2>{});
  for (std::int64_t i = 0; i < count; ++i) single(i);
}

/// One lane: the row in pieces whose columns lie in a buffer.
template <class F>
bool fold_plain(const PoolRow& r, const Counted* counted, float* y) {
  constexpr std::int64_t room = pool_row_columns;
  float columns[room + 2 * width_of_vector];
  const std::int64_t piece = (room - r.kernel) / r.stride + 1;
  Vector met{};
  for (std::int64_t o = 0; o < r.output; o += piece) {
    const std::int64_t count = o + piece < r.output ? piece : r.output - o;
    met += fold_columns<F>(r, o * r.stride - r.pad, (count - 1) * r.stride + r.kernel, columns);
    fold_windows<F>(columns, r, count, y + o);
  }
  if constexpr (watches<F>) return !has_nan(met);
  for (std::int64_t o = 0; o < r.output; ++o) y[o] /= counted->columns[o] * counted->rows;
  return true;
}

}  // namespace

bool max_row(const PoolRow& row, float* y) {
  return row.lanes == 1 ? fold_plain<Max>(row, nullptr, y) : slide_all<Max>(row, nullptr, y);
}

void average_row(const PoolRow& row, const Counted& counted, float* y) {
  if (row.lanes == 1) fold_plain<Sum>(row, &counted, y);
  else slide_all<Sum>(row, &counted, y);
}

}  // namespace banoff::cpu::loops
