#include "kernels/gpu/plan_files.hpp"

#include <fmt/format.h>

#include "kernels/gpu/checked_file.hpp"

namespace banoff::gpu {

namespace {

constexpr std::string_view version = "banoff plan 1";

/// What a file begins with: names of files are hashes, which may meet.
std::string heading(const std::string& key, const std::string& way) { return fmt::format("{}\n{}\n", key, way); }

}  // namespace

std::filesystem::path PlanFiles::file(const std::string& key, const std::string& way) const {
  return folder_ / fmt::format("{:016x}.plan", checksum(heading(key, way)));
}

std::optional<std::string> PlanFiles::read(const std::string& key, const std::string& way) const {
  if (folder_.empty()) return std::nullopt;
  const auto body = read_checked(file(key, way), version, machine_);
  const std::string first = heading(key, way);
  if (!body || !body->starts_with(first) || !body->ends_with('\n')) return std::nullopt;
  return body->substr(first.size(), body->size() - first.size() - 1);
}

void PlanFiles::write(const std::string& key, const std::string& way, const std::string& plan) const {
  if (!folder_.empty()) write_checked(file(key, way), version, machine_, heading(key, way) + plan + "\n");
}

void PlanFiles::remove(const std::string& key, const std::string& way) const {
  std::error_code error;
  if (!folder_.empty()) std::filesystem::remove(file(key, way), error);
}

}  // namespace banoff::gpu
