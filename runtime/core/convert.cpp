#include "runtime/core/convert.hpp"

#include <cstring>

#include "runtime/core/dtype.hpp"

namespace banoff {

namespace {
template <class From, class To>
void convert(const std::byte* in, std::byte* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    From value{};
    std::memcpy(&value, in + i * sizeof(From), sizeof(From));
    const To converted = cast_element<To>(value);
    std::memcpy(out + i * sizeof(To), &converted, sizeof(To));
  }
}
}  // namespace

void convert_elements(DType from, const std::byte* in, DType to, std::byte* out, std::size_t count) {
  if (from == to) {
    if (count > 0) std::memcpy(out, in, count * size_of(from));
    return;
  }
  visit_dtype(from,
              [&]<class From>(From) { visit_dtype(to, [&]<class To>(To) { convert<From, To>(in, out, count); }); });
}

}  // namespace banoff
