// Layers with weights, and normalisations.
#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/onnx/spatial.hpp"
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

/// A weight of a float type: of 2 dimensions or more.
const Tensor& weight_of(const Call& call, std::size_t i, std::size_t least_rank) {
  const Tensor& weight = call.known(i, "the weight");
  if (weight.shape().rank() < least_rank) fail_input("weight {} has too few dimensions", weight.shape().str());
  return weight;
}

/// `values` as a parameter of one number per channel.
Tensor per_channel(const Tensor& values, std::int64_t channels, std::string_view what) {
  if (values.elements() != channels) {
    fail_input("{} is {}, expected {} numbers", what, values.shape().str(), channels);
  }
  return values.reshaped({channels});
}

void conv(Call& call) {
  const Tensor& weight = weight_of(call, 1, 3);
  const Shape& shape = weight.shape();
  Conv op;
  op.out = shape[0];
  op.kernel = Spatial(kernel_of(call, shape.vec(), 2));
  op.stride = spatial(call, "strides", shape.rank() - 2);
  op.dilation = spatial(call, "dilations", shape.rank() - 2);
  op.groups = call.attributes.integer("group", 1);
  op.padding = padding_of(call, shape.rank() - 2);
  op.bias = call.has(2);
  Params params{{Slot::weight, weight}};
  if (op.bias) params.emplace_back(Slot::bias, per_channel(call.known(2, "the bias"), op.out, "bias"));
  call.become(op, std::move(params));
}

/// Total padding that makes a transposed convolution's output as large as it is asked to be (the operator's own rule).
Padding padding_for_output(const Call& call, const ConvTranspose& op, const Ints& output, bool more_at_begin) {
  Padding padding;
  padding.begin.values.clear(), padding.end.values.clear();
  const Shape input = call.shape(0);
  for (std::size_t i = 0; i < output.size(); ++i) {
    const std::int64_t full =
        op.stride.at(i) * (input[i + 2] - 1) + op.output_padding.at(i) + (op.kernel.at(i) - 1) * op.dilation.at(i) + 1;
    const std::int64_t total = std::max<std::int64_t>(full - output[i], 0);
    const std::int64_t half = total / 2;
    padding.begin.values.push_back(more_at_begin ? total - half : half);
    padding.end.values.push_back(more_at_begin ? half : total - half);
  }
  return padding;
}

void conv_transpose(Call& call) {
  const Tensor& weight = weight_of(call, 1, 3);
  const Shape& shape = weight.shape();
  const std::size_t rank = shape.rank() - 2;
  ConvTranspose op;
  op.groups = call.attributes.integer("group", 1);
  op.out = checked_mul(shape[1], op.groups);
  op.kernel = Spatial(kernel_of(call, shape.vec(), 2));
  op.stride = spatial(call, "strides", rank);
  op.dilation = spatial(call, "dilations", rank);
  op.output_padding = Spatial(call.attributes.integers("output_padding").value_or(Ints(rank, 0)));
  if (!op.output_padding.fits(rank)) fail_input("output_padding is not one number for each of {} dimensions", rank);
  const std::string automatic = call.attributes.text("auto_pad", "NOTSET");
  std::optional<Ints> output = call.attributes.integers("output_shape");
  if (output && output->size() != rank) fail_input("output_shape is not one size for each of {} dimensions", rank);
  if (!output && automatic.starts_with("SAME")) {
    output.emplace();
    for (std::size_t i = 0; i < rank; ++i) output->push_back(checked_mul(call.shape(0)[i + 2], op.stride.at(i)));
  }
  op.padding = padding_of(call, rank);
  if (output) op.padding = padding_for_output(call, op, *output, automatic != "SAME_UPPER");
  op.bias = call.has(2);
  Params params{{Slot::weight, weight}};
  if (op.bias) params.emplace_back(Slot::bias, per_channel(call.known(2, "the bias"), op.out, "bias"));
  call.become(op, std::move(params));
}

/// rows x columns as columns x rows.
Tensor turned(const Tensor& matrix) {
  const std::vector<double> values = matrix.to_vector<double>();
  const std::int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  std::vector<double> result(values.size());
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      result[static_cast<std::size_t>(j * rows + i)] = values[static_cast<std::size_t>(i * columns + j)];
    }
  }
  return Tensor::of<double>({columns, rows}, std::move(result)).as(matrix.dtype());
}

Tensor scaled(const Tensor& tensor, double factor) {
  if (factor == 1) return tensor;
  std::vector<double> values = tensor.to_vector<double>();
  for (double& value : values) value *= factor;
  return Tensor::of<double>(tensor.shape(), std::move(values)).as(tensor.dtype());
}

Operand times(const Call& call, const Operand& x, double factor, std::string_view suffix) {
  if (factor == 1) return x;
  const DType type = call.importer().type_of(x).dtype;
  const Operand number{none, Tensor::of<double>({1}, {factor}).as(type)};
  return call.emit(Binary{BinaryKind::mul}, {x, number}, {}, suffix);
}

/// y = alpha op(A) op(B) + beta C.
void gemm(Call& call) {
  const double alpha = call.attributes.real("alpha", 1), beta = call.attributes.real("beta", 1);
  const bool turn_a = call.attributes.integer("transA", 0) != 0, turn_b = call.attributes.integer("transB", 0) != 0;
  const bool added = call.has(2);
  const Operand& b = call.in(1);
  if (call.shape(0).rank() != 2 || call.shape(1).rank() != 2) fail_input("operands are not matrices");
  if (!b.known) {
    const Operand product =
        call.emit(MatMul{turn_a, turn_b}, {call.in(0), b}, {}, added || alpha != 1 ? "product" : "");
    const Operand scaled_product = times(call, product, alpha, added ? "scaled" : "");
    if (!added) return call.result(0, scaled_product);
    return call.result(0, call.emit(Binary{BinaryKind::add}, {scaled_product, times(call, call.in(2), beta, "bias")}));
  }
  const Operand a = turn_a ? call.emit(Transpose{{1, 0}}, {call.in(0)}, {}, "transposed") : call.in(0);
  const Tensor weight = scaled(turn_b ? *b.known : turned(*b.known), alpha);
  const std::int64_t out = weight.shape()[0];
  const bool bias = added && call.in(2).known && call.in(2).known->elements() == out &&
                    (call.shape(2).rank() == 0 || call.shape(2).back() == out);
  Params params{{Slot::weight, weight}};
  if (bias) params.emplace_back(Slot::bias, scaled(call.in(2).known->reshaped({out}), beta));
  const Operand y = call.emit(Dense{out, bias}, {a}, std::move(params), added && !bias ? "product" : "");
  if (bias || !added) return call.result(0, y);
  call.result(0, call.emit(Binary{BinaryKind::add}, {y, times(call, call.in(2), beta, "bias")}));
}

void matmul(Call& call) {
  const Operand& b = call.in(1);
  if (!b.known || b.known->shape().rank() != 2 || call.shape(0).rank() < 2) {
    return call.result(0, call.emit(MatMul{}, {call.in(0), b}));
  }
  const Tensor weight = turned(*b.known);
  call.become(Dense{weight.shape()[0], false}, {{Slot::weight, weight}});
}

void batch_norm(Call& call) {
  BatchNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  call.attributes.ignore("momentum");
  call.attributes.ignore("is_test");
  call.attributes.require("spatial", 1);
  call.attributes.require("training_mode", 0);
  call.no_outputs_from(1);
  const Shape x = call.shape(0);
  if (x.rank() < 2) fail_input("input {} has no channels", x.str());
  Params params;
  constexpr Slot slots[] = {Slot::weight, Slot::bias, Slot::mean, Slot::var};
  for (std::size_t i = 0; i < 4; ++i) {
    params.emplace_back(slots[i], per_channel(call.known(i + 1, slot_name(slots[i])), x[1], slot_name(slots[i])));
  }
  call.become(op, std::move(params));
}

void instance_norm(Call& call) {
  GroupNorm op;
  op.instance = true;
  op.eps = call.attributes.real("epsilon", 1e-5);
  const std::int64_t channels = call.shape(0).rank() < 2 ? 0 : call.shape(0)[1];
  call.become(op, {{Slot::weight, per_channel(call.known(1, "scale"), channels, "scale")},
                   {Slot::bias, per_channel(call.known(2, "B"), channels, "B")}});
}

/// Scale and bias per channel (opset 21) or per group (18).
void group_norm(Call& call) {
  GroupNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  op.groups = call.attributes.integer("num_groups", 0);
  call.attributes.ignore("stash_type");
  const std::int64_t channels = call.shape(0).rank() < 2 ? 0 : call.shape(0)[1];
  if (op.groups < 1 || channels % op.groups != 0) fail_input("{} groups of {} channels", op.groups, channels);
  const auto spread = [&](std::size_t i, std::string_view what) {
    const Tensor& given = call.known(i, what);
    if (given.elements() == channels || given.elements() != op.groups) return per_channel(given, channels, what);
    std::vector<double> values;
    for (const double value : given.to_vector<double>()) {
      values.insert(values.end(), static_cast<std::size_t>(channels / op.groups), value);
    }
    return Tensor::of<double>({channels}, std::move(values)).as(given.dtype());
  };
  call.become(op, {{Slot::weight, spread(1, "scale")}, {Slot::bias, spread(2, "bias")}});
}

void layer_norm(Call& call) {
  LayerNorm op;
  op.eps = call.attributes.real("epsilon", 1e-5);
  call.attributes.ignore("stash_type");
  call.no_outputs_from(1);
  const Shape x = call.shape(0);
  const std::size_t axis = resolve_axis(call.attributes.integer("axis", -1), x.rank());
  op.axes.clear();
  Shape normalised;
  for (std::size_t i = axis; i < x.rank(); ++i)
    op.axes.push_back(static_cast<std::int64_t>(i)), normalised.push_back(x[i]);
  const auto shaped = [&](const Tensor& tensor) {
    if (tensor.elements() != normalised.elements()) {
      fail_input("{} given, {} expected", tensor.shape().str(), normalised.str());
    }
    return tensor.reshaped(normalised);
  };
  const Tensor weight = shaped(call.known(1, "scale"));
  const Tensor bias = call.has(2) ? shaped(call.known(2, "bias")) : scaled(weight, 0);
  call.become(op, {{Slot::weight, weight}, {Slot::bias, bias}});
}

constexpr Row rows[] = {{"Conv", conv},
                        {"ConvTranspose", conv_transpose},
                        {"Gemm", gemm},
                        {"MatMul", matmul},
                        {"BatchNormalization", batch_norm},
                        {"InstanceNormalization", instance_norm},
                        {"GroupNormalization", group_norm},
                        {"LayerNormalization", layer_norm}};

}  // namespace

std::span<const Row> layer_rows() { return rows; }

}  // namespace banoff::onnx_import
