// How many processors this process may really use.
#pragma once

namespace banoff {

/// Processors of the affinity mask, but no more than the control group's quota (v1 or v2) pays for; at least 1.
[[nodiscard]] int cpu_count();

}  // namespace banoff
