#include "kernels/cpu/simd/int8_elements.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_elements.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8_rounding-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Four vectors of values become one of bytes: those of elements [i, i + lanes) are f(i, how many of them exist).
template <class F>
HWY_INLINE void round_all(const Rounding& rounding, std::uint8_t* y, std::int64_t count, const F& f) {
  for (std::int64_t i = 0; i < count; i += 4 * lanes) {
    Ints rounded[4];
    BANOFF_UNROLL
    for (int v = 0; v < 4; ++v) {
      const std::int64_t at = i + v * lanes;
      rounded[v] = at < count ? rounding.round(f(at, count - at)) : Zero(IntTag());
    }
    store_bytes(ByteTag(), rounding.bytes(rounded), y + i, count - i);
  }
}

void sum(const ByteSum& given) {
  const ByteSum p = given;
  const Rounding rounding(p.target);
  const auto a_scale = Set(FloatTag(), p.a_scale);
  const auto b_scale = Set(FloatTag(), p.b_scale);
  const auto shift = Set(FloatTag(), p.shift);
  round_all(rounding, p.target.y, p.count, [&](std::int64_t at, std::int64_t left) HWY_ATTR {
    const auto b = MulAdd(load_bytes_as_floats(p.b + at, left), b_scale, shift);
    return MulAdd(load_bytes_as_floats(p.a + at, left), a_scale, b);
  });
}

void look_up(const ByteLookUp& given) {
  const ByteLookUp p = given;
  constexpr std::int64_t all = 4 * lanes;
  for (std::int64_t i = 0; i < p.count; i += all) {
    const auto x = load_bytes(ByteTag(), p.x + i, p.count - i);
    store_bytes(ByteTag(), table_of(x, p.target.table, p.target.permute), p.target.y + i, p.count - i);
  }
}

void gate(const ByteGate& given) {
  const ByteGate p = given;
  const Rounding rounding(p.target);
  const auto zero_point = Set(IntTag(), p.zero_point);
  for (std::int64_t pixel = 0; pixel < p.pixels; ++pixel) {
    const std::uint8_t* x = p.x + pixel * p.channels;
    round_all(rounding, p.target.y + pixel * p.channels, p.channels, [&](std::int64_t at, std::int64_t left) HWY_ATTR {
      const auto value = Sub(PromoteTo(IntTag(), load_bytes(FewBytesTag(), x + at, left)), zero_point);
      return Mul(ConvertTo(FloatTag(), value), load_lanes(FloatTag(), p.factor + at, left));
    });
  }
}

ByteElements elements() { return {sum, look_up, gate}; }

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
ByteElements byte_elements(const ByteIsa& isa) { return BANOFF_FOR_ISA(isa.isa, elements)(); }
}  // namespace banoff::cpu::simd
#endif
