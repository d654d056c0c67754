#include "kernels/cpu/simd/cells.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/cells.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/math-inl.hpp"
#include "kernels/cpu/simd/tail-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// One vector of a step: elements [at, at + count) of every array.
template <class D>
struct Place {
  D d;
  const CellStep& step;
  std::int64_t at, count;

  HWY_INLINE Vec<D> load(const float* p) const { return load_lanes(d, p + at, count); }
  HWY_INLINE void store(Vec<D> v, float* p) const { store_lanes(d, v, p + at, count); }
  HWY_INLINE Vec<D> x(std::int64_t gate) const { return load(step.x + gate * step.hidden); }
  HWY_INLINE Vec<D> sum(std::int64_t gate) const { return load(step.sums + gate * step.hidden); }
  HWY_INLINE Vec<D> both(std::int64_t gate) const { return Add(x(gate), sum(gate)); }
  HWY_INLINE Vec<D> clipped(Vec<D> v) const {
    const auto bound = Set(d, step.clip);
    return clamped(d, v, Neg(bound), bound);
  }
  HWY_INLINE Vec<D> gate(Vec<D> v) const { return sigmoid(d, clipped(v)); }
  HWY_INLINE Vec<D> candidate(Vec<D> v) const { return tanh(d, clipped(v)); }
  HWY_INLINE void next(Vec<D> h) const {
    store(h, step.h);
    store(h, step.y);
  }
};

template <class F>
HWY_INLINE void by_vector(const CellStep& step, F f) {
  const ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  for (std::int64_t at = 0; at < step.hidden; at += lanes) f(Place<decltype(d)>{d, step, at, step.hidden - at});
}

struct Rnn {
  template <class P>
  HWY_INLINE void operator()(const P& p) const {
    p.next(p.candidate(p.both(0)));
  }
};

struct Lstm {
  template <class P>
  HWY_INLINE void operator()(const P& p) const {
    const CellStep& step = p.step;
    const auto d = p.d;
    const auto before = p.load(step.c);
    auto i = p.both(0), o = p.both(1), f = p.both(2);
    if (step.peephole != nullptr) {
      i = MulAdd(p.load(step.peephole), before, i);
      f = MulAdd(p.load(step.peephole + 2 * step.hidden), before, f);
    }
    i = p.gate(i);
    f = step.coupled ? Sub(Set(d, 1.0F), i) : p.gate(f);
    const auto c = MulAdd(f, before, Mul(i, p.candidate(p.both(3))));
    p.store(c, step.c);
    if (step.peephole != nullptr) o = MulAdd(p.load(step.peephole + step.hidden), c, o);
    p.next(Mul(p.gate(o), tanh(d, c)));
  }
};

/// (1 - z) n + z h.
template <class P, class V>
HWY_INLINE void mix(const P& p, V z, V n) {
  p.next(MulAdd(z, Sub(p.load(p.step.h), n), n));
}

struct GruAfter {
  template <class P>
  HWY_INLINE void operator()(const P& p) const {
    const auto r = p.gate(p.both(1));
    mix(p, p.gate(p.both(0)), p.candidate(MulAdd(r, p.sum(2), p.x(2))));
  }
};

struct GruGates {
  template <class P>
  HWY_INLINE void operator()(const P& p) const {
    p.store(p.gate(p.both(0)), p.step.sums);
    p.store(Mul(p.gate(p.both(1)), p.load(p.step.h)), p.step.reset);
  }
};

struct GruState {
  template <class P>
  HWY_INLINE void operator()(const P& p) const {
    mix(p, p.sum(0), p.candidate(Add(p.x(2), p.load(p.step.past))));
  }
};

void rnn(const CellStep& step) { by_vector(step, Rnn{}); }
void lstm(const CellStep& step) { by_vector(step, Lstm{}); }
void gru_after(const CellStep& step) { by_vector(step, GruAfter{}); }
void gru_gates(const CellStep& step) { by_vector(step, GruGates{}); }
void gru_state(const CellStep& step) { by_vector(step, GruState{}); }

CellKernels kernels() { return {rnn, lstm, gru_after, gru_gates, gru_state}; }

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
CellKernels cell_kernels(Isa isa) { return BANOFF_FOR_ISA(isa, kernels)(); }
}  // namespace banoff::cpu::simd
#endif
