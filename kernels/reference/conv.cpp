#include "kernels/reference/context.hpp"
#include "kernels/reference/windows3.hpp"

namespace banoff::reference {

namespace {

/// A tap of the kernel, and the outputs for which it reads inside the input.
struct Tap {
  std::array<std::int64_t, 3> at;
  Range planes, rows, pixels;
};

std::vector<Tap> taps_over(const Windows3& w) {
  std::vector<Tap> taps;
  for_each_tap(w, [&](const auto& k, std::int64_t) {
    taps.push_back({k, inside(w[0], k[0]), inside(w[1], k[1]), inside(w[2], k[2])});
  });
  return taps;
}

/// out[o] += value for all outputs for which the tap reads outside the input.
template <class T>
void add_outside(const Windows3& w, const Tap& tap, T value, T* out) {
  for (std::int64_t z = 0; z < w[0].output; ++z) {
    for (std::int64_t y = 0; y < w[1].output; ++y) {
      T* row = out + (z * w[1].output + y) * w[2].output;
      const bool crosses = tap.planes.contains(z) && tap.rows.contains(y);
      const Range x = crosses ? tap.pixels : Range{0, 0};
      for (std::int64_t i = 0; i < x.begin; ++i) row[i] += value;
      for (std::int64_t i = x.end; i < w[2].output; ++i) row[i] += value;
    }
  }
}

/// out[o] += weight * in[o * stride - pad + k * dilation]; outside the input, `border` is read.
template <class T>
void add_tap(const Windows3& w, const Tap& tap, T weight, const T* in, T border, T* out) {
  if (border != T{0}) add_outside(w, tap, weight * border, out);
  const Range x = tap.pixels;
  const std::int64_t stride = w[2].stride, count = x.end - x.begin;
  for (std::int64_t z = tap.planes.begin; z < tap.planes.end; ++z) {
    const std::int64_t in_z = z * w[0].stride + first_position(w[0], tap.at[0]);
    for (std::int64_t y = tap.rows.begin; y < tap.rows.end; ++y) {
      const std::int64_t in_y = y * w[1].stride + first_position(w[1], tap.at[1]);
      const T* source =
          in + (in_z * w[1].input + in_y) * w[2].input + (x.begin * stride + first_position(w[2], tap.at[2]));
      T* target = out + (z * w[1].output + y) * w[2].output + x.begin;
      if (stride == 1) {
        for (std::int64_t i = 0; i < count; ++i) target[i] += weight * source[i];
      } else {
        for (std::int64_t i = 0; i < count; ++i) target[i] += weight * source[i * stride];
      }
    }
  }
}

}  // namespace

template <class T>
Body reference(const Conv& op, Context<T>& context) {
  const Shape& in_shape = context.inputs[0].shape;
  const Windows3 w = three(windows(op, in_shape));
  const std::int64_t batch = in_shape[0];
  const std::int64_t in_channels = in_shape[1];
  const std::int64_t out_channels = context.outputs[0].shape[1];
  const std::int64_t groups = groups_of(op, in_shape);
  return [=, taps = taps_over(w), weight = context.param(Slot::weight), bias = context.param(Slot::bias),
          border = context.param(Slot::pad_value)](const KernelArgs& args) {
    const std::int64_t group_in = in_channels / groups;
    const std::int64_t group_out = out_channels / groups;
    for (std::int64_t n = 0; n < batch; ++n) {
      for (std::int64_t o = 0; o < out_channels; ++o) {
        T* out = output<T>(args) + (n * out_channels + o) * outputs_of(w);
        std::fill_n(out, outputs_of(w), bias.empty() ? T{0} : bias.data()[o]);
        for (std::int64_t i = 0; i < group_in; ++i) {
          const std::int64_t channel = o / group_out * group_in + i;
          const T* in = input<T>(args, 0) + (n * in_channels + channel) * inputs_of(w);
          const T* weights = weight.data() + (o * group_in + i) * taps_of(w);
          const T outside = border.empty() ? T{0} : border.data()[channel];
          for (std::size_t t = 0; t < taps.size(); ++t) add_tap(w, taps[t], weights[t], in, outside, out);
        }
      }
    }
  };
}
BANOFF_REFERENCE(Conv);

}  // namespace banoff::reference
