// cuBLASLt, loaded when a matrix product is asked for.
#pragma once

#include <cublasLt.h>

#include <string>

#include "runtime/core/fail.hpp"

namespace banoff::cuda {

/// The functions that are used, each under its own name.
#define BANOFF_CUBLASLT_FUNCTIONS(F)      \
  F(cublasLtGetVersion)                   \
  F(cublasLtGetStatusString)              \
  F(cublasLtCreate)                       \
  F(cublasLtDestroy)                      \
  F(cublasLtMatmulDescCreate)             \
  F(cublasLtMatmulDescDestroy)            \
  F(cublasLtMatmulDescSetAttribute)       \
  F(cublasLtMatrixLayoutCreate)           \
  F(cublasLtMatrixLayoutDestroy)          \
  F(cublasLtMatrixLayoutSetAttribute)     \
  F(cublasLtMatmulPreferenceCreate)       \
  F(cublasLtMatmulPreferenceDestroy)      \
  F(cublasLtMatmulPreferenceSetAttribute) \
  F(cublasLtMatmulAlgoGetHeuristic)       \
  F(cublasLtMatmulAlgoConfigGetAttribute) \
  F(cublasLtMatmulAlgoCheck)              \
  F(cublasLtMatmul)

struct CublasLt {
#define BANOFF_DECLARE(name) decltype(&::name) name = nullptr;
  BANOFF_CUBLASLT_FUNCTIONS(BANOFF_DECLARE)
#undef BANOFF_DECLARE
};

/// The library that the environment's BANOFF_CUBLASLT names, or libcublasLt.so.13 or .12 where the system looks for
/// libraries. Throws refused when there is none, or it lacks a function.
[[nodiscard]] const CublasLt& cublaslt();
/// "cuBLASLt 13.1.0", or "no cuBLASLt": part of what identifies the machine.
[[nodiscard]] std::string cublaslt_version();

/// Throws refused, naming the call: what it does not take, another way may.
inline void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(ErrorKind::refused, "{}: {}", call, cublaslt().cublasLtGetStatusString(status));
}

}  // namespace banoff::cuda

/// Calls a function of cuBLASLt.
#define BANOFF_CUBLASLT_CHECK(call, ...) ::banoff::cuda::check(::banoff::cuda::cublaslt().call(__VA_ARGS__), #call)
