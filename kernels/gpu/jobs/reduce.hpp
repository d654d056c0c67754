// Reductions: each result is joined from parts that neighbouring threads make, and then every part finishes its share.
//
// `height` threads work on one result, `width` results lie side by side in a block of threads. The parts of a result
// take its elements in turn, so that threads that are neighbours read neighbours.
#pragma once

#include "kernels/gpu/chain.hpp"
#include "kernels/gpu/jobs/walked.hpp"

namespace banoff::gpu {

struct Shares {
  int outputs = 0;
  int width = 1, height = 1;
};

enum class SummaryKind : std::uint8_t { mean, sum, prod, max, min };

BANOFF_HD inline float joined(SummaryKind kind, float a, float b) {
  switch (kind) {
    case SummaryKind::max: return larger(a, b);
    case SummaryKind::min: return smaller(a, b);
    case SummaryKind::prod: return a * b;
    default: return a + b;
  }
}

/// Many elements as one; y[output].
struct Summary {
  DType type = DType::f32;
  Shares shares;
  SummaryKind kind = SummaryKind::mean;
  int size = 1;
  Strided output, element;
  const void* x = nullptr;
  void* y = nullptr;

  using Partial = float;
  template <class T>
  BANOFF_HD Partial part(int o, int part, int parts) const {
    const auto* from = static_cast<const T*>(x);
    const int start = output.at(o);
    float result = load(from, start + element.at(part));  // there are no more parts than elements
    for (int i = part + parts; i < size; i += parts) result = join(result, load(from, start + element.at(i)));
    return result;
  }
  BANOFF_HD Partial join(Partial a, Partial b) const { return joined(kind, a, b); }
  template <class T>
  BANOFF_HD void finish(int o, int part, int, Partial total) const {
    if (part == 0) store(static_cast<T*>(y), o, kind == SummaryKind::mean ? total / static_cast<float>(size) : total);
  }
};

/// Where the largest or smallest of `size` elements `stride` apart stands, the first (or last) of equal ones; results
/// are [outer][inner], as i64.
struct FindBest {
  DType type = DType::f32;
  Shares shares;
  bool largest = true, last = false;
  int size = 1, stride = 1;  ///< stride is also the number of results that lie side by side
  const void* x = nullptr;
  void* y = nullptr;

  struct Partial {
    float value;
    int index;
  };
  template <class T>
  BANOFF_HD Partial part(int o, int part, int parts) const {
    const auto* from = static_cast<const T*>(x) + (o / stride * size * stride + o % stride);
    Partial best{load(from, part * stride), part};
    for (int i = part + parts; i < size; i += parts) best = join(best, {load(from, i * stride), i});
    return best;
  }
  /// A NaN is both the largest and the smallest, as NumPy has it.
  BANOFF_HD Partial join(Partial a, Partial b) const {
    const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
    if (a_is_nan != b_is_nan) return a_is_nan ? a : b;
    if (a_is_nan || a.value == b.value) return (a.index < b.index) == last ? b : a;
    return (b.value > a.value) == largest ? b : a;
  }
  template <class T>
  BANOFF_HD void finish(int o, int part, int, Partial total) const {
    if (part == 0) static_cast<std::int64_t*>(y)[o] = total.index;
  }
};

/// Softmax down `size` elements `stride` apart; results are [outer][inner].
struct SoftmaxRows {
  DType type = DType::f32;
  Shares shares;
  int size = 1, stride = 1;  ///< stride is also the number of results that lie side by side
  const void* x = nullptr;
  void* y = nullptr;

  struct Partial {
    float max, sum;  ///< of e^(x - max)
  };
  template <class T>
  BANOFF_HD Partial part(int o, int part, int parts) const {
    const auto* from = static_cast<const T*>(x);
    Partial p{-INFINITY, 0};
    for (int i = part; i < size; i += parts) p = join(p, {load(from, at(o, i)), 1});
    return p;
  }
  BANOFF_HD Partial join(Partial a, Partial b) const {
    const float max = most(a.max, b.max);
    const auto scaled = [max](Partial p) { return p.sum == 0 ? 0.0F : p.sum * expf(p.max - max); };
    return {max, scaled(a) + scaled(b)};
  }
  template <class T>
  BANOFF_HD void finish(int o, int part, int parts, Partial total) const {
    for (int i = part; i < size; i += parts) {
      store(static_cast<T*>(y), at(o, i), expf(load(static_cast<const T*>(x), at(o, i)) - total.max) / total.sum);
    }
  }

 private:
  BANOFF_HD int at(int o, int i) const { return (o / stride * size + i) * stride + o % stride; }
};

/// Normalises groups of elements by their own mean and variance, then scales and shifts: group and layer norm.
struct Normalise {
  DType type = DType::f32;
  Shares shares;
  int size = 1;
  Strided output, element;
  float eps = 0;
  const float *scale = nullptr, *shift = nullptr;  ///< by parameter; null: 1 and 0
  /// The parameter of element i of result o: o % groups * per_group + i / inner % per_group.
  int groups = 1, per_group = 1, inner = 1;
  const void* x = nullptr;
  void* y = nullptr;

  struct Partial {
    float count, mean, squares;  ///< squares: sum of (x - mean)^2
  };
  template <class T>
  BANOFF_HD Partial part(int o, int part, int parts) const {
    const auto* from = static_cast<const T*>(x);
    const int start = output.at(o);
    Partial p{0, 0, 0};
    for (int i = part; i < size; i += parts) {
      const float value = load(from, start + element.at(i));
      p.count += 1;
      const float before = value - p.mean;
      p.mean += before / p.count;
      p.squares += before * (value - p.mean);
    }
    return p;
  }
  BANOFF_HD Partial join(Partial a, Partial b) const {
    const float count = a.count + b.count;
    if (count == 0) return a;
    const float apart = b.mean - a.mean;
    const float share = b.count / count;
    return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
  }
  template <class T>
  BANOFF_HD void finish(int o, int part, int parts, Partial total) const {
    const auto* from = static_cast<const T*>(x);
    const int start = output.at(o);
    const float factor = 1 / sqrtf(total.squares / total.count + eps);
    for (int i = part; i < size; i += parts) {
      const int at = start + element.at(i);
      const int parameter = o % groups * per_group + i / inner % per_group;
      const float normal = (load(from, at) - total.mean) * factor;
      const float scaled = scale == nullptr ? normal : scale[parameter] * normal;
      store(static_cast<T*>(y), at, shift == nullptr ? scaled : scaled + shift[parameter]);
    }
  }
};

/// Products of rows of a with columns of b, one result each: result (m, r, c) of [batch][rows][columns].
struct Dot {
  DType type = DType::f32;
  Shares shares;
  bool packed = false;  ///< both lie in steps of 1, and in whole packs
  int size = 1, rows = 1, columns = 1;
  int a_row = 0, a_step = 1, b_column = 0, b_step = 1;
  Strided a_batch, b_batch;
  const void *a = nullptr, *b = nullptr;
  void* y = nullptr;
  Chain chain;

  using Partial = float;
  template <class T>
  BANOFF_HD Partial part(int o, int part, int parts) const {
    const int column = o % columns;
    const int row = o / columns % rows;
    const int batch = o / columns / rows;
    const auto* p = static_cast<const T*>(a) + a_batch.at(batch) + row * a_row;
    const auto* q = static_cast<const T*>(b) + b_batch.at(batch) + column * b_column;
    float sum = 0;
    if (packed) {
      constexpr int V = wide<T>;
      for (int i = part * V; i < size; i += parts * V) {
        float u[V], w[V];
        load(p, i, u);
        load(q, i, w);
        for (int v = 0; v < V; ++v) sum += u[v] * w[v];
      }
    } else {
      for (int i = part; i < size; i += parts) sum += load(p, i * a_step) * load(q, i * b_step);
    }
    return sum;
  }
  BANOFF_HD Partial join(Partial x, Partial z) const { return x + z; }
  template <class T>
  BANOFF_HD void finish(int o, int part, int, Partial total) const {
    if (part != 0) return;
    float value[1] = {total};
    apply<T>(chain, o, value);
    store(static_cast<T*>(y), o, value[0]);
  }
};

}  // namespace banoff::gpu
