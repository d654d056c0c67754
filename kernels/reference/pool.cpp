#include <cmath>
#include <limits>

#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/windows3.hpp"

namespace banoff::reference {

namespace {

/// The taps of output `o` that read inside the input.
Range taps_inside(const Window& w, std::int64_t o) {
  const std::int64_t first = o * w.stride - w.pad_begin;
  const std::int64_t begin = first < 0 ? std::min(w.kernel, (-first + w.dilation - 1) / w.dilation) : 0;
  const std::int64_t end = first < w.input ? std::min(w.kernel, (w.input - 1 - first) / w.dilation + 1) : 0;
  return {begin, std::max(begin, end)};
}

/// How many taps of output `o`'s window lie in the input or its padding; a window that ceil_mode adds can reach past
/// both.
std::int64_t padded_size(const Window& w, std::int64_t o) {
  const std::int64_t first = o * w.stride - w.pad_begin;
  return std::min(w.kernel, (w.input + w.pad_end - 1 - first) / w.dilation + 1);
}

/// Calls f with every place in the input that the window of output `o` reads.
template <class F>
void for_each_in_window(const Windows3& w, const std::array<std::int64_t, 3>& o, F&& f) {
  const std::array<Range, 3> taps{taps_inside(w[0], o[0]), taps_inside(w[1], o[1]), taps_inside(w[2], o[2])};
  const auto at = [&](std::size_t d, std::int64_t k) { return o[d] * w[d].stride + first_position(w[d], k); };
  for (std::int64_t z = taps[0].begin; z < taps[0].end; ++z)
    for (std::int64_t y = taps[1].begin; y < taps[1].end; ++y)
      for (std::int64_t x = taps[2].begin; x < taps[2].end; ++x) f(std::array{at(0, z), at(1, y), at(2, x)});
}

template <class T>
T pool_one(const Pool& op, const Windows3& w, const std::array<std::int64_t, 3>& o, const T* in) {
  const auto value = [&](const std::array<std::int64_t, 3>& at) {
    return in[(at[0] * w[1].input + at[1]) * w[2].input + at[2]];
  };
  if (op.kind == PoolKind::max) {
    T best = -std::numeric_limits<T>::infinity();
    for_each_in_window(w, o, [&](const auto& at) { best = larger(best, value(at)); });
    return best;
  }
  T sum{0};
  std::int64_t count = 0;
  for_each_in_window(w, o, [&](const auto& at) { sum += value(at), ++count; });
  if (op.count_include_pad) count = padded_size(w[0], o[0]) * padded_size(w[1], o[1]) * padded_size(w[2], o[2]);
  return count == 0 ? T{0} : sum / static_cast<T>(count);
}

}  // namespace

template <class T>
Body reference(const Pool& op, Context<T>& context) {
  const Shape& in_shape = context.inputs[0].shape;
  const Windows3 w = three(windows(op, in_shape));
  const std::int64_t planes = in_shape.elements(0, 2);
  return [=](const KernelArgs& args) {
    T* out = output<T>(args);
    for (std::int64_t p = 0; p < planes; ++p) {
      const T* in = input<T>(args, 0) + p * inputs_of(w);
      for (std::int64_t z = 0; z < w[0].output; ++z)
        for (std::int64_t y = 0; y < w[1].output; ++y)
          for (std::int64_t x = 0; x < w[2].output; ++x) *out++ = pool_one(op, w, {z, y, x}, in);
    }
  };
}
BANOFF_REFERENCE(Pool);

template <class T>
Body reference(const GlobalPool& op, Context<T>& context) {
  const Shape& in_shape = context.inputs[0].shape;
  const std::int64_t planes = in_shape.elements(0, 2);
  const std::int64_t size = in_shape.elements(2, in_shape.rank());
  return [=](const KernelArgs& args) {
    for (std::int64_t p = 0; p < planes; ++p) {
      const T* in = input<T>(args, 0) + p * size;
      T result = op.kind == PoolKind::max ? -std::numeric_limits<T>::infinity() : T{0};
      for (std::int64_t i = 0; i < size; ++i)
        result = op.kind == PoolKind::max ? larger(result, in[i]) : result + in[i];
      output<T>(args)[p] = op.kind == PoolKind::max ? result : result / static_cast<T>(size);
    }
  };
}
BANOFF_REFERENCE(GlobalPool);

template <class T>
Body reference(const AdaptiveAvgPool&, Context<T>& context) {
  std::array<std::int64_t, 3> from{1, 1, 1}, to{1, 1, 1};
  const Shape& in_shape = context.inputs[0].shape;
  const Shape& out_shape = context.outputs[0].shape;
  for (std::size_t d = 2; d < in_shape.rank(); ++d) {
    from[d + 3 - in_shape.rank()] = in_shape[d];
    to[d + 3 - in_shape.rank()] = out_shape[d];
  }
  const auto bin = [=](std::size_t d, std::int64_t o) {
    return Range{AdaptiveAvgPool::begin_of(o, from[d], to[d]), AdaptiveAvgPool::end_of(o, from[d], to[d])};
  };
  return [=, planes = in_shape.elements(0, 2)](const KernelArgs& args) {
    const T* in = input<T>(args, 0);
    T* out = output<T>(args);
    const auto mean = [&](Range slabs, Range rows, Range columns) {
      T sum{0};
      for (std::int64_t z = slabs.begin; z < slabs.end; ++z)
        for (std::int64_t y = rows.begin; y < rows.end; ++y)
          for (std::int64_t x = columns.begin; x < columns.end; ++x) sum += in[(z * from[1] + y) * from[2] + x];
      return sum / static_cast<T>(slabs.size() * rows.size() * columns.size());
    };
    for (std::int64_t p = 0; p < planes; ++p, in += from[0] * from[1] * from[2]) {
      for (std::int64_t z = 0; z < to[0]; ++z)
        for (std::int64_t y = 0; y < to[1]; ++y)
          for (std::int64_t x = 0; x < to[2]; ++x) *out++ = mean(bin(0, z), bin(1, y), bin(2, x));
    }
  };
}
BANOFF_REFERENCE(AdaptiveAvgPool);

namespace {

/// Where in its plane the maximum of window `o` stands; of several the first, and a NaN before everything.
template <class T>
std::array<std::int64_t, 3> maximum_in_window(const Windows3& w, const std::array<std::int64_t, 3>& o, const T* in) {
  std::array<std::int64_t, 3> best{-1, -1, -1};
  T largest{};
  for_each_in_window(w, o, [&](const std::array<std::int64_t, 3>& at) {
    const T value = in[(at[0] * w[1].input + at[1]) * w[2].input + at[2]];
    if (best[0] < 0 || value > largest || (value != value && largest == largest)) best = at, largest = value;
  });
  return best;
}

}  // namespace

template <class T>
Body reference(const MaxPoolIndices& op, Context<T>& context) {
  const Shape& in_shape = context.inputs[0].shape;
  const Windows3 w = three(windows(op.pool, in_shape));
  return [=, planes = in_shape.elements(0, 2), turned = op.column_major](const KernelArgs& args) {
    auto* y = output<std::int64_t>(args);
    for (std::int64_t p = 0; p < planes; ++p) {
      const T* in = input<T>(args, 0) + p * inputs_of(w);
      for (std::int64_t i = 0; i < outputs_of(w); ++i) {
        const std::array o{i / w[2].output / w[1].output, i / w[2].output % w[1].output, i % w[2].output};
        const auto [z, row, column] = maximum_in_window(w, o, in);
        const std::int64_t within =
            turned ? (column * w[1].input + row) * w[0].input + z : (z * w[1].input + row) * w[2].input + column;
        *y++ = p * inputs_of(w) + within;
      }
    }
  };
}
BANOFF_REFERENCE(MaxPoolIndices);

}  // namespace banoff::reference
