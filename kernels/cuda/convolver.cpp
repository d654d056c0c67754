// Convolutions by cuDNN's calls for whole convolutions: the algorithms it proposes, each a way.
#include "kernels/cuda/convolver.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <span>

#include "kernels/cuda/numerics.hpp"
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

/// What the calls can do behind a convolution and its bias: add a residual, then ReLU.
struct CallEpilogue {
  bool residual = false, relu = false;
};

std::optional<CallEpilogue> call_epilogue(const ConvProblem& p) {
  using Kind = gpu::EpilogueStep::Kind;
  CallEpilogue known;
  for (const gpu::EpilogueStep& step : p.epilogue) {
    if (known.relu) return std::nullopt;
    if (step.kind == Kind::residual) known.residual = true;
    else if (step.kind == Kind::activation && step.activation.kind == ActivationKind::relu) known.relu = true;
    else return std::nullopt;
  }
  return known;
}

struct Descriptors {
  ConvProblem problem;
  CallEpilogue epilogue;
  OwnedTensor x, y, bias;
  OwnedFilter weights;
  OwnedConvolution convolution;
  OwnedActivation activation;

  Descriptors(const ConvProblem& p, CallEpilogue behind)
      : problem(p),
        epilogue(behind),
        x(tensor(p.type, dims_of(p, true))),
        y(tensor(p.type, dims_of(p, false))),
        bias(tensor(p.type, bias_dims(p))),
        weights(filter(p.type, filter_dims(p))),
        convolution(cuda::convolution(p)),
        activation(cuda::activation(behind.relu)) {}

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
  static bool takes(const Descriptors& d, cudnnConvolutionFwdAlgo_t algorithm) {
    return !d.problem.bias || d.epilogue.relu || algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
  }

  void run(gpu::Queue& queue, const ConvArgs& a) const override {
    auto& own = dynamic_cast<CudaQueue&>(queue);
    const DeviceGuard guard(own.device());
    const cudnnHandle_t handle = own.handle();
    if (!d_->problem.bias) {
      BANOFF_CUDNN_CHECK(cudnnConvolutionForward, handle, &one, d_->x.get(), a.x, d_->weights.get(), a.weights,
                         d_->convolution.get(), algorithm_, a.workspace, workspace_, &zero, d_->y.get(), a.y);
      return;
    }
    // A residual of weight zero is not read, but has to be given.
    BANOFF_CUDNN_CHECK(cudnnConvolutionBiasActivationForward, handle, &one, d_->x.get(), a.x, d_->weights.get(),
                       a.weights, d_->convolution.get(), algorithm_, a.workspace, workspace_,
                       d_->epilogue.residual ? &one : &zero, d_->y.get(), d_->epilogue.residual ? a.residual : a.y,
                       d_->bias.get(), a.bias, d_->activation.get(), d_->y.get(), a.y);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }

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
  static bool takes(const Descriptors&, cudnnConvolutionBwdDataAlgo_t algorithm) {
    return algorithm != CUDNN_CONVOLUTION_BWD_DATA_ALGO_0;
  }

  void run(gpu::Queue& queue, const ConvArgs& a) const override {
    auto& own = dynamic_cast<CudaQueue&>(queue);
    const DeviceGuard guard(own.device());
    BANOFF_CUDNN_CHECK(cudnnConvolutionBackwardData, own.handle(), &one, d_->weights.get(), a.weights, d_->x.get(), a.x,
                       d_->convolution.get(), algorithm_, a.workspace, workspace_, &zero, d_->y.get(), a.y);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }

 private:
  std::shared_ptr<const Descriptors> d_;
  cudnnConvolutionBwdDataAlgo_t algorithm_;
  std::size_t workspace_;
};

/// How cuDNN is asked about one of the two calls.
struct ForwardCall {
  using Made = Forward;
  using Algorithm = cudnnConvolutionFwdAlgo_t;
  using Perf = cudnnConvolutionFwdAlgoPerf_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
  static constexpr std::string_view prefix = "cudnn:algorithm";

  static void guess(cudnnHandle_t handle, const Descriptors& d, int most, int* count, Perf* found) {
    BANOFF_CUDNN_CHECK(cudnnGetConvolutionForwardAlgorithm_v7, handle, d.x.get(), d.weights.get(), d.convolution.get(),
                       d.y.get(), most, count, found);
  }
  static std::size_t workspace(cudnnHandle_t handle, const Descriptors& d, Algorithm algorithm) {
    std::size_t bytes = 0;
    BANOFF_CUDNN_CHECK(cudnnGetConvolutionForwardWorkspaceSize, handle, d.x.get(), d.weights.get(), d.convolution.get(),
                       d.y.get(), algorithm, &bytes);
    return bytes;
  }
};
struct TransposedCall {
  using Made = Transposed;
  using Algorithm = cudnnConvolutionBwdDataAlgo_t;
  using Perf = cudnnConvolutionBwdDataAlgoPerf_t;
  static constexpr int algorithms = CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;
  static constexpr std::string_view prefix = "cudnn:transposed";

  static void guess(cudnnHandle_t handle, const Descriptors& d, int most, int* count, Perf* found) {
    BANOFF_CUDNN_CHECK(cudnnGetConvolutionBackwardDataAlgorithm_v7, handle, d.weights.get(), d.x.get(),
                       d.convolution.get(), d.y.get(), most, count, found);
  }
  static std::size_t workspace(cudnnHandle_t handle, const Descriptors& d, Algorithm algorithm) {
    std::size_t bytes = 0;
    BANOFF_CUDNN_CHECK(cudnnGetConvolutionBackwardDataWorkspaceSize, handle, d.weights.get(), d.x.get(),
                       d.convolution.get(), d.y.get(), algorithm, &bytes);
    return bytes;
  }
};

/// The call by an algorithm, if that fits.
template <class Call>
std::unique_ptr<gpu::Convolver> made_by(const std::shared_ptr<const Descriptors>& d, typename Call::Algorithm algorithm,
                                        std::size_t workspace, HandlePool& handles) {
  const auto handle = handles.lend();
  const std::size_t bytes = Call::workspace(handle.get(), *d, algorithm);
  if (bytes > workspace) fail(ErrorKind::refused, "it wants {} MiB of workspace", bytes >> 20);
  return std::make_unique<typename Call::Made>(d, algorithm, bytes);
}

/// A way for each algorithm that cuDNN proposes, whose heuristics list one several times.
template <class Call>
std::vector<gpu::Way<ConvArgs>> ways_of(const ConvProblem& problem, std::size_t workspace,
                                        const std::shared_ptr<HandlePool>& handles) {
  const auto d = std::make_shared<const Descriptors>(problem, call_epilogue(problem).value());
  std::array<typename Call::Perf, 2 * Call::algorithms> found{};
  int count = 0;
  Call::guess(handles->lend().get(), *d, static_cast<int>(found.size()), &count, found.data());
  std::vector<gpu::Way<ConvArgs>> ways;
  std::set<int> seen;
  for (const auto& perf : std::span(found).first(static_cast<std::size_t>(count))) {
    if (perf.status != CUDNN_STATUS_SUCCESS || !is_precise(perf)) continue;
    if (!Call::Made::takes(*d, perf.algo) || !seen.insert(static_cast<int>(perf.algo)).second) continue;
    ways.push_back({fmt::format("{}{}", Call::prefix, static_cast<int>(perf.algo)),
                    [=, algorithm = perf.algo] { return made_by<Call>(d, algorithm, workspace, *handles); }});
  }
  return ways;
}

template <class Call>
std::unique_ptr<gpu::Convolver> named(const ConvProblem& problem, std::size_t workspace, HandlePool& handles,
                                      std::string_view name) {
  if (!name.starts_with(Call::prefix)) return nullptr;
  name.remove_prefix(Call::prefix.size());
  int number = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (wrong != std::errc() || end != name.data() + name.size() || number < 0 || number >= Call::algorithms)
    return nullptr;
  const auto algorithm = static_cast<typename Call::Algorithm>(number);
  const auto behind = call_epilogue(problem);
  if (!behind || !problem.is_symmetric()) return nullptr;
  const auto d = std::make_shared<const Descriptors>(problem, *behind);
  if (!Call::Made::takes(*d, algorithm)) return nullptr;
  return made_by<Call>(d, algorithm, workspace, handles);
}

}  // namespace

std::vector<gpu::WaySource<ConvArgs>> call_ways(const ConvProblem& problem, std::size_t workspace,
                                                const std::shared_ptr<HandlePool>& handles) {
  if (!call_epilogue(problem) || !problem.is_symmetric()) return {};
  const auto ask = [=] {
    return problem.transposed ? ways_of<TransposedCall>(problem, workspace, handles)
                              : ways_of<ForwardCall>(problem, workspace, handles);
  };
  return {{"cuDNN's convolution calls", ask}};
}

std::unique_ptr<gpu::Convolver> call_convolver(const ConvProblem& problem, std::size_t workspace,
                                               const std::shared_ptr<HandlePool>& handles, const std::string& name) {
  return problem.transposed ? named<TransposedCall>(problem, workspace, *handles, name)
                            : named<ForwardCall>(problem, workspace, *handles, name);
}

}  // namespace banoff::cuda
