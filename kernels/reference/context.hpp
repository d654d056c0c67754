// What a reference kernel is made from, and the list of all of them: one overload of `reference` per op.
#pragma once

#include <functional>
#include <vector>

#include "kernels/device.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::reference {

/// How the reference stores a value of type `type`: floats as T, anything else as it is.
template <class T>
[[nodiscard]] constexpr DType held(DType type) noexcept {
  return is_float(type) ? dtype_of<T> : type;
}

/// Calls f(E{}) with the C++ type that holds `type`, which is held<T>(): T is the only float.
template <class T, class F>
decltype(auto) visit_held(DType type, F&& f) {
  return visit_dtype(type, [&]<class E>(E value) -> decltype(auto) {
    if constexpr (is_float(dtype_of<E>)) return f(T{});
    else return f(value);
  });
}

/// A kernel ready to run. It owns what it needs, allocates nothing and may be run by several threads at a time.
/// The output counts are set before it runs; only a kernel that knows better changes them.
using Body = std::function<void(const KernelArgs&)>;

/// A node on inputs of known types, from which its kernel is made.
template <class T>
struct Context {
  const Graph& graph;
  const Node& node;
  std::span<const TensorType> inputs;   ///< element types as held
  std::span<const TensorType> outputs;  ///< element types as held
  std::size_t scratch_bytes = 0;        ///< set by a kernel that needs scratch memory

  /// The parameter converted to T; empty when the node has none in this slot.
  [[nodiscard]] std::vector<T> param(Slot slot) const {
    const Tensor* tensor = graph.param(node, slot);
    return tensor == nullptr ? std::vector<T>{} : tensor->to_vector<T>();
  }
};

template <class T>
[[nodiscard]] const T* input(const KernelArgs& args, std::size_t i) {
  return reinterpret_cast<const T*>(args.inputs[i]);
}

template <class T>
[[nodiscard]] T* output(const KernelArgs& args, std::size_t i = 0) {
  return reinterpret_cast<T*>(args.outputs[i]);
}

// Each is instantiated for float and double beside its definition; one that is missing fails to link and names its op.
#define BANOFF_DECLARED(op) \
  template <class T>        \
  [[nodiscard]] Body reference(const op&, Context<T>& context);
BANOFF_OPS(BANOFF_DECLARED)
#undef BANOFF_DECLARED

/// Instantiates the kernel of `op` for both precisions.
#define BANOFF_REFERENCE(op)                                  \
  template Body reference<float>(const op&, Context<float>&); \
  template Body reference<double>(const op&, Context<double>&)

}  // namespace banoff::reference
