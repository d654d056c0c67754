// A profile as rows and columns, and in words.
#pragma once

#include "bench/profile/profile.hpp"
#include "bench/table/grid.hpp"

namespace banoff::bench {

/// "optimal, auto, norms fused"
[[nodiscard]] std::string name_of_way(const Profile& profile);
/// Network, device, threads and batch.
[[nodiscard]] std::string subject_line(const Profile& profile);
[[nodiscard]] std::string machine_line(const ProfileReport& report);
/// A kernel's ops in their order, or the change of layout that it is.
[[nodiscard]] std::string ops_of(const StepInfo& step);
/// What rates are compared with, or that it is not known.
[[nodiscard]] std::string ceilings_line(const Ceilings& ceilings);
/// The kernels' sum against a whole run.
[[nodiscard]] std::string totals_line(const Profile& profile);

[[nodiscard]] Grid steps_grid(const Profile& profile, StepOrder order);
[[nodiscard]] Grid kinds_grid(const Profile& profile);
[[nodiscard]] Grid implementations_grid(const Profile& profile);

}  // namespace banoff::bench
