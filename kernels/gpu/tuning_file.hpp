// Measured choices on disk, so that a network compiled a second time is not measured again.
//
// A text file: a line that says its version, one that names the machine (GPU and library), a line of key, choice and
// microseconds for each problem, and a checksum of all that. A file of another version or machine, or a damaged one,
// is no file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace banoff::gpu {

struct Tuning {
  std::string choice;
  double us = 0;
};
using Tunings = std::map<std::string, Tuning>;  ///< by problem

/// Empty when there is no such file, or none for this machine.
[[nodiscard]] Tunings read_tunings(const std::filesystem::path& file, const std::string& machine);
/// Adds to what the file holds for this machine by now; what appears is whole. A file that cannot be written is left
/// alone: it only saves time.
void write_tunings(const std::filesystem::path& file, const std::string& machine, const Tunings& tunings);

/// Where they are kept unless the environment's BANOFF_CACHE names another folder: the user's cache folder. Empty when
/// there is none. One file for each machine.
[[nodiscard]] std::filesystem::path tuning_file(const std::string& machine);
/// The folder beside a tuning file in which the plans of the choices are kept; empty when that is.
[[nodiscard]] std::filesystem::path plan_folder(const std::filesystem::path& tuning_file);

}  // namespace banoff::gpu
