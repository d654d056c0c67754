// The devices of this build by their names.
#include <cstdlib>

#include "kernels/cpu/cpu.hpp"
#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "kernels/gpu/tuning_file.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

std::shared_ptr<const Device> make_gpu(Precision precision) {
  const auto backend = cuda::backend();
  gpu::Options options;
  options.precision = precision;
  options.tuning_file = gpu::tuning_file(backend->name());
  options.record = std::getenv("BANOFF_NO_GRAPH") == nullptr;  // to see what launching step by step costs
  return gpu::device(backend, options);
}

/// The precision in a name such as gpu-fp16, which stands for the device gpu with that precision.
std::optional<Precision> precision_of(const DeviceOptions& options) {
  for (const Precision precision : {Precision::tf32, Precision::fp16, Precision::bf16})
    if (options.name == fmt::format("gpu-{}", name_of(precision))) return precision;
  return options.name == "gpu" ? std::optional(options.precision) : std::nullopt;
}

/// The same for the cpu device.
std::optional<Precision> cpu_precision_of(const DeviceOptions& options) {
  for (const Precision precision : {Precision::bf16, Precision::int8})
    if (options.name == fmt::format("cpu-{}", name_of(precision))) return precision;
  return options.name == "cpu" ? std::optional(options.precision) : std::nullopt;
}

}  // namespace

bool in_integers(const DeviceOptions& options) { return cpu_precision_of(options) == Precision::int8; }

std::shared_ptr<const Device> make_device(const DeviceOptions& options) {
  if (const auto precision = precision_of(options)) {
    if (*precision == Precision::int8) fail_usage("the gpu device computes in floats, not in int8");
    return make_gpu(*precision);
  }
  const bool cpu = cpu_precision_of(options).has_value();
  Precision precision = cpu_precision_of(options).value_or(options.precision);
  // What is on grids is computed in integers anyhow; the rest stays in fp32.
  if (cpu && precision == Precision::int8) precision = Precision::fp32;
  if (precision != Precision::fp32 && !(cpu && precision == Precision::bf16))
    fail_usage("the {} device computes in {}, not in {}", options.name, cpu ? "fp32, bf16 or int8" : "fp32",
               name_of(precision));
  if (!options.isa.empty() && !cpu)
    fail_usage("the {} device has no choice of instruction sets; that is the cpu device's", options.name);
  if (options.name == "reference") return reference::device(DType::f32);
  if (options.name == "reference-f64") return reference::device(DType::f64);
  if (cpu)
    return cpu::device({.threads = options.threads,
                        .isa = options.isa,
                        .precision = precision,
                        .exact_convolutions = options.exact_convolutions});
  fail_usage("unknown device '{}' (built in: {})", options.name, fmt::join(device_names(), ", "));
}

std::vector<std::string> device_names() {
  std::vector<std::string> names{"reference", "reference-f64", "cpu"};
  if (cuda::availability().usable) names.insert(names.end(), {"gpu", "gpu-tf32", "gpu-fp16", "gpu-bf16"});
  return names;
}

}  // namespace banoff
