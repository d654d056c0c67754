#include "kernels/gpu/tuning_file.hpp"

#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "kernels/gpu/checked_file.hpp"

namespace banoff::gpu {

namespace {

/// 2: a way is named by its engine and knobs, where 1 had its place in a list that changed.
constexpr std::string_view version = "banoff tunings 2";

std::string escaped(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  }
  return name;
}

}  // namespace

Tunings read_tunings(const std::filesystem::path& file, const std::string& machine) {
  const auto body = read_checked(file, version, machine);
  if (!body) return {};
  std::istringstream lines(*body);
  std::string line;
  Tunings tunings;
  while (std::getline(lines, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos) return {};
    Tuning tuning{line.substr(first + 1, second - first - 1), 0};
    const auto [end, wrong] = std::from_chars(line.data() + second + 1, line.data() + line.size(), tuning.us);
    if (wrong != std::errc() || end != line.data() + line.size()) return {};
    tunings[line.substr(0, first)] = tuning;
  }
  return tunings;
}

void write_tunings(const std::filesystem::path& file, const std::string& machine, const Tunings& tunings) {
  Tunings all = read_tunings(file, machine);
  for (const auto& [key, tuning] : tunings) all[key] = tuning;
  std::string body;
  for (const auto& [key, tuning] : all) body += fmt::format("{}\t{}\t{:.3f}\n", key, tuning.choice, tuning.us);
  write_checked(file, version, machine, body);
}

std::filesystem::path tuning_file(const std::string& machine) {
  const auto folder = [](const char* variable) -> std::filesystem::path {
    const char* value = std::getenv(variable);  // read once per device, before there are sessions
    return value == nullptr ? "" : value;
  };
  std::filesystem::path cache = folder("BANOFF_CACHE");
  if (cache.empty() && !folder("XDG_CACHE_HOME").empty()) cache = folder("XDG_CACHE_HOME") / "banoff";
  if (cache.empty() && !folder("HOME").empty()) cache = folder("HOME") / ".cache" / "banoff";
  return cache.empty() ? cache : cache / (escaped(machine) + ".tunings");
}

std::filesystem::path plan_folder(const std::filesystem::path& tuning_file) {
  auto folder = tuning_file;
  return folder.empty() ? folder : folder.replace_extension(".plans");
}

}  // namespace banoff::gpu
