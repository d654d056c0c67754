// cuDNN, loaded when it is asked for.
#pragma once

#include <cudnn.h>

#include <string>

#include "banoff/tensor.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::cuda {

/// The functions that are used, each under its own name.
#define BANOFF_CUDNN_FUNCTIONS(F)                 \
  F(cudnnGetVersion)                              \
  F(cudnnGetErrorString)                          \
  F(cudnnCreate)                                  \
  F(cudnnDestroy)                                 \
  F(cudnnSetStream)                               \
  F(cudnnCreateTensorDescriptor)                  \
  F(cudnnDestroyTensorDescriptor)                 \
  F(cudnnSetTensorNdDescriptorEx)                 \
  F(cudnnCreateFilterDescriptor)                  \
  F(cudnnDestroyFilterDescriptor)                 \
  F(cudnnSetFilterNdDescriptor)                   \
  F(cudnnCreateActivationDescriptor)              \
  F(cudnnDestroyActivationDescriptor)             \
  F(cudnnSetActivationDescriptor)                 \
  F(cudnnCreateConvolutionDescriptor)             \
  F(cudnnDestroyConvolutionDescriptor)            \
  F(cudnnSetConvolutionNdDescriptor)              \
  F(cudnnSetConvolutionGroupCount)                \
  F(cudnnSetConvolutionMathType)                  \
  F(cudnnGetConvolutionForwardAlgorithm_v7)       \
  F(cudnnGetConvolutionForwardWorkspaceSize)      \
  F(cudnnConvolutionForward)                      \
  F(cudnnConvolutionBiasActivationForward)        \
  F(cudnnGetConvolutionBackwardDataAlgorithm_v7)  \
  F(cudnnGetConvolutionBackwardDataWorkspaceSize) \
  F(cudnnConvolutionBackwardData)                 \
  F(cudnnBackendCreateDescriptor)                 \
  F(cudnnBackendDestroyDescriptor)                \
  F(cudnnBackendSetAttribute)                     \
  F(cudnnBackendGetAttribute)                     \
  F(cudnnBackendFinalize)                         \
  F(cudnnBackendExecute)

struct Cudnn {
#define BANOFF_DECLARE(name) decltype(&::name) name = nullptr;
  BANOFF_CUDNN_FUNCTIONS(BANOFF_DECLARE)
#undef BANOFF_DECLARE

  /// "9.19.0"
  [[nodiscard]] std::string version() const;
};

/// The library that the environment's BANOFF_CUDNN names, or libcudnn.so.9 where the system looks for libraries.
/// Throws refused when there is none, it lacks a function, or is older than version 9.
[[nodiscard]] const Cudnn& cudnn();

[[nodiscard]] constexpr cudnnDataType_t data_type(DType type) {
  if (type == DType::f16) return CUDNN_DATA_HALF;
  return type == DType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/// Throws internal, naming the call; refused where cuDNN does not take the problem: it has nothing for it, or does not
/// know a parameter.
inline void check(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const int family = status / 1000;
  const bool takes_not = family == CUDNN_STATUS_NOT_SUPPORTED / 1000 || family == CUDNN_STATUS_BAD_PARAM / 1000;
  fail(takes_not ? ErrorKind::refused : ErrorKind::internal, "{}: {}", call, cudnn().cudnnGetErrorString(status));
}

}  // namespace banoff::cuda

/// Calls a function of cuDNN.
#define BANOFF_CUDNN_CHECK(call, ...) ::banoff::cuda::check(::banoff::cuda::cudnn().call(__VA_ARGS__), #call)
