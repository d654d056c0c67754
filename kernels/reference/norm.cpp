#include <algorithm>
#include <cmath>

#include "kernels/reference/context.hpp"
#include "kernels/reference/walk.hpp"

namespace banoff::reference {

template <class T>
Body reference(const BatchNorm& op, Context<T>& context) {
  const Around a = around(context.inputs[0].shape, 1);
  return [=, eps = static_cast<T>(op.eps), weight = context.param(Slot::weight), bias = context.param(Slot::bias),
          mean = context.param(Slot::mean), var = context.param(Slot::var)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const auto c = static_cast<std::size_t>(channel);
      const T normal = (x[i] - mean[c]) / std::sqrt(var[c] + eps);
      y[i] = weight.empty() ? normal : weight[c] * normal + bias[c];
    });
  };
}
BANOFF_REFERENCE(BatchNorm);

template <class T>
Body reference(const Affine& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const Around a = around(shape, resolve_axis(op.axis, shape.rank()));
  return [=, weight = context.param(Slot::weight), bias = context.param(Slot::bias)](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const auto c = static_cast<std::size_t>(channel);
      const T scaled = weight.empty() ? x[i] : weight[c] * x[i];
      y[i] = bias.empty() ? scaled : scaled + bias[c];
    });
  };
}
BANOFF_REFERENCE(Affine);

namespace {

template <class T>
struct Moments {
  T mean, deviation;
};

/// Mean and sqrt(variance + eps) of x(0) … x(count - 1), in two passes.
template <class T, class F>
Moments<T> moments(std::int64_t count, T eps, F&& x) {
  T mean{0};
  for (std::int64_t i = 0; i < count; ++i) mean += x(i);
  mean /= static_cast<T>(count);
  T var{0};
  for (std::int64_t i = 0; i < count; ++i) var += (x(i) - mean) * (x(i) - mean);
  return {mean, std::sqrt(var / static_cast<T>(count) + eps)};
}

}  // namespace

template <class T>
Body reference(const GroupNorm& op, Context<T>& context) {
  const Shape& shape = context.inputs[0].shape;
  const std::int64_t channels = shape[1];
  const std::int64_t groups = op.groups == 0 ? channels : op.groups;
  const std::int64_t plane = shape.elements(2, shape.rank());
  const std::int64_t size = channels / groups * plane;
  return [=, blocks = shape[0] * groups, eps = static_cast<T>(op.eps), weight = context.param(Slot::weight),
          bias = context.param(Slot::bias)](const KernelArgs& args) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const T* x = input<T>(args, 0) + b * size;
      T* y = output<T>(args) + b * size;
      const Moments<T> m = moments(size, eps, [&](std::int64_t i) { return x[i]; });
      for (std::int64_t i = 0; i < size; ++i) {
        const auto c = static_cast<std::size_t>((b * size + i) / plane % channels);
        const T normal = (x[i] - m.mean) / m.deviation;
        y[i] = weight.empty() ? normal : weight[c] * normal + bias[c];
      }
    }
  };
}
BANOFF_REFERENCE(GroupNorm);

template <class T>
Body reference(const LayerNorm& op, Context<T>& context) {
  // The normalised axes in the order they are listed, which is also the order of the parameters, and the others.
  const Shape& shape = context.inputs[0].shape;
  const Strides strides = strides_of(shape);
  Shape rest = shape;
  Shape normalized;
  Strides along{};
  for (std::size_t i = 0; i < op.axes.size(); ++i) {
    const std::size_t axis = resolve_axis(op.axes[i], shape.rank());
    along[i] = strides[axis];
    normalized.push_back(shape[axis]);
    rest[axis] = 1;
  }
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> steps;
  walk(rest, strides, [&](std::int64_t, std::int64_t at) { starts.push_back(at); });
  walk(normalized, along, [&](std::int64_t, std::int64_t at) { steps.push_back(at); });
  return [=, eps = static_cast<T>(op.eps), weight = context.param(Slot::weight),
          bias = context.param(Slot::bias)](const KernelArgs& args) {
    for (const std::int64_t start : starts) {
      const T* x = input<T>(args, 0) + start;
      T* y = output<T>(args) + start;
      const Moments<T> m = moments(std::ssize(steps), eps, [&](std::int64_t i) { return x[steps.data()[i]]; });
      for (std::size_t i = 0; i < steps.size(); ++i) {
        const T normal = (x[steps[i]] - m.mean) / m.deviation;
        y[steps[i]] = weight.empty() ? normal : weight[i] * normal + bias[i];
      }
    }
  };
}
BANOFF_REFERENCE(LayerNorm);

template <class T>
Body reference(const Lrn& op, Context<T>& context) {
  const Around a = around(context.inputs[0].shape, 1);
  return [=](const KernelArgs& args) {
    const T* x = input<T>(args, 0);
    T* y = output<T>(args);
    for_each_along(a, [&](std::int64_t channel, std::int64_t i) {
      const std::int64_t first = std::max<std::int64_t>(channel - (op.size - 1) / 2, 0);
      const std::int64_t last = std::min(channel + op.size / 2, a.size - 1);
      T squares{0};
      for (std::int64_t c = first; c <= last; ++c) {
        const T value = x[i + (c - channel) * a.inner];
        squares += value * value;
      }
      const T mean = static_cast<T>(op.alpha) * squares / static_cast<T>(op.size);
      y[i] = x[i] / std::pow(static_cast<T>(op.bias) + mean, static_cast<T>(op.beta));
    });
  };
}
BANOFF_REFERENCE(Lrn);

}  // namespace banoff::reference
