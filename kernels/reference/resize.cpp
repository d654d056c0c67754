#include "kernels/reference/lookup.hpp"
#include "runtime/graph/resampling.hpp"

namespace banoff::reference {

namespace {

std::vector<Between> neighbours(const Resize& op, std::size_t spatial, std::int64_t in, std::int64_t out) {
  std::vector<Between> all;
  for (std::int64_t o = 0; o < out; ++o) all.push_back(linear_source(op, spatial, o, in, out));
  return all;
}

Body nearest(const Resize& op, const TensorType& in, const TensorType& out) {
  Lookup lookup(in.shape.rank());
  for (std::size_t d = 0; d < lookup.size(); ++d) {
    for (std::int64_t o = 0; o < out.shape[d]; ++o) {
      lookup[d].push_back(d < 2 ? o : nearest_source(op, d - 2, o, in.shape[d], out.shape[d]));
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
