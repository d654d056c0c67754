#include "kernels/reference/context.hpp"
#include "kernels/reference/windows3.hpp"

namespace banoff::reference {

namespace {

/// out[o] += weight * in[o * stride - pad + k * dilation]; outside the input, `border` is read.
template <class T>
void add_tap(const Windows3& w, const std::array<std::int64_t, 3>& k, T weight, const T* in, T border, T* out) {
  const Range rows = inside(w[0], k[0]);
  const Range columns = inside(w[1], k[1]);
  const Range pixels = inside(w[2], k[2]);
  const std::int64_t stride = w[2].stride;
  for (std::int64_t z = 0; z < w[0].output; ++z) {
    for (std::int64_t y = 0; y < w[1].output; ++y) {
      T* row = out + (z * w[1].output + y) * w[2].output;
      const Range x = rows.contains(z) && columns.contains(y) ? pixels : Range{0, 0};
      if (border != T{0}) {
        for (std::int64_t i = 0; i < x.begin; ++i) row[i] += weight * border;
        for (std::int64_t i = x.end; i < w[2].output; ++i) row[i] += weight * border;
      }
      if (x.begin == x.end) continue;
      const std::int64_t in_z = z * w[0].stride + first_position(w[0], k[0]);
      const std::int64_t in_y = y * w[1].stride + first_position(w[1], k[1]);
      const T* source = in + (in_z * w[1].input + in_y) * w[2].input + (x.begin * stride + first_position(w[2], k[2]));
      T* target = row + x.begin;
      const std::int64_t count = x.end - x.begin;
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
  return [=, weight = context.param(Slot::weight), bias = context.param(Slot::bias),
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
          const T* taps = weight.data() + (o * group_in + i) * taps_of(w);
          const T outside = border.empty() ? T{0} : border.data()[channel];
          for_each_tap(w, [&](const auto& k, std::int64_t t) { add_tap(w, k, taps[t], in, outside, out); });
        }
      }
    }
  };
}
BANOFF_REFERENCE(Conv);

}  // namespace banoff::reference
