// A convolution with all that follows it, as one graph of cuDNN.
#include "kernels/cuda/conv_graph.hpp"

#include <optional>

#include "kernels/cuda/activation_ops.hpp"

namespace banoff::cuda {

namespace {

using gpu::ConvProblem;

/// Values inside the graph are named from here on.
constexpr std::int64_t first_inside = 1000;

/// How many pointwise operations follow the convolution.
int count_behind(const ConvProblem& problem) {
  int count = problem.bias ? 1 : 0;
  for (const gpu::EpilogueStep& step : problem.epilogue) {
    using Kind = gpu::EpilogueStep::Kind;
    if (step.kind == Kind::residual) ++count;
    else if (step.kind == Kind::bounds) count += (step.lower ? 1 : 0) + (step.upper ? 1 : 0);
    else count += static_cast<int>(pointwise_ops(step.activation).size());
  }
  return count;
}

using Sizes = std::vector<std::int64_t>;

/// Strides of a dense tensor N C spatial… whose channels lie innermost.
Sizes channels_last(const Sizes& sizes) {
  Sizes strides(sizes.size());
  strides[1] = 1;
  std::int64_t step = sizes[1];
  for (std::size_t d = sizes.size(); d-- > 2;) {
    strides[d] = step;
    step *= sizes[d];
  }
  strides[0] = step;
  return strides;
}

/// The operations of a problem, each made onto the result of the one before.
class GraphBuilder {
 public:
  explicit GraphBuilder(const ConvProblem& problem) : p_(problem) {}

  Descriptor build(cudnnHandle_t handle) {
    Sizes in{p_.images, p_.in_channels}, out{p_.images, p_.out_channels},
        filter{p_.out_channels, p_.in_channels / p_.groups};
    Sizes per_channel{1, p_.out_channels};
    for (const Window& w : p_.spatial) {
      in.push_back(w.input);
      out.push_back(w.output);
      filter.push_back(w.kernel);
      per_channel.push_back(1);
    }
    out_ = out;
    left_ = count_behind(p_);
    convolve(tensor(x_name, in, p_.type), tensor(weights_name, filter, p_.type));
    if (p_.bias) combine(CUDNN_POINTWISE_ADD, tensor(bias_name, per_channel, p_.type));
    for (const gpu::EpilogueStep& step : p_.epilogue) {
      using Kind = gpu::EpilogueStep::Kind;
      if (step.kind == Kind::residual) combine(CUDNN_POINTWISE_ADD, tensor(residual_name, out, p_.type));
      else if (step.kind == Kind::activation) activate(step.activation);
      if (step.lower) combine(CUDNN_POINTWISE_MAX, tensor(lower_name, per_channel, DType::f32));
      if (step.upper) combine(CUDNN_POINTWISE_MIN, tensor(upper_name, per_channel, DType::f32));
    }
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_)
        .set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle)
        .finalize();
    return graph;
  }

 private:
  /// Where a tensor lies: what is on the host is one number, handed over by value.
  enum class Place : std::uint8_t { memory, inside, host };

  [[nodiscard]] static Descriptor tensor(std::int64_t name, const Sizes& sizes, DType type,
                                         Place place = Place::memory) {
    constexpr std::int64_t alignment = 16;  // of every buffer of a plan
    Descriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(type))
        .set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes)
        .set(CUDNN_ATTR_TENSOR_STRIDES, channels_last(sizes))
        .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, name)
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment)
        .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, place == Place::inside);
    if (place == Place::host) made.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, true);
    made.finalize();
    return made;
  }
  /// What an operation writes: the result if it is the last one, else a value of 32 bits that has no memory.
  Descriptor next_result() {
    const bool last = left_-- == 0;
    result_.emplace(last ? tensor(y_name, out_, p_.type) : tensor(next_inside_++, out_, DType::f32, Place::inside));
    return *result_;
  }

  void convolve(const Descriptor& x, const Descriptor& weights) {
    Sizes stride, dilation, begin, end;
    for (const Window& w : p_.spatial) {
      stride.push_back(w.stride);
      dilation.push_back(w.dilation);
      begin.push_back(w.pad_begin);
      end.push_back(w.pad_end);
    }
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, static_cast<std::int64_t>(stride.size()))
        .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, begin)
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, end)
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, dilation)
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, stride)
        .finalize();
    Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, weights)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, next_result())
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0)
        .finalize();
    operations_.push_back(operation);
  }

  static Descriptor pointwise(const PointwiseOp& op) {
    Descriptor made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    made.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &op.mode)
        .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    for (const auto& [name, value] : op.parameters) made.set(name, value);
    made.finalize();
    return made;
  }
  void apply(const PointwiseOp& op, const std::optional<Descriptor>& operand) {
    const Descriptor before = *result_;
    Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise(op))
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, before);
    if (operand) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *operand);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, next_result()).finalize();
    operations_.push_back(operation);
  }
  void combine(cudnnPointwiseMode_t mode, const Descriptor& operand) { apply({mode}, operand); }
  void activate(const Activation& activation) {
    const Descriptor first = *result_;
    for (const PointwiseOp& op : pointwise_ops(activation)) {
      std::optional<Descriptor> operand;
      if (op.with_first) operand = first;
      if (op.constant) operand = tensor(next_constant_++, Sizes(out_.size(), 1), DType::f32, Place::host);
      apply(op, operand);
    }
  }

  const ConvProblem& p_;
  Sizes out_;
  int left_ = 0;
  std::int64_t next_inside_ = first_inside, next_constant_ = first_constant;
  std::optional<Descriptor> result_;
  std::vector<Descriptor> operations_;
};

}  // namespace

std::vector<float> constants_of(const ConvProblem& problem) {
  std::vector<float> constants;
  for (const gpu::EpilogueStep& step : problem.epilogue) {
    if (step.kind != gpu::EpilogueStep::Kind::activation) continue;
    for (const PointwiseOp& op : pointwise_ops(step.activation))
      if (op.constant) constants.push_back(*op.constant);
  }
  return constants;
}

Descriptor conv_graph(const ConvProblem& problem, cudnnHandle_t handle) { return GraphBuilder(problem).build(handle); }

}  // namespace banoff::cuda
