#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

namespace {

template <class T>
Body means_of(const Reduce& op, const Shape& shape) {
  Shape kept = shape;
  for (const std::int64_t axis : op.axes) kept[resolve_axis(axis, shape.rank())] = 1;
  const std::int64_t means = kept.elements();
  const T count = static_cast<T>(shape.elements() / means);
  return [=, to = broadcast_strides(kept, shape)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    std::fill_n(y, means, T{0});
    walk(shape, to, [&](std::int64_t i, std::int64_t at) { y[at] += x[i]; });
    for (std::int64_t m = 0; m < means; ++m) y[m] /= count;
  };
}

}  // namespace

template <class T>
Body reference(const Softmax& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return [a = around(shape, resolve_axis(op.axis, shape.rank()))](const KernelArgs& args) {
    for (std::int64_t line = 0; line < a.lines(); ++line) {
      const T* x = input<T>(args, 0) + a.start(line);
      T* y = output<T>(args) + a.start(line);
      T largest = x[0];
      for (std::int64_t c = 1; c < a.size; ++c) largest = std::max(largest, x[c * a.inner]);
      T sum{0};
      for (std::int64_t c = 0; c < a.size; ++c) sum += y[c * a.inner] = std::exp(x[c * a.inner] - largest);
      for (std::int64_t c = 0; c < a.size; ++c) y[c * a.inner] /= sum;
    }
  };
}
BANOFF_REFERENCE(Softmax);

namespace {

template <class T>
T reduce(ReduceKind kind, T so_far, T x) {
  switch (kind) {
    case ReduceKind::sum: return sum_of(so_far, x);
    case ReduceKind::max: return larger(so_far, x);
    case ReduceKind::min: return smaller(so_far, x);
    case ReduceKind::prod: return product_of(so_far, x);
    case ReduceKind::mean: break;  // means_of
  }
  return so_far;
}

/// What changes nothing when it is reduced with an element of type E.
template <class E>
auto neutral(ReduceKind kind) {
  using N = decltype(number(E{}));
  if (kind == ReduceKind::sum || kind == ReduceKind::prod) return kind == ReduceKind::sum ? N{0} : N{1};
  const bool largest = kind == ReduceKind::min;
  if constexpr (std::is_same_v<E, Bool>) return largest ? N{1} : N{0};
  else if constexpr (std::is_floating_point_v<N>) return (largest ? N{1} : N{-1}) * std::numeric_limits<N>::infinity();
  else return static_cast<N>(largest ? std::numeric_limits<E>::max() : std::numeric_limits<E>::lowest());
}

}  // namespace

/// Results are gathered in the output itself: a running integer sum wraps as the stored type does.
template <class T>
Body reference(const Reduce& op, Context<T>& context) {
  const Shape shape = context.inputs[0].shape;
  if (op.kind == ReduceKind::mean) return means_of<T>(op, shape);
  Shape kept = shape;
  for (const std::int64_t axis : op.axes) kept[resolve_axis(axis, shape.rank())] = 1;
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [=, kind = op.kind, to = broadcast_strides(kept, shape)](const KernelArgs& args) {
      const E* x = input<E>(args, 0);
      E* y = output<E>(args);
      std::fill_n(y, kept.elements(), cast_element<E>(neutral<E>(kind)));
      walk(shape, to, [&](std::int64_t i, std::int64_t at) {
        y[at] = cast_element<E>(reduce(kind, number(y[at]), number(x[i])));
      });
    };
  });
}
BANOFF_REFERENCE(Reduce);

namespace {

/// Whether a later candidate takes the lead. A NaN is both the largest and the smallest, as NumPy has it.
template <class N>
bool leads(const ArgReduce& op, N candidate, N leader) {
  const bool nan = candidate != candidate, nan_leads = leader != leader;
  if (nan || nan_leads) return nan && (!nan_leads || op.last);
  const bool ahead = op.kind == ArgKind::max ? candidate > leader : candidate < leader;
  return ahead || (op.last && candidate == leader);
}

}  // namespace

template <class T>
Body reference(const ArgReduce& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [op, a = around(shape, resolve_axis(op.axis, shape.rank()))](const KernelArgs& args) {
      for (std::int64_t line = 0; line < a.lines(); ++line) {
        const E* x = input<E>(args, 0) + a.start(line);
        std::int64_t best = 0;
        for (std::int64_t c = 1; c < a.size; ++c) {
          const auto candidate = number(x[c * a.inner]), leader = number(x[best * a.inner]);
          if (leads(op, candidate, leader)) best = c;
        }
        output<std::int64_t>(args)[line] = best;
      }
    };
  });
}
BANOFF_REFERENCE(ArgReduce);

template <class T>
Body reference(const TopK& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const Around a = around(shape, resolve_axis(op.axis, shape.rank()));
  context.scratch_bytes = static_cast<std::size_t>(a.size) * sizeof(std::int64_t);
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [op, a](const KernelArgs& args) {
      auto* order = reinterpret_cast<std::int64_t*>(args.scratch);
      const Around best{a.outer, op.k, a.inner};
      for (std::int64_t line = 0; line < a.lines(); ++line) {
        const E* x = input<E>(args, 0) + a.start(line);
        for (std::int64_t c = 0; c < a.size; ++c) order[c] = c;
        std::partial_sort(order, order + op.k, order + a.size, [&](std::int64_t p, std::int64_t q) {
          const auto left = number(x[p * a.inner]), right = number(x[q * a.inner]);
          if (before(op.largest, left, right)) return true;
          return !before(op.largest, right, left) && p < q;
        });
        for (std::int64_t k = 0; k < op.k; ++k) {
          const std::int64_t to = best.start(line) + k * a.inner;
          output<E>(args)[to] = x[order[k] * a.inner];
          output<std::int64_t>(args, 1)[to] = order[k];
        }
      }
    };
  });
}
BANOFF_REFERENCE(TopK);

template <class T>
Body reference(const Cumulate& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  return visit_held<T>(context.inputs[0].dtype, [&]<class E>(E) -> Body {
    return [op, a = around(shape, resolve_axis(op.axis, shape.rank()))](const KernelArgs& args) {
      const ReduceKind kind = op.kind == CumulateKind::sum ? ReduceKind::sum : ReduceKind::prod;
      for (std::int64_t line = 0; line < a.lines(); ++line) {
        auto running = neutral<E>(kind);
        for (std::int64_t c = 0; c < a.size; ++c) {
          const std::int64_t at = a.start(line) + (op.reverse ? a.size - 1 - c : c) * a.inner;
          const auto before_this = running;
          running = reduce(kind, running, number(input<E>(args, 0)[at]));
          output<E>(args)[at] = cast_element<E>(op.exclusive ? before_this : running);
        }
      }
    };
  });
}
BANOFF_REFERENCE(Cumulate);

}  // namespace banoff::reference
