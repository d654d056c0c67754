#include "banoff/machine.hpp"

#include <unistd.h>

#include <fstream>

#include "kernels/cpu/cpu.hpp"
#include "kernels/cuda/cuda.hpp"
#include "runtime/core/cpu_count.hpp"

namespace banoff {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> sets;
#if defined(__x86_64__)
  // The builtin takes string literals only, hence no loop over names.
  const auto add = [&](bool present, const char* name) {
    if (present) sets.emplace_back(name);
  };
  add(__builtin_cpu_supports("sse4.1") != 0, "sse4.1");
  add(__builtin_cpu_supports("avx") != 0, "avx");
  add(__builtin_cpu_supports("avx2") != 0, "avx2");
  add(__builtin_cpu_supports("fma") != 0, "fma");
  add(__builtin_cpu_supports("avx512f") != 0, "avx512f");
  add(__builtin_cpu_supports("avx512vnni") != 0, "avx512vnni");
#endif
  return sets;
}

}  // namespace

int usable_processors() { return cpu_count(); }

MachineInfo machine() {
  return {cpu_name(),          instruction_sets(),     static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)),
          usable_processors(), cpu::library_version(), cuda::availability().text};
}

}  // namespace banoff
