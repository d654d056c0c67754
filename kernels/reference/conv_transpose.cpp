#include "kernels/reference/context.hpp"
#include "kernels/reference/windows3.hpp"

namespace banoff::reference {

namespace {

/// out[i * stride - pad + k * dilation] += weight * in[i], where that lies inside the output.
template <class T>
void scatter_tap(const Windows3& w, const std::array<std::int64_t, 3>& k, T weight, const T* in, T* out) {
  // As a convolution from the large side to the small one, which is what a transposed convolution transposes.
  Windows3 back = w;
  for (Window& dim : back) std::swap(dim.input, dim.output);
  const Range z = inside(back[0], k[0]);
  const Range y = inside(back[1], k[1]);
  const Range x = inside(back[2], k[2]);
  for (std::int64_t iz = z.begin; iz < z.end; ++iz) {
    for (std::int64_t iy = y.begin; iy < y.end; ++iy) {
      const T* row = in + (iz * w[1].input + iy) * w[2].input;
      const std::int64_t oz = iz * w[0].stride + first_position(w[0], k[0]);
      const std::int64_t oy = iy * w[1].stride + first_position(w[1], k[1]);
      T* target = out + (oz * w[1].output + oy) * w[2].output;
      for (std::int64_t ix = x.begin; ix < x.end; ++ix) {
        target[ix * w[2].stride + first_position(w[2], k[2])] += weight * row[ix];
      }
    }
  }
}

}  // namespace

template <class T>
Body reference(const ConvTranspose& op, Context<T>& context) {
  const Shape& in_shape = context.inputs[0].shape;
  const Windows3 w = three(windows(op, in_shape));
  const std::int64_t batch = in_shape[0];
  const std::int64_t in_channels = in_shape[1];
  const std::int64_t out_channels = context.outputs[0].shape[1];
  const std::int64_t groups = op.groups;
  return [=, weight = context.param(Slot::weight), bias = context.param(Slot::bias)](const KernelArgs& args) {
    const std::int64_t group_in = in_channels / groups;
    const std::int64_t group_out = out_channels / groups;
    for (std::int64_t n = 0; n < batch; ++n) {
      for (std::int64_t o = 0; o < out_channels; ++o) {
        T* out = output<T>(args) + (n * out_channels + o) * outputs_of(w);
        std::fill_n(out, outputs_of(w), bias.empty() ? T{0} : bias.data()[o]);
        for (std::int64_t i = 0; i < group_in; ++i) {
          const std::int64_t channel = o / group_out * group_in + i;
          const T* in = input<T>(args, 0) + (n * in_channels + channel) * inputs_of(w);
          const T* taps = weight.data() + (channel * group_out + o % group_out) * taps_of(w);
          for_each_tap(w, [&](const auto& k, std::int64_t t) { scatter_tap(w, k, taps[t], in, out); });
        }
      }
    }
  };
}
BANOFF_REFERENCE(ConvTranspose);

}  // namespace banoff::reference
