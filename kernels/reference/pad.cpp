#include "kernels/reference/lookup.hpp"
#include "runtime/graph/padding.hpp"

namespace banoff::reference {

namespace {

template <class E>
std::vector<std::byte> bytes_of(const std::vector<E>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

template <class T>
Body reference(const Pad& op, Context<T>& context) {
  const TensorType& in = context.inputs[0];
  const TensorType& out = context.outputs[0];
  const std::size_t first = in.shape.rank() - op.padding.begin.values.size();
  Lookup lookup(in.shape.rank());
  for (std::size_t d = 0; d < lookup.size(); ++d) {
    const std::int64_t begin = d < first ? 0 : op.padding.begin.values[d - first];
    for (std::int64_t i = 0; i < out.shape[d]; ++i)
      lookup[d].push_back(padding_source(i - begin, in.shape[d], op.mode));
  }
  std::vector<std::byte> fill =
      op.pad_value
          ? bytes_of(context.param(Slot::pad_value))
          : visit_dtype(in.dtype, [&]<class E>(E) { return bytes_of(std::vector<E>{cast_element<E>(op.value)}); });
  return look_up(in, out, std::move(lookup), std::move(fill));
}
BANOFF_REFERENCE(Pad);

}  // namespace banoff::reference
