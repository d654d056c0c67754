// The devices of this build by their names.
#include <algorithm>
#include <array>
#include <charconv>
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

constexpr std::array precisions{Precision::fp32, Precision::tf32, Precision::fp16, Precision::bf16};

struct GpuName {
  int index = 0;
  Precision precision = Precision::fp32;
};

/// What a name such as gpu, gpu:1, gpu-fp16 or gpu:1-fp16 means; a name without precision means the one asked for.
std::optional<GpuName> gpu_named(std::string_view name, Precision asked_for) {
  constexpr std::string_view prefix = "gpu";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  GpuName gpu{0, asked_for};
  for (const Precision precision : precisions) {
    const std::string ending = fmt::format("-{}", name_of(precision));
    if (precision == Precision::fp32 || !name.ends_with(ending)) continue;
    gpu.precision = precision;
    name.remove_suffix(ending.size());
    break;
  }
  if (name.empty()) return gpu;
  if (!name.starts_with(':')) return std::nullopt;
  name.remove_prefix(1);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), gpu.index);
  const bool number = error == std::errc() && end == name.data() + name.size() && gpu.index >= 0;
  return number ? std::optional(gpu) : std::nullopt;
}

/// What cpu, cpu-bf16 and cpu-int8 mean, as names of GPUs do.
std::optional<Precision> cpu_named(std::string_view name, Precision asked_for) {
  if (name == "cpu-bf16") return Precision::bf16;
  if (name == "cpu-int8") return Precision::int8;
  return name == "cpu" ? std::optional(asked_for) : std::nullopt;
}

std::shared_ptr<const Device> make_gpu(const GpuName& gpu) {
  const cuda::Availability here = cuda::availability();
  if (here.usable && gpu.index >= here.gpus) {
    fail(ErrorKind::refused, "no gpu:{}: this machine has {}", gpu.index,
         here.gpus == 1 ? "one GPU (gpu:0)" : fmt::format("{} GPUs (gpu:0 to gpu:{})", here.gpus, here.gpus - 1));
  }
  const auto backend = cuda::backend(gpu.index);
  gpu::Options options;
  options.precision = gpu.precision;
  options.tuning_file = gpu::tuning_file(backend->name());
  options.record = std::getenv("BANOFF_NO_GRAPH") == nullptr;  // to see what launching step by step costs
  return gpu::device(backend, options);
}

}  // namespace

std::shared_ptr<const Device> make_device(const DeviceOptions& options) {
  if (const auto gpu = gpu_named(options.name, options.precision)) {
    if (gpu->precision == Precision::int8) fail_usage("the gpu device computes in floats, not in int8");
    return make_gpu(*gpu);
  }
  const std::optional<Precision> cpu = cpu_named(options.name, options.precision);
  if (!cpu && options.precision != Precision::fp32)
    fail_usage("the {} device computes in fp32, not in {}", options.name, name_of(options.precision));
  if (cpu && (*cpu == Precision::tf32 || *cpu == Precision::fp16))
    fail_usage("the cpu device computes in fp32, bf16 or int8, not in {}", name_of(*cpu));
  if (!options.isa.empty() && !cpu)
    fail_usage("the {} device has no choice of instruction sets; that is the cpu device's", options.name);
  if (options.name == "reference") return reference::device(DType::f32);
  if (options.name == "reference-f64") return reference::device(DType::f64);
  if (cpu)
    return cpu::device({.threads = options.threads,
                        .isa = options.isa,
                        .precision = *cpu,
                        .exact_convolutions = options.exact_convolutions});
  fail_usage("unknown device '{}' (built in: {})", options.name, fmt::join(device_names(), ", "));
}

std::vector<std::string> device_names() {
  std::vector<std::string> names{"reference", "reference-f64", "cpu", "cpu-bf16", "cpu-int8"};
  const cuda::Availability here = cuda::availability();
  for (int i = 0; here.usable && i < here.gpus; ++i) {
    const std::string gpu = i == 0 ? "gpu" : fmt::format("gpu:{}", i);
    for (const Precision precision : precisions)
      names.push_back(precision == Precision::fp32 ? gpu : fmt::format("{}-{}", gpu, name_of(precision)));
  }
  return names;
}

bool in_integers(const DeviceOptions& options) { return cpu_named(options.name, options.precision) == Precision::int8; }

bool has_device(const std::string& name) {
  const auto gpu = gpu_named(name, Precision::fp32);
  if (!gpu) return std::ranges::count(device_names(), name) > 0;
  const cuda::Availability here = cuda::availability();
  return here.usable && gpu->index < here.gpus;
}

}  // namespace banoff
