#include <algorithm>
#include <cmath>

#include "kernels/reference/lookup.hpp"

namespace banoff::reference {

namespace {

/// The input coordinate of output index o. A given scale is used as it is, even where in * scale is not a whole
/// number, as PyTorch and ONNX do; with a given size the ratio of the sizes is used. The division comes last, so that
/// coordinates that are whole numbers come out exactly.
double coordinate(const Resize& op, std::size_t spatial, std::int64_t o, std::int64_t in, std::int64_t out) {
  const double index = static_cast<double>(o);
  double numerator = static_cast<double>(in);
  double denominator = static_cast<double>(out);
  if (!op.scale.empty()) {
    numerator = 1;
    denominator = op.scale[op.scale.size() == 1 ? 0 : spatial];
  }
  switch (op.coordinates) {
    case Coordinates::half_pixel: return (index + 0.5) * numerator / denominator - 0.5;
    case Coordinates::align_corners:
      return out == 1 ? 0 : index * static_cast<double>(in - 1) / static_cast<double>(out - 1);
    case Coordinates::asymmetric: return index * numerator / denominator;
  }
  return index;
}

double rounded(double x, Rounding rounding) {
  switch (rounding) {
    case Rounding::floor: return std::floor(x);
    case Rounding::ceil: return std::ceil(x);
    case Rounding::round_prefer_floor: return std::ceil(x - 0.5);
    case Rounding::round_prefer_ceil: return std::floor(x + 0.5);
  }
  return x;
}

/// An output index between two neighbouring inputs: (1 - t) in[low] + t in[high].
struct Between {
  std::int64_t low, high;
  double t;
};

std::vector<Between> neighbours(const Resize& op, std::size_t spatial, std::int64_t in, std::int64_t out) {
  std::vector<Between> all;
  for (std::int64_t o = 0; o < out; ++o) {
    const double x = std::clamp(coordinate(op, spatial, o, in, out), 0.0, static_cast<double>(in - 1));
    const auto low = static_cast<std::int64_t>(x);
    all.push_back({low, std::min(low + 1, in - 1), x - static_cast<double>(low)});
  }
  return all;
}

Body nearest(const Resize& op, const TensorType& in, const TensorType& out) {
  Lookup lookup(in.shape.rank());
  for (std::size_t d = 0; d < lookup.size(); ++d) {
    for (std::int64_t o = 0; o < out.shape[d]; ++o) {
      const double x = d < 2 ? static_cast<double>(o) : coordinate(op, d - 2, o, in.shape[d], out.shape[d]);
      const double last = static_cast<double>(in.shape[d] - 1);
      lookup[d].push_back(static_cast<std::int64_t>(std::clamp(rounded(x, op.rounding), 0.0, last)));
    }
  }
  return look_up(in, out, std::move(lookup), {});
}

/// (1 - t) f(low) + t f(high)
template <class T, class F>
T blend(const Between& b, F&& f) {
  return static_cast<T>(1 - b.t) * f(b.low) + static_cast<T>(b.t) * f(b.high);
}

template <class T>
Body linear(const Resize& op, const Shape& in, const Shape& out) {
  std::array<std::vector<Between>, 3> at;  // always three spatial dimensions, the missing ones of size 1
  std::array<std::int64_t, 3> size{1, 1, 1};
  for (std::size_t d = 0; d < 3; ++d) {
    const std::size_t missing = 5 - in.rank();
    if (d < missing) {
      at[d] = {{0, 0, 0.0}};
    } else {
      const std::size_t spatial = d - missing;
      size[d] = in[spatial + 2];
      at[d] = neighbours(op, spatial, size[d], out[spatial + 2]);
    }
  }
  return [=, planes = in.elements(0, 2)](const KernelArgs& args) {
    T* y = output<T>(args);
    for (std::int64_t p = 0; p < planes; ++p) {
      const T* x = input<T>(args, 0) + p * size[0] * size[1] * size[2];
      for (const Between& z : at[0])
        for (const Between& r : at[1])
          for (const Between& c : at[2])
            *y++ = blend<T>(z, [&](std::int64_t k) {
              return blend<T>(r, [&](std::int64_t j) {
                return blend<T>(c, [&](std::int64_t i) { return x[(k * size[1] + j) * size[2] + i]; });
              });
            });
    }
  };
}

}  // namespace

template <class T>
Body reference(const Resize& op, Context<T>& context) {
  const TensorType& in = context.inputs[0];
  const TensorType& out = context.outputs[0];
  return op.mode == ResizeMode::nearest ? nearest(op, in, out) : linear<T>(op, in.shape, out.shape);
}
BANOFF_REFERENCE(Resize);

}  // namespace banoff::reference
