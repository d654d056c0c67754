// Maps per channel, constants and padding values in other gauges.
#include "folding/rewrite.hpp"

namespace banoff::gauge {

void require_readable(const Rewrite& r, const AffineMap& map, const std::vector<double>& stored) {
  for (std::size_t c = 0; c < stored.size(); ++c) {
    const double factor = map.scale[c];
    if (std::abs(factor) <= 1 / vanishing || std::abs(stored[c] / factor) <= vanishing || std::isinf(stored[c]))
      continue;
    throw Refused{
        Blocker::amplification, r.node().name, {}, fmt::format("its values would be {:.3g} times as large", factor)};
  }
}

void rewrite_pad_value(const Rewrite& r, const std::vector<VarId>& vars) {
  const Tensor& pad = *r.weights().graph().param(r.node(), Slot::pad_value);
  const DType type = pad.dtype();
  std::vector<double> values = pad.to_vector<double>();
  const AffineMap map = r.writes(vars);
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = map.scale[c] * values[c] + map.shift[c];
  require_readable(r, map, values);
  const Shape length{std::ssize(values)};
  r.weights().set(r.id(), Slot::pad_value, length, std::move(values), type);
}

Absorbed apply(const BatchNorm& op, const Rewrite& r) {
  const AffineMap in = r.reads(1);
  const AffineMap out = r.writes(1);
  const std::size_t channels = in.scale.size();
  const DType type = r.weights().graph().param(r.node(), Slot::mean)->dtype();
  std::vector<double> mean = r.weights().get(r.id(), Slot::mean, channels, 0.0);
  const std::vector<double> var = r.weights().get(r.id(), Slot::var, channels, 1.0);
  std::vector<double> gamma = r.weights().get(r.id(), Slot::weight, channels, 1.0);
  std::vector<double> beta = r.weights().get(r.id(), Slot::bias, channels, 0.0);
  for (std::size_t c = 0; c < channels; ++c) {
    if (std::abs(in.scale[c]) > vanishing) {
      mean[c] = (mean[c] - in.shift[c]) / in.scale[c];
    } else {
      beta[c] += gamma[c] / std::sqrt(var[c] + op.eps) * (in.shift[c] - mean[c]);
    }
    gamma[c] *= in.scale[c] * out.scale[c];
    beta[c] = beta[c] * out.scale[c] + out.shift[c];
  }
  const Shape length{std::ssize(mean)};
  std::get<BatchNorm>(r.node().op).affine = true;
  r.weights().set(r.id(), Slot::weight, length, std::move(gamma), type);
  r.weights().set(r.id(), Slot::bias, length, std::move(beta), type);
  r.weights().set(r.id(), Slot::mean, length, std::move(mean), type);
  return r.done();
}

Absorbed apply(const Affine& op, const Rewrite& r) {
  const std::size_t axis = resolve_axis(op.axis, r.system().shape(r.node().inputs[0]).rank());
  const AffineMap in = r.reads(axis);
  const AffineMap out = r.writes(axis);
  const auto& params = r.node().params;
  const DType type = params.empty() ? r.weights().new_type() : r.weights().graph().param(params.front().second).dtype();
  std::vector<double> scale = r.weights().get(r.id(), Slot::weight, in.scale.size(), 1.0);
  std::vector<double> shift = r.weights().get(r.id(), Slot::bias, in.scale.size(), 0.0);
  for (std::size_t c = 0; c < scale.size(); ++c) {
    shift[c] = out.scale[c] * (scale[c] * in.shift[c] + shift[c]) + out.shift[c];
    scale[c] *= in.scale[c] * out.scale[c];
  }
  auto& changed = std::get<Affine>(r.node().op);
  changed.scale = changed.shift = true;
  const Shape length{std::ssize(scale)};
  r.weights().set(r.id(), Slot::weight, length, std::move(scale), type);
  r.weights().set(r.id(), Slot::bias, length, std::move(shift), type);
  return r.done();
}

Absorbed apply(const Constant&, const Rewrite& r) {
  if (!r.done().of_output) return {};
  const Tensor value = *r.weights().graph().param(r.node(), Slot::value);
  std::vector<VarId> vars;
  for (std::int64_t i = 0; i < value.elements(); ++i) vars.push_back(r.system().of_element(r.node().outputs[0], i));
  const AffineMap map = r.writes(vars);
  std::vector<double> values = value.to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = map.scale[i] * values[i] + map.shift[i];
  r.weights().set(r.id(), Slot::value, value.shape(), std::move(values), value.dtype());
  return r.done();
}

Absorbed apply(const Pad& op, const Rewrite& r) {
  if (op.pad_value) rewrite_pad_value(r, r.system().along(r.node().inputs[0], 1));
  return {};
}

}  // namespace banoff::gauge
