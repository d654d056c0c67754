// oneDNN 2.6 and 3.x behind one set of functions: the only place that looks at the library's version.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <string>

#include "runtime/core/fail.hpp"
#include "runtime/graph/activations.hpp"

namespace banoff::onednn {

inline constexpr bool version3 = DNNL_VERSION_MAJOR >= 3;

using Md = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

/// Runs `body`. What oneDNN throws becomes an internal error about `what()`: nothing but banoff's own exceptions leaves
/// the device.
template <class What, class F>
decltype(auto) translated(const What& what, F&& body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    const std::string_view reason = error.status == dnnl_out_of_memory ? "memory ran out" : error.what();
    throw Error(ErrorKind::internal, fmt::format("{}: oneDNN failed: {}", what(), reason));
  }
}

/// Makes a primitive descriptor and moves it on with next_impl, from one implementation to the next, for as long as
/// `visit` returns true. 2.6 makes it from an operation descriptor, which next_impl still reads and which must
/// therefore live until the search is over; 3.x makes it from the same arguments directly, and moves on every copy of
/// it: who keeps it needs a clone.
template <class Primitive, class Visit, class... Args>
void for_each_implementation(const dnnl::engine& engine, const dnnl::primitive_attr& attr, const Visit& visit,
                             const Args&... args) {
#if DNNL_VERSION_MAJOR >= 3
  typename Primitive::primitive_desc pd(engine, args..., attr);
#else
  const typename Primitive::desc desc(args...);
  typename Primitive::primitive_desc pd(desc, attr, engine);
#endif
  while (visit(std::as_const(pd)) && pd.next_impl()) continue;
}

/// Whether all steps of this algorithm in the chain have these numbers: 2.6 compiles one set of them for all.
[[nodiscard]] inline bool fits_eltwise(const dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
  for (int i = 0; i < ops.len(); ++i) {
    if (ops.kind(i) != dnnl::primitive::kind::eltwise) continue;
    dnnl::algorithm other = dnnl::algorithm::undef;
    float other_alpha = 0, other_beta = 0;
#if DNNL_VERSION_MAJOR >= 3
    ops.get_params_eltwise(i, other, other_alpha, other_beta);
#else
    float scale = 1;
    ops.get_params_eltwise(i, scale, other, other_alpha, other_beta);
#endif
    if (other == algorithm && (other_alpha != alpha || other_beta != beta)) return false;
  }
  return true;
}

/// False, and nothing appended, where the library would take the numbers of another step for this one's.
[[nodiscard]] inline bool append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
  if (!fits_eltwise(ops, algorithm, alpha, beta)) return false;
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, beta);
#else
  ops.append_eltwise(1.0F, algorithm, alpha, beta);
#endif
  return true;
}

/// Appends an activation to the post-ops; false when the library has none for it, or not behind what is there.
[[nodiscard]] inline bool append_activation(dnnl::post_ops& ops, const Activation& activation) {
  using A = dnnl::algorithm;
  const auto alpha = static_cast<float>(activation.alpha);
  const auto beta = static_cast<float>(activation.beta);
  switch (activation.kind) {
    case ActivationKind::relu: return append_eltwise(ops, A::eltwise_relu, 0, 0);
    case ActivationKind::clip: return append_eltwise(ops, A::eltwise_clip, alpha, beta);
    case ActivationKind::leaky_relu: return append_eltwise(ops, A::eltwise_relu, alpha, 0);
    case ActivationKind::elu: return append_eltwise(ops, A::eltwise_elu, alpha, 0);
    case ActivationKind::sigmoid: return append_eltwise(ops, A::eltwise_logistic, 0, 0);
    case ActivationKind::tanh: return append_eltwise(ops, A::eltwise_tanh, 0, 0);
    case ActivationKind::silu: return append_eltwise(ops, A::eltwise_swish, 1, 0);
    case ActivationKind::hard_swish:  // 3.x made the slope and offset parameters
      return append_eltwise(ops, A::eltwise_hardswish, version3 ? 1.0F / 6 : 0, version3 ? 0.5F : 0);
    case ActivationKind::hard_sigmoid:  // not in 2.6; two steps in both
      return append_eltwise(ops, A::eltwise_linear, alpha, beta) && append_eltwise(ops, A::eltwise_clip, 0, 1);
    case ActivationKind::gelu: return append_eltwise(ops, A::eltwise_gelu_erf, 0, 0);
    case ActivationKind::gelu_tanh: return append_eltwise(ops, A::eltwise_gelu_tanh, 0, 0);
    case ActivationKind::mish: return append_eltwise(ops, A::eltwise_mish, 0, 0);
    case ActivationKind::softplus: return append_eltwise(ops, A::eltwise_soft_relu, version3 ? 1 : 0, 0);
    case ActivationKind::linear: return append_eltwise(ops, A::eltwise_linear, alpha, beta);
  }
  return false;
}

}  // namespace banoff::onednn
