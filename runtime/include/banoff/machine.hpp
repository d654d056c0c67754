// The machine a network runs on, for reports.
#pragma once

#include <string>
#include <vector>

#include "banoff/export.h"

namespace banoff {

struct MachineInfo {
  std::string cpu;               ///< "Intel(R) Xeon(R) …"
  std::vector<std::string> isa;  ///< vector instruction sets that matter: "avx2", "fma", "avx512f", …
  int processors = 0;            ///< online in the machine
  int usable = 0;                ///< of these, as many as affinity and the control group's quota leave to this process
  std::string onednn;            ///< "oneDNN 2.6.3", as linked at run time
  std::string gpu;               ///< "NVIDIA H200, cuDNN 9.19.0", or what the gpu device lacks: "no NVIDIA driver"
};

/// As MachineInfo::usable, for who wants no more of the machine: nothing is asked of a GPU.
[[nodiscard]] BANOFF_API int usable_processors();

/// Asks for GPUs, as device_names() does: processes forked after that cannot use them.
[[nodiscard]] BANOFF_API MachineInfo machine();

}  // namespace banoff
