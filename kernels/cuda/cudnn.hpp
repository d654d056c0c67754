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
  F(cudnnGetLastErrorString)                      \
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

/// Throws refused, with the call, the status and what cuDNN says of it.
void check(cudnnStatus_t status, const char* call);

}  // namespace banoff::cuda

/// Calls a function of cuDNN.
#define BANOFF_CUDNN_CHECK(call, ...) ::banoff::cuda::check(::banoff::cuda::cudnn().call(__VA_ARGS__), #call)
