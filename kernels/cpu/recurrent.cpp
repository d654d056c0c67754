// Recurrent layers: of each step the products of all states of a batch and the weights, then the cells.
#include <algorithm>
#include <limits>

#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/plain_cells.hpp"
#include "kernels/cpu/product_panels.hpp"

namespace banoff::cpu {

namespace {

/// Products of one step below this many weights are no work for a second thread, which sleeps between steps.
constexpr std::int64_t parallel_weights = std::int64_t{1} << 20U;

/// Neighbouring gates whose products are computed together.
struct Matrix {
  std::int64_t first_gate, gates;
};

/// Of a GRU that resets before its product the candidate's is one for itself.
std::vector<Matrix> matrices_of(const Recurrent& op) {
  if (op.kind == CellKind::gru && !op.reset_after) return {{0, 2}, {2, 1}};
  return {{0, op.gates()}};
}

/// Floats of one direction's weights in panels.
std::int64_t packed_floats(const Recurrent& op) {
  std::int64_t floats = 0;
  for (const Matrix& matrix : matrices_of(op)) floats += panel_floats(op.hidden, matrix.gates * op.hidden);
  return floats;
}

AlignedFloats packed_weights(const Recurrent& op, std::span<const float> values) {
  AlignedFloats packed(static_cast<std::size_t>(op.directions() * packed_floats(op)));
  float* to = packed.data();
  const std::int64_t gate = op.hidden * op.hidden;
  for (std::int64_t d = 0; d < op.directions(); ++d) {
    for (const Matrix& matrix : matrices_of(op)) {
      const auto from = static_cast<std::size_t>((d * op.gates() + matrix.first_gate) * gate);
      pack_panels(values.subspan(from, static_cast<std::size_t>(matrix.gates * gate)), op.hidden,
                  matrix.gates * op.hidden, to);
      to += panel_floats(op.hidden, matrix.gates * op.hidden);
    }
  }
  return packed;
}

/// What is added to the products of a direction's gates, by direction: zeros but for a GRU's candidate.
AlignedFloats packed_bias(const Recurrent& op, std::span<const float> values) {
  const std::int64_t each = product_panels(op.gates() * op.hidden) * simd::product_panel;
  AlignedFloats bias(static_cast<std::size_t>(op.directions() * each));
  for (std::int64_t d = 0; op.bias && d < op.directions(); ++d) {
    std::copy_n(values.data() + d * op.hidden, op.hidden, bias.data() + d * each + 2 * op.hidden);
  }
  return bias;
}

/// A direction's memory while it runs, by sequence of the batch.
struct State {
  float *sums, *past, *reset, *h, *c;
};

struct RecurrentPlan {
  Recurrent op;
  std::int64_t time, batch;
  std::vector<std::size_t> sources;  ///< region inputs, in the node's order
  std::vector<Matrix> matrices;
  PackedFloats weights;
  AlignedFloats bias;
  std::vector<float> peephole;
  std::vector<Functions> functions;  ///< by direction; empty: the usual ones
  simd::ProductKernel product;
  simd::CellKernels cells;

  [[nodiscard]] std::int64_t state_floats() const { return (op.gates() + 4) * op.hidden * batch; }
  [[nodiscard]] State state(const KernelArgs& args, std::int64_t d) const {
    const std::int64_t each = op.hidden * batch;
    float* sums = reinterpret_cast<float*>(args.scratch) + d * state_floats();
    float* past = sums + op.gates() * each;
    return {sums, past, past + each, past + 2 * each, past + 3 * each};
  }
  [[nodiscard]] std::int64_t length(const KernelArgs& args, std::int64_t n) const {
    if (!op.lengths) return time;
    const auto* lengths = reinterpret_cast<const std::int32_t*>(args.inputs[sources.back()]);
    return std::clamp<std::int64_t>(lengths[n], 0, time);
  }
  /// Matrix `which` of a direction times the states of the batch.
  void multiply(std::int64_t d, std::size_t which, const float* states, float* to) const {
    const float* own = weights->data() + d * (static_cast<std::int64_t>(weights->size()) / op.directions());
    if (which == 1) own += panel_floats(op.hidden, matrices[0].gates * op.hidden);
    const std::int64_t out = matrices[which].gates * op.hidden, panels = product_panels(out);
    const float* own_bias = bias.data() + d * (static_cast<std::int64_t>(bias.size()) / op.directions());
    const auto panel = [&](std::int64_t p) {
      product({states, own + p * simd::product_panel * op.hidden, own_bias, to, batch, op.hidden, out, p, {}});
    };
    if (out * op.hidden < parallel_weights) {
      for (std::int64_t p = 0; p < panels; ++p) panel(p);
    } else {
      parallel_for(panels, simd::product_panel * op.hidden, panel);
    }
  }
};

/// One direction of a layer, step by step.
class Run {
 public:
  Run(const RecurrentPlan& plan, const KernelArgs& args, std::int64_t d)
      : plan_(plan), op_(plan.op), args_(args), d_(d), state_(plan.state(args, d)) {}

  void operator()() const {
    begin();
    std::int64_t longest = 0;
    for (std::int64_t n = 0; n < plan_.batch; ++n) longest = std::max(longest, plan_.length(args_, n));
    for (std::int64_t at = 0; at < longest; ++at) step(at);
    end();
  }

 private:
  void begin() const {
    const std::int64_t count = plan_.batch * op_.hidden;
    std::fill_n(state_.h, 2 * count, 0.0F);  // and c behind it
    if (!op_.initial) return;
    std::copy_n(input(args_, plan_.sources[1]) + d_ * count, count, state_.h);
    if (op_.kind == CellKind::lstm) std::copy_n(input(args_, plan_.sources[2]) + d_ * count, count, state_.c);
  }

  void step(std::int64_t at) const {
    plan_.multiply(d_, 0, state_.h, state_.sums);
    const simd::CellKernels& cells = plan_.cells;
    switch (op_.kind) {
      case CellKind::rnn: return cells_of(at, cells.rnn, plain_rnn);
      case CellKind::lstm: return cells_of(at, cells.lstm, plain_lstm);
      case CellKind::gru: break;
    }
    if (op_.reset_after) return cells_of(at, cells.gru_after, plain_gru_after);
    cells_of(at, cells.gru_gates, plain_gru_gates);
    plan_.multiply(d_, 1, state_.reset, state_.past);
    cells_of(at, cells.gru_state, plain_gru_state);
  }

  /// The cells of all sequences that are not over.
  template <class Plain>
  void cells_of(std::int64_t at, simd::CellKernel usual, Plain plain) const {
    const std::int64_t hidden = op_.hidden, rows = op_.gates() * hidden, directions = op_.directions();
    const std::int64_t summed = plan_.matrices[0].gates * hidden;
    for (std::int64_t n = 0; n < plan_.batch; ++n) {
      const std::int64_t length = plan_.length(args_, n);
      if (at >= length) continue;
      const std::int64_t t = op_.from_end(d_) ? length - 1 - at : at;
      const simd::CellStep step{input(args_, plan_.sources[0]) + ((t * plan_.batch + n) * directions + d_) * rows,
                                state_.sums + n * summed,
                                op_.peephole ? plan_.peephole.data() + d_ * 3 * hidden : nullptr,
                                state_.h + n * hidden,
                                state_.c + n * hidden,
                                state_.reset + n * hidden,
                                state_.past + n * hidden,
                                y(t, n),
                                hidden,
                                op_.clip ? static_cast<float>(*op_.clip) : std::numeric_limits<float>::infinity(),
                                op_.coupled};
      if (plan_.functions.empty()) usual(step);
      else plain(plan_.functions[static_cast<std::size_t>(d_)], step);
    }
  }

  void end() const {
    const std::int64_t hidden = op_.hidden, count = plan_.batch * hidden;
    for (std::int64_t n = 0; n < plan_.batch; ++n) {
      const std::int64_t length = plan_.length(args_, n);
      for (std::int64_t t = length; t < plan_.time; ++t) std::fill_n(y(t, n), hidden, 0.0F);
      if (length > 0) continue;
      std::fill_n(state_.h + n * hidden, hidden, 0.0F);
      std::fill_n(state_.c + n * hidden, hidden, 0.0F);
    }
    std::copy_n(state_.h, count, output(args_, 1) + d_ * count);
    if (op_.kind == CellKind::lstm) std::copy_n(state_.c, count, output(args_, 2) + d_ * count);
  }

  [[nodiscard]] float* y(std::int64_t t, std::int64_t n) const {
    return output(args_, 0) + ((t * op_.directions() + d_) * plan_.batch + n) * op_.hidden;
  }

  const RecurrentPlan& plan_;
  const Recurrent& op_;
  const KernelArgs& args_;
  std::int64_t d_;
  State state_;
};

RecurrentPlan plan_recurrent(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const Recurrent& op = *node.as<Recurrent>();
  const Shape& x = region.type(node.inputs[0]).shape;
  std::vector<std::size_t> sources;
  for (const ValueId value : node.inputs) sources.push_back(input_of(region, value));
  std::vector<Functions> functions;
  Recurrent usual = op;
  usual.functions.clear(), usual.alpha.clear(), usual.beta.clear();
  bool unusual = false;
  for (std::int64_t d = 0; d < op.directions(); ++d) {
    functions.push_back(activations_of(op, d));
    const Functions standard = activations_of(usual, d);
    for (std::size_t i = 0; i < standard.size(); ++i)
      unusual = unusual || functions.back()[i].function != standard[i].function;
  }
  if (!unusual) functions.clear();
  const std::string form = op.kind == CellKind::gru && !op.reset_after ? "recurrent, reset first" : "recurrent";
  return {op,
          x[0],
          x[1],
          std::move(sources),
          matrices_of(op),
          machine.packed(region, form, [&](auto values) { return packed_weights(op, values); }),
          packed_bias(op, floats(region, node, Slot::bias)),
          floats(region, node, Slot::peephole),
          std::move(functions),
          simd::product_kernel(machine.isa),
          simd::cell_kernels(machine.isa)};
}

/// Both directions at once where there are two.
void run_recurrent(const RecurrentPlan& plan, const KernelArgs& args) {
  const std::int64_t work = plan.time * plan.op.gates() * plan.op.hidden * plan.op.hidden;
  parallel_for(plan.op.directions(), work, [&](std::int64_t d) { Run(plan, args, d)(); });
}

}  // namespace

Offer recurrent(const Machine& machine, const Region& region) {
  const Node& node = region.node(0);
  const Recurrent& op = *node.as<Recurrent>();
  if (region.nodes.size() > 1) throw Refused{"nothing follows a recurrent layer in its kernel"};
  const auto plain = [](Layout layout) { return layout == Layout::plain; };
  if (!std::ranges::all_of(region.input_layouts, plain) || !std::ranges::all_of(region.output_layouts, plain))
    throw Refused{"a recurrent layer in a layout other than plain"};
  const Shape& x = region.type(node.inputs[0]).shape;
  LoopKernelTraits traits{"recurrent"};
  traits.scratch_bytes =
      static_cast<std::size_t>(op.directions() * (op.gates() + 4) * op.hidden * x[1]) * sizeof(float);
  const std::int64_t bytes = op.directions() * packed_floats(op) * static_cast<std::int64_t>(sizeof(float));
  traits.weight_bytes = static_cast<std::size_t>(bytes);
  const auto read = static_cast<double>(bytes) / pass_rate(static_cast<double>(bytes), 1) * 1e-3;
  const double us = static_cast<double>(x[0]) * (0.3 + static_cast<double>(divide_up(x[1], std::int64_t{2})) * read);
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan_recurrent(machine, region); }, run_recurrent);
}

}  // namespace banoff::cpu
