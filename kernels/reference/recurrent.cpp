// Recurrent layers: one sequence after the other, step by step (ops_recurrent.hpp has the formulas).
#include "kernels/reference/context.hpp"
#include "runtime/graph/cell_functions.hpp"

namespace banoff::reference {

namespace {

/// One direction of a layer. Pointers lead into `Layer` and the scratch memory.
template <class T>
struct Cells {
  const Recurrent& op;
  const std::vector<CellActivation>& functions;
  const T *weight, *bias, *peephole;
  T *h, *c, *sums, *reset;  ///< state, sums of all gates, r * h

  [[nodiscard]] T clipped(T x) const {
    if (!op.clip) return x;
    const T bound = static_cast<T>(*op.clip);
    return x < -bound ? -bound : x > bound ? bound : x;
  }
  [[nodiscard]] T f(T x) const { return apply(functions[0], clipped(x)); }
  [[nodiscard]] T g(T x) const { return apply(functions[1], clipped(x)); }
  /// Row `j` of gate `gate` times a state.
  [[nodiscard]] T product(std::int64_t gate, std::int64_t j, const T* state) const {
    const T* row = weight + (gate * op.hidden + j) * op.hidden;
    T sum{0};
    for (std::int64_t k = 0; k < op.hidden; ++k) sum += row[k] * state[k];
    return sum;
  }
  /// What a peephole, counted as in the parameter, adds.
  [[nodiscard]] T seen(std::int64_t which, std::int64_t j, T cell) const {
    return op.peephole ? peephole[which * op.hidden + j] * cell : T{0};
  }

  void rnn(const T* x) {
    for (std::int64_t j = 0; j < op.hidden; ++j) sums[j] = x[j] + product(0, j, h);
    for (std::int64_t j = 0; j < op.hidden; ++j) h[j] = f(sums[j]);
  }

  void gru(const T* x) {
    const std::int64_t hidden = op.hidden;
    T *z = sums, *r = sums + hidden, *n = sums + 2 * hidden;
    for (std::int64_t j = 0; j < hidden; ++j) {
      z[j] = f(x[j] + product(0, j, h));
      r[j] = f(x[hidden + j] + product(1, j, h));
      reset[j] = r[j] * h[j];
    }
    for (std::int64_t j = 0; j < hidden; ++j) {
      const T past = op.reset_after ? r[j] * (product(2, j, h) + (op.bias ? bias[j] : T{0})) : product(2, j, reset);
      n[j] = g(x[2 * hidden + j] + past);
    }
    for (std::int64_t j = 0; j < hidden; ++j) h[j] = (T{1} - z[j]) * n[j] + z[j] * h[j];
  }

  void lstm(const T* x) {
    const std::int64_t hidden = op.hidden;
    for (std::int64_t gate = 0; gate < 4; ++gate)
      for (std::int64_t j = 0; j < hidden; ++j) sums[gate * hidden + j] = x[gate * hidden + j] + product(gate, j, h);
    for (std::int64_t j = 0; j < hidden; ++j) {
      const T i = f(sums[j] + seen(0, j, c[j]));
      const T forget = op.coupled ? T{1} - i : f(sums[2 * hidden + j] + seen(2, j, c[j]));
      c[j] = forget * c[j] + i * g(sums[3 * hidden + j]);
      h[j] = f(sums[hidden + j] + seen(1, j, c[j])) * apply(functions[2], c[j]);
    }
  }
};

template <class T>
struct Layer {
  Recurrent op;
  std::int64_t time, batch;
  std::vector<T> weight, bias, peephole;
  std::vector<std::vector<CellActivation>> functions;  ///< by direction

  void run(const KernelArgs& args, std::int64_t d, std::int64_t n) const {
    const std::int64_t hidden = op.hidden, gates = op.gates(), directions = op.directions();
    auto* scratch = reinterpret_cast<T*>(args.scratch);
    T *h = scratch, *c = h + hidden, *reset = c + hidden, *sums = reset + hidden;
    const auto own = [&](const std::vector<T>& all) {
      return all.data() + static_cast<std::int64_t>(all.size()) / directions * d;
    };
    Cells<T> cells{op,   functions[static_cast<std::size_t>(d)], own(weight), own(bias), own(peephole), h, c, sums,
                   reset};
    const std::int64_t state = (d * batch + n) * hidden;
    std::fill_n(h, 2 * hidden, T{0});
    if (op.initial) std::copy_n(input<T>(args, 1) + state, hidden, h);
    if (op.initial && op.kind == CellKind::lstm) std::copy_n(input<T>(args, 2) + state, hidden, c);
    std::int64_t length = time;
    if (op.lengths) length = std::clamp<std::int64_t>(input<std::int32_t>(args, args.inputs.size() - 1)[n], 0, time);
    const auto y = [&](std::int64_t t) { return output<T>(args) + ((t * directions + d) * batch + n) * hidden; };
    for (std::int64_t step = 0; step < length; ++step) {
      const std::int64_t t = op.from_end(d) ? length - 1 - step : step;
      const T* x = input<T>(args, 0) + ((t * batch + n) * directions + d) * gates * hidden;
      if (op.kind == CellKind::rnn) cells.rnn(x);
      else if (op.kind == CellKind::gru) cells.gru(x);
      else cells.lstm(x);
      std::copy_n(h, hidden, y(t));
    }
    for (std::int64_t t = length; t < time; ++t) std::fill_n(y(t), hidden, T{0});
    if (length == 0) std::fill_n(h, 2 * hidden, T{0});
    std::copy_n(h, hidden, output<T>(args, 1) + state);
    if (op.kind == CellKind::lstm) std::copy_n(c, hidden, output<T>(args, 2) + state);
  }
};

}  // namespace

template <class T>
Body reference(const Recurrent& op, Context<T>& context) {
  const Shape& x = context.inputs[0].shape;
  Layer<T> layer{op, x[0], x[1], context.param(Slot::weight), context.param(Slot::bias), context.param(Slot::peephole),
                 {}};
  for (std::int64_t d = 0; d < op.directions(); ++d) layer.functions.push_back(activations_of(op, d));
  context.scratch_bytes = static_cast<std::size_t>((3 + op.gates()) * op.hidden) * sizeof(T);
  return [layer = std::move(layer)](const KernelArgs& args) {
    for (std::int64_t d = 0; d < layer.op.directions(); ++d)
      for (std::int64_t n = 0; n < layer.batch; ++n) layer.run(args, d, n);
  };
}
BANOFF_REFERENCE(Recurrent);

}  // namespace banoff::reference
