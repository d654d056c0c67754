#include "kernels/cuda/multiplier.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include <fmt/ranges.h>

#include "kernels/cuda/queue.hpp"

namespace banoff::cuda {

namespace {

using gpu::ProductArgs;
using gpu::ProductProblem;

using OwnedProduct = Owned<cublasLtMatmulDesc_t, decltype(&cublasLtMatmulDescDestroy)>;
using OwnedMatrix = Owned<cublasLtMatrixLayout_t, decltype(&cublasLtMatrixLayoutDestroy)>;
using OwnedPreference = Owned<cublasLtMatmulPreference_t, decltype(&cublasLtMatmulPreferenceDestroy)>;

constexpr std::string_view prefix = "cublasLt:";

/// What the call can do behind a product and its bias: add a residual, then an activation.
struct CallEpilogue {
  bool residual = false;
  int activation = 0;  ///< of cublasLtEpilogue_t
};

std::optional<CallEpilogue> call_epilogue(const ProductProblem& p) {
  using Kind = gpu::EpilogueStep::Kind;
  CallEpilogue known;
  for (const gpu::EpilogueStep& step : p.epilogue) {
    if (known.activation != 0 || step.kind == Kind::bounds) return std::nullopt;
    if (step.kind == Kind::residual) known.residual = true;
    else if (step.activation.kind == ActivationKind::relu) known.activation = CUBLASLT_EPILOGUE_RELU;
    else if (step.activation.kind == ActivationKind::gelu_tanh) known.activation = CUBLASLT_EPILOGUE_GELU;
    else return std::nullopt;
  }
  return known;
}

cudaDataType data_type_of(DType type) {
  if (type == DType::f16) return CUDA_R_16F;
  return type == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
}

cublasComputeType_t compute_type(const ProductProblem& p) {
  const bool rounds = p.type == DType::f32 && p.math == gpu::Math::tensor;
  return rounds ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

template <class V>
void set(const OwnedProduct& product, cublasLtMatmulDescAttributes_t name, const V& value) {
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulDescSetAttribute, product.get(), name, &value, sizeof value);
}
template <class V>
void set(const OwnedMatrix& matrix, cublasLtMatrixLayoutAttribute_t name, const V& value) {
  BANOFF_CUBLASLT_CHECK(cublasLtMatrixLayoutSetAttribute, matrix.get(), name, &value, sizeof value);
}
template <class V>
void set(const OwnedPreference& preference, cublasLtMatmulPreferenceAttributes_t name, const V& value) {
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulPreferenceSetAttribute, preference.get(), name, &value, sizeof value);
}

/// A matrix that lies row by row, which the library, with its columns one after the other, calls [columns][rows].
OwnedMatrix matrix(const ProductProblem& p, int rows, int columns, std::int64_t step) {
  cublasLtMatrixLayout_t made = nullptr;
  BANOFF_CUBLASLT_CHECK(cublasLtMatrixLayoutCreate, &made, data_type_of(p.type), static_cast<std::uint64_t>(columns),
                        static_cast<std::uint64_t>(rows), std::int64_t{columns});
  OwnedMatrix owned(made, cublaslt().cublasLtMatrixLayoutDestroy);
  if (p.batch > 1) {
    set(owned, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, std::int32_t{p.batch});
    set(owned, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, step);
  }
  return owned;
}

/// y^T = b^T a^T, as the library sees rows as columns: its A is b, its B is a, and a bias by its row is one by column.
struct Descriptors {
  OwnedProduct product;
  OwnedMatrix a, b, y;

  explicit Descriptors(const ProductProblem& p, const std::byte* bias)
      : product(make_product(p)),
        a(p.transpose_a ? matrix(p, p.size, p.rows, p.a_batch) : matrix(p, p.rows, p.size, p.a_batch)),
        b(p.transpose_b ? matrix(p, p.columns, p.size, p.b_batch) : matrix(p, p.size, p.columns, p.b_batch)),
        y(matrix(p, p.rows, p.columns, std::int64_t{p.rows} * p.columns)) {
    const auto operation = [](bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    set(product, CUBLASLT_MATMUL_DESC_TRANSA, operation(p.transpose_b));
    set(product, CUBLASLT_MATMUL_DESC_TRANSB, operation(p.transpose_a));
    const int activation = call_epilogue(p).value().activation;
    const int behind = (p.bias ? CUBLASLT_EPILOGUE_BIAS : 0) | activation;
    set(product, CUBLASLT_MATMUL_DESC_EPILOGUE,
        static_cast<cublasLtEpilogue_t>(behind == 0 ? CUBLASLT_EPILOGUE_DEFAULT : behind));
    if (p.bias) set(product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, static_cast<const void*>(bias));
  }

 private:
  static OwnedProduct make_product(const ProductProblem& p) {
    cublasLtMatmulDesc_t made = nullptr;
    BANOFF_CUBLASLT_CHECK(cublasLtMatmulDescCreate, &made, compute_type(p), CUDA_R_32F);
    return {made, cublaslt().cublasLtMatmulDescDestroy};
  }
};

/// A bias that is aligned as the device's allocations are: what heuristics are told before there is one.
const std::byte* aligned_bias() {
  constexpr std::uintptr_t anywhere = 256;
  return reinterpret_cast<const std::byte*>(anywhere);
}

class LtMultiplier final : public gpu::Multiplier {
 public:
  LtMultiplier(const ProductProblem& problem, std::shared_ptr<const OwnedLtHandle> handle,
               const cublasLtMatmulAlgo_t& algorithm, std::size_t workspace)
      : problem_(problem),
        residual_(call_epilogue(problem).value().residual),
        handle_(std::move(handle)),
        algorithm_(algorithm),
        workspace_(workspace) {}

  void run(gpu::Queue& queue, const ProductArgs& args) const override {
    constexpr float one = 1, zero = 0;
    const Descriptors d(problem_, args.bias);  // it holds the bias, which differs from one kernel to the next
    BANOFF_CUBLASLT_CHECK(cublasLtMatmul, handle_->get(), d.product.get(), &one, args.b, d.b.get(), args.a, d.a.get(),
                          residual_ ? &one : &zero, residual_ ? args.residual : args.y, d.y.get(), args.y, d.y.get(),
                          &algorithm_, args.workspace, workspace_, dynamic_cast<CudaQueue&>(queue).stream());
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }
  /// An algorithm is numbers that the same version of the library takes again.
  [[nodiscard]] std::string plan() const override { return fmt::format("{:x}", fmt::join(algorithm_.data, " ")); }

 private:
  ProductProblem problem_;
  bool residual_;
  std::shared_ptr<const OwnedLtHandle> handle_;
  cublasLtMatmulAlgo_t algorithm_;
  std::size_t workspace_;
};

template <class V>
V config(const cublasLtMatmulAlgo_t& algorithm, cublasLtMatmulAlgoConfigAttributes_t name) {
  V value{};
  std::size_t written = 0;
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulAlgoConfigGetAttribute, &algorithm, name, &value, sizeof value, &written);
  return value;
}

/// All that tells one algorithm from another: its number, tile, stages, parts of sums and how they are joined, …
std::string name_of(const cublasLtMatmulAlgo_t& a) {
  return fmt::format("{}{}.{}.{}.{}.{}.{}.{}.{}.{}", prefix, config<std::int32_t>(a, CUBLASLT_ALGO_CONFIG_ID),
                     config<std::uint32_t>(a, CUBLASLT_ALGO_CONFIG_TILE_ID),
                     config<std::uint32_t>(a, CUBLASLT_ALGO_CONFIG_STAGES_ID),
                     config<std::int32_t>(a, CUBLASLT_ALGO_CONFIG_SPLITK_NUM),
                     config<std::uint32_t>(a, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME),
                     config<std::uint32_t>(a, CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING),
                     config<std::uint32_t>(a, CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION),
                     config<std::uint16_t>(a, CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID),
                     config<std::uint16_t>(a, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID));
}

OwnedPreference preference(std::size_t workspace) {
  cublasLtMatmulPreference_t made = nullptr;
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulPreferenceCreate, &made);
  OwnedPreference owned(made, cublaslt().cublasLtMatmulPreferenceDestroy);
  set(owned, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{workspace});
  // Partial sums of 16 bits would lose what sums of 32 are for.
  set(owned, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  constexpr std::uint32_t alignment = 16;  // of what callers may bind
  for (const auto name : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    set(owned, name, alignment);
  return owned;
}

std::vector<gpu::Way<ProductArgs>> ask(const ProductProblem& problem, std::size_t workspace) {
  constexpr int most = 8;
  const auto handle = make_lt_handle();
  const Descriptors d(problem, aligned_bias());
  std::array<cublasLtMatmulHeuristicResult_t, most> found{};
  int count = 0;
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulAlgoGetHeuristic, handle->get(), d.product.get(), d.b.get(), d.a.get(), d.y.get(),
                        d.y.get(), preference(workspace).get(), most, found.data(), &count);
  std::vector<gpu::Way<ProductArgs>> ways;
  for (const auto& result : std::span(found).first(static_cast<std::size_t>(count))) {
    if (result.state != CUBLAS_STATUS_SUCCESS) continue;
    ways.push_back({name_of(result.algo), [=] {
                      return std::make_unique<LtMultiplier>(problem, handle, result.algo, result.workspaceSize);
                    }});
  }
  return ways;
}

}  // namespace

std::shared_ptr<const OwnedLtHandle> make_lt_handle() {
  cublasLtHandle_t handle = nullptr;
  BANOFF_CUBLASLT_CHECK(cublasLtCreate, &handle);
  return std::make_shared<const OwnedLtHandle>(handle, cublaslt().cublasLtDestroy);
}

std::vector<gpu::WaySource<ProductArgs>> product_ways(const ProductProblem& problem, std::size_t workspace) {
  if (!call_epilogue(problem)) return {};
  return {{"cuBLASLt's heuristics", [=] { return ask(problem, workspace); }}};
}

std::unique_ptr<gpu::Multiplier> plan_multiplier(const ProductProblem& problem, std::size_t workspace,
                                                 const std::string& plan) {
  cublasLtMatmulAlgo_t algorithm{};
  const char* at = plan.data();
  const char* const end = plan.data() + plan.size();
  for (auto& number : algorithm.data) {
    constexpr int hexadecimal = 16;
    const auto [behind, wrong] = std::from_chars(at, end, number, hexadecimal);
    if (wrong != std::errc()) fail(ErrorKind::refused, "no plan of cuBLASLt's");
    at = behind == end ? end : behind + 1;
  }
  const auto handle = make_lt_handle();
  const Descriptors d(problem, aligned_bias());
  cublasLtMatmulHeuristicResult_t result{};
  BANOFF_CUBLASLT_CHECK(cublasLtMatmulAlgoCheck, handle->get(), d.product.get(), d.b.get(), d.a.get(), d.y.get(),
                        d.y.get(), &algorithm, &result);
  if (result.workspaceSize > workspace)
    fail(ErrorKind::refused, "it wants {} MiB of workspace", result.workspaceSize >> 20);
  return std::make_unique<LtMultiplier>(problem, handle, algorithm, result.workspaceSize);
}

}  // namespace banoff::cuda
