// The host in the place of two GPUs: linked instead of the layer `cuda` into the programs that rehearse what is to run
// on a machine with GPUs. BANOFF_STAND_IN_FAULT=KIND:N makes the Nth job that a process launches go wrong: `error`,
// `lost`, `crash` or `hang`.
#include <unistd.h>

#include <cstdlib>

#include "kernels/cuda/cuda.hpp"
#include "runtime/core/fail.hpp"
#include "tests/gpu/host_backend.hpp"

namespace banoff::cuda {

namespace {

constexpr int gpus = 2;

/// CUDA works in the process that started it, and in none that is forked from that one afterwards: so does this.
bool starts() {
  static const pid_t started_in = ::getpid();
  return ::getpid() == started_in;
}

test::HostOptions options() {
  test::HostOptions result;
  const char* const text = std::getenv("BANOFF_STAND_IN_FAULT");  // read when a device is made, before any session
  if (text == nullptr) return result;
  const std::string_view fault = text;
  const std::size_t colon = fault.find(':');
  if (colon == std::string_view::npos) fail_usage("BANOFF_STAND_IN_FAULT={}: expected KIND:N", fault);
  result.fault = test::fault_named(fault.substr(0, colon));
  result.fault_at = std::atoi(text + colon + 1);
  return result;
}

}  // namespace

Availability availability() {
  if (!starts()) return {false, "CUDA does not start: initialization error", 0};
  return {true, "the host, library 1.0", gpus};
}

std::shared_ptr<const gpu::Backend> backend(int /*index*/) {
  if (!starts()) fail(ErrorKind::refused, "no GPU can be used: CUDA does not start: initialization error");
  return std::make_shared<test::HostBackend>(options());
}

}  // namespace banoff::cuda
