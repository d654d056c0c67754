#include "kernels/onednn/epilogue.hpp"

#include "kernels/cpu/blocks.hpp"

namespace banoff::onednn {

namespace {

class Builder {
 public:
  Builder(const Region& region, const std::function<Md(const Shape&, Layout)>& describe)
      : region_(region), describe_(describe) {}

  void add(const Node& node, ValueId previous) {
    if (const auto* activation = node.as<Activation>()) {
      if (!append_activation(ops_, *activation)) throw Refused{"oneDNN has no such activation"};
      if (needs_exponential(activation->kind)) result_.us_per_element += 0.6e-3;
      return;
    }
    const auto* binary = node.as<Binary>();
    if (binary == nullptr || (binary->kind != BinaryKind::add && binary->kind != BinaryKind::mul)) {
      throw Refused{std::string(row_of(node.op).name) + " behind a convolution"};
    }
    for (const ValueId operand : node.inputs) {
      if (operand != previous) combine(binary->kind, operand);
    }
  }

  Epilogue finish() {
    result_.attr = attributes(ops_);
    return std::move(result_);
  }

 private:
  static bool needs_exponential(ActivationKind kind) {
    return kind != ActivationKind::relu && kind != ActivationKind::clip && kind != ActivationKind::leaky_relu &&
           kind != ActivationKind::hard_sigmoid && kind != ActivationKind::hard_swish;
  }

  void combine(BinaryKind kind, ValueId operand) {
    const std::size_t input = cpu::input_of(region_, operand);
    const Shape& shape = region_.type(region_.outputs[0]).shape;
    const Shape& given = region_.type(operand).shape;
    const Layout layout = region_.input_layouts[input];
    if (given == shape) {
      if (!cpu::same_bytes(shape, layout, region_.output_layouts[0]))
        throw Refused{"an operand has another layout than the result"};
      // Adding in place is free, but 2.6 has it only as the first step, and the source must survive the convolution.
      const bool is_source = operand == cpu::node(region_, 0).inputs[0];
      if (kind == BinaryKind::add && ops_.len() == 0 && !is_source) {
        ops_.append_sum(1.0F);
        result_.in_place = static_cast<int>(input);
        return;
      }
    } else if (given.rank() != shape.rank() || given[1] != shape[1] || given.elements() != given[1]) {
      // Maps of one channel and values per image run in the reference implementation.
      throw Refused{"operand " + given.str() + " broadcast to " + shape.str() + " behind a convolution"};
    }
    const Md md = describe_(given, given == shape ? region_.output_layouts[0] : Layout::channels_last);
    const int argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops_.len()) | DNNL_ARG_SRC_1;
    ops_.append_binary(kind == BinaryKind::add ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul, md);
    result_.operands.push_back({argument, md, input});
  }

  const Region& region_;
  const std::function<Md(const Shape&, Layout)>& describe_;
  dnnl::post_ops ops_;
  Epilogue result_;
};

}  // namespace

Epilogue epilogue(const Region& region, const std::function<Md(const Shape&, Layout)>& describe) {
  Builder builder(region, describe);
  for (std::size_t i = 1; i < region.nodes.size(); ++i) {
    builder.add(cpu::node(region, i), cpu::node(region, i - 1).outputs[0]);
  }
  return builder.finish();
}

}  // namespace banoff::onednn
