// Convolutions by cuDNN's calls for whole convolutions: the algorithms it proposes, each a way.
#include "kernels/cuda/convolver.hpp"

#include <array>
#include <set>
#include <span>

#include "kernels/cuda/queue.hpp"

namespace banoff::cuda {

namespace {

using gpu::ConvArgs;
using gpu::ConvProblem;

using OwnedTensor = Owned<cudnnTensorDescriptor_t, decltype(&cudnnDestroyTensorDescriptor)>;
using OwnedFilter = Owned<cudnnFilterDescriptor_t, decltype(&cudnnDestroyFilterDescriptor)>;
using OwnedConvolution = Owned<cudnnConvolutionDescriptor_t, decltype(&cudnnDestroyConvolutionDescriptor)>;
using OwnedActivation = Owned<cudnnActivationDescriptor_t, decltype(&cudnnDestroyActivationDescriptor)>;

OwnedTensor tensor(DType type, const std::vector<int>& dims) {
  cudnnTensorDescriptor_t made = nullptr;
  BANOFF_CUDNN_CHECK(cudnnCreateTensorDescriptor, &made);
  OwnedTensor owned(made, cudnn().cudnnDestroyTensorDescriptor);
  BANOFF_CUDNN_CHECK(cudnnSetTensorNdDescriptorEx, made, CUDNN_TENSOR_NHWC, data_type(type),
                     static_cast<int>(dims.size()), dims.data());
  return owned;
}

OwnedFilter filter(DType type, const std::vector<int>& dims) {
  cudnnFilterDescriptor_t made = nullptr;
  BANOFF_CUDNN_CHECK(cudnnCreateFilterDescriptor, &made);
  OwnedFilter owned(made, cudnn().cudnnDestroyFilterDescriptor);
  BANOFF_CUDNN_CHECK(cudnnSetFilterNdDescriptor, made, data_type(type), CUDNN_TENSOR_NHWC,
                     static_cast<int>(dims.size()), dims.data());
  return owned;
}

cudnnMathType_t math_type(const ConvProblem& p) {
  if (p.math == gpu::Math::fma) return CUDNN_FMA_MATH;
  return p.type == DType::f32 ? CUDNN_DEFAULT_MATH : CUDNN_TENSOR_OP_MATH;
}

OwnedConvolution convolution(const ConvProblem& p) {
  cudnnConvolutionDescriptor_t made = nullptr;
  BANOFF_CUDNN_CHECK(cudnnCreateConvolutionDescriptor, &made);
  OwnedConvolution owned(made, cudnn().cudnnDestroyConvolutionDescriptor);
  std::vector<int> pad, stride, dilation;
  for (const Window& w : p.spatial) {
    pad.push_back(static_cast<int>(w.pad_begin));
    stride.push_back(static_cast<int>(w.stride));
    dilation.push_back(static_cast<int>(w.dilation));
  }
  BANOFF_CUDNN_CHECK(cudnnSetConvolutionNdDescriptor, made, static_cast<int>(pad.size()), pad.data(), stride.data(),
                     dilation.data(), CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
  BANOFF_CUDNN_CHECK(cudnnSetConvolutionGroupCount, made, p.groups);
  BANOFF_CUDNN_CHECK(cudnnSetConvolutionMathType, made, math_type(p));
  return owned;
}

OwnedActivation activation(bool relu) {
  cudnnActivationDescriptor_t made = nullptr;
  BANOFF_CUDNN_CHECK(cudnnCreateActivationDescriptor, &made);
  OwnedActivation owned(made, cudnn().cudnnDestroyActivationDescriptor);
  BANOFF_CUDNN_CHECK(cudnnSetActivationDescriptor, made, relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                     CUDNN_NOT_PROPAGATE_NAN, 0.0);
  return owned;
}

/// Sizes as cuDNN wants them, channels second whatever the order in memory.
std::vector<int> dims_of(const ConvProblem& p, bool input) {
  std::vector<int> dims{p.images, input ? p.in_channels : p.out_channels};
  for (const Window& w : p.spatial) dims.push_back(static_cast<int>(input ? w.input : w.output));
  return dims;
}
std::vector<int> filter_dims(const ConvProblem& p) {
  std::vector<int> dims = p.transposed ? std::vector<int>{p.in_channels, p.out_channels / p.groups}
                                       : std::vector<int>{p.out_channels, p.in_channels / p.groups};
  for (const Window& w : p.spatial) dims.push_back(static_cast<int>(w.kernel));
  return dims;
}

struct Descriptors {
  ConvProblem problem;
  OwnedTensor x, y, bias;
  OwnedFilter weights;
  OwnedConvolution convolution;
  OwnedActivation activation;

  explicit Descriptors(const ConvProblem& p)
      : problem(p),
        x(tensor(p.type, dims_of(p, true))),
        y(tensor(p.type, dims_of(p, false))),
        bias(tensor(p.type, bias_dims(p))),
        weights(filter(p.type, filter_dims(p))),
        convolution(cuda::convolution(p)),
        activation(cuda::activation(p.activation.has_value())) {}

 private:
  static std::vector<int> bias_dims(const ConvProblem& p) {
    std::vector<int> dims(p.spatial.size() + 2, 1);
    dims[1] = p.out_channels;
    return dims;
  }
};

constexpr float one = 1, zero = 0;

/// y = activation(conv(x) + bias + residual).
class Forward final : public gpu::Convolver {
 public:
  Forward(std::shared_ptr<const Descriptors> d, cudnnConvolutionFwdAlgo_t algorithm, std::size_t workspace)
      : d_(std::move(d)), algorithm_(algorithm), workspace_(workspace) {}

  /// Whether the call takes a problem: without an activation it is bound to one algorithm.
  static bool takes(const ConvProblem& p, cudnnConvolutionFwdAlgo_t algorithm) {
    return !p.bias || p.activation || algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
  }

  void run(gpu::Queue& queue, const ConvArgs& a) const override {
    const cudnnHandle_t handle = dynamic_cast<CudaQueue&>(queue).handle();
    if (!d_->problem.bias) {
      BANOFF_CUDNN_CHECK(cudnnConvolutionForward, handle, &one, d_->x.get(), a.x, d_->weights.get(), a.weights,
                         d_->convolution.get(), algorithm_, a.workspace, workspace_, &zero, d_->y.get(), a.y);
      return;
    }
    // A residual of weight zero is not read, but has to be given.
    BANOFF_CUDNN_CHECK(cudnnConvolutionBiasActivationForward, handle, &one, d_->x.get(), a.x, d_->weights.get(),
                       a.weights, d_->convolution.get(), algorithm_, a.workspace, workspace_,
                       d_->problem.residual ? &one : &zero, d_->y.get(), d_->problem.residual ? a.residual : a.y,
                       d_->bias.get(), a.bias, d_->activation.get(), d_->y.get(), a.y);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }
  [[nodiscard]] std::string name() const override { return "cudnn:" + std::to_string(static_cast<int>(algorithm_)); }

 private:
  std::shared_ptr<const Descriptors> d_;
  cudnnConvolutionFwdAlgo_t algorithm_;
  std::size_t workspace_;
};

/// A transposed convolution is what carries gradients back through a convolution.
class Transposed final : public gpu::Convolver {
 public:
  Transposed(std::shared_ptr<const Descriptors> d, cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t workspace)
      : d_(std::move(d)), algorithm_(algorithm), workspace_(workspace) {}

  /// Algorithm 0 adds in an order that changes from run to run.
  static bool takes(const ConvProblem&, cudnnConvolutionBwdDataAlgo_t algorithm) {
    return algorithm != CUDNN_CONVOLUTION_BWD_DATA_ALGO_0;
  }

  void run(gpu::Queue& queue, const ConvArgs& a) const override {
    BANOFF_CUDNN_CHECK(cudnnConvolutionBackwardData, dynamic_cast<CudaQueue&>(queue).handle(), &one, d_->weights.get(),
                       a.weights, d_->x.get(), a.x, d_->convolution.get(), algorithm_, a.workspace, workspace_, &zero,
                       d_->y.get(), a.y);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }
  [[nodiscard]] std::string name() const override {
    return "cudnn:transposed:" + std::to_string(static_cast<int>(algorithm_));
  }

 private:
  std::shared_ptr<const Descriptors> d_;
  cudnnConvolutionBwdDataAlgo_t algorithm_;
  std::size_t workspace_;
};

/// A way for each algorithm that cuDNN proposes, whose heuristics list one several times, and that fits.
template <class Made, class Perf, class Bytes>
std::vector<gpu::Way> ways_of(const std::shared_ptr<const Descriptors>& d, std::span<const Perf> found,
                              std::size_t workspace, const Bytes& bytes_of) {
  std::vector<gpu::Way> ways;
  std::set<int> seen;
  for (const Perf& perf : found) {
    const auto algorithm = perf.algo;
    std::size_t bytes = 0;
    if (perf.status != CUDNN_STATUS_SUCCESS || !seen.insert(static_cast<int>(algorithm)).second) continue;
    if (!Made::takes(d->problem, algorithm)) continue;
    if (bytes_of(algorithm, &bytes) != CUDNN_STATUS_SUCCESS || bytes > workspace) continue;
    const auto make = [=]() -> std::unique_ptr<gpu::Convolver> { return std::make_unique<Made>(d, algorithm, bytes); };
    ways.push_back({Made(d, algorithm, bytes).name(), make});
  }
  return ways;
}

std::vector<gpu::Way> forward_ways(const std::shared_ptr<const Descriptors>& d, cudnnHandle_t handle,
                                   std::size_t workspace) {
  std::array<cudnnConvolutionFwdAlgoPerf_t, 2 * CUDNN_CONVOLUTION_FWD_ALGO_COUNT> found{};
  int count = 0;
  BANOFF_CUDNN_CHECK(cudnnGetConvolutionForwardAlgorithm_v7, handle, d->x.get(), d->weights.get(), d->convolution.get(),
                     d->y.get(), static_cast<int>(found.size()), &count, found.data());
  const auto bytes = [&](cudnnConvolutionFwdAlgo_t algorithm, std::size_t* needed) {
    return cudnn().cudnnGetConvolutionForwardWorkspaceSize(handle, d->x.get(), d->weights.get(), d->convolution.get(),
                                                           d->y.get(), algorithm, needed);
  };
  return ways_of<Forward>(d,
                          std::span<const cudnnConvolutionFwdAlgoPerf_t>(found).first(static_cast<std::size_t>(count)),
                          workspace, bytes);
}

std::vector<gpu::Way> transposed_ways(const std::shared_ptr<const Descriptors>& d, cudnnHandle_t handle,
                                      std::size_t workspace) {
  std::array<cudnnConvolutionBwdDataAlgoPerf_t, 2 * CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT> found{};
  int count = 0;
  BANOFF_CUDNN_CHECK(cudnnGetConvolutionBackwardDataAlgorithm_v7, handle, d->weights.get(), d->x.get(),
                     d->convolution.get(), d->y.get(), static_cast<int>(found.size()), &count, found.data());
  const auto bytes = [&](cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* needed) {
    return cudnn().cudnnGetConvolutionBackwardDataWorkspaceSize(handle, d->weights.get(), d->x.get(),
                                                                d->convolution.get(), d->y.get(), algorithm, needed);
  };
  return ways_of<Transposed>(
      d, std::span<const cudnnConvolutionBwdDataAlgoPerf_t>(found).first(static_cast<std::size_t>(count)), workspace,
      bytes);
}

}  // namespace

std::vector<gpu::Way> call_ways(const ConvProblem& problem, std::size_t workspace) {
  const bool more =
      problem.lower || problem.upper || (problem.activation && problem.activation->kind != ActivationKind::relu);
  if (more) return {};
  try {
    const auto d = std::make_shared<const Descriptors>(problem);
    CudaQueue& asking = asking_queue();
    return problem.transposed ? transposed_ways(d, asking.handle(), workspace)
                              : forward_ways(d, asking.handle(), workspace);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw;
    return {};
  }
}

}  // namespace banoff::cuda
