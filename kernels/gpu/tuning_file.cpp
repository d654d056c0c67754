#include "kernels/gpu/tuning_file.hpp"

#include <unistd.h>

#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace banoff::gpu {

namespace {

constexpr std::string_view version = "banoff tunings 1";
constexpr std::size_t most_bytes = std::size_t{64} << 20;

/// FNV-1a of 64 bits: finds damage, not malice; what a file can do is choose a slower way.
std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

/// The lines behind version and machine, or none when anything is not as it should be.
std::vector<std::string> lines_of(const std::string& text, const std::string& machine) {
  const std::size_t last = text.rfind("checksum ");
  if (last == std::string::npos) return {};
  const std::string_view body(text.data(), last);
  if (text.substr(last) != fmt::format("checksum {:016x}\n", checksum(body))) return {};
  std::istringstream stream{std::string(body)};
  std::string line;
  if (!std::getline(stream, line) || line != version) return {};
  if (!std::getline(stream, line) || line != machine) return {};
  std::vector<std::string> lines;
  while (std::getline(stream, line)) lines.push_back(line);
  return lines;
}

std::string escaped(std::string name) {
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  }
  return name;
}

}  // namespace

Tunings read_tunings(const std::filesystem::path& file, const std::string& machine) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > most_bytes) return {};
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  Tunings tunings;
  for (const std::string& line : lines_of(text, machine)) {
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
  std::string text = fmt::format("{}\n{}\n", version, machine);
  for (const auto& [key, tuning] : all) text += fmt::format("{}\t{}\t{:.3f}\n", key, tuning.choice, tuning.us);
  text += fmt::format("checksum {:016x}\n", checksum(text));
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::filesystem::path whole = file.string() + fmt::format(".{}", ::getpid());
  {
    std::ofstream stream(whole, std::ios::binary);
    stream << text;
    if (!stream.flush()) {
      stream.close();
      std::filesystem::remove(whole, error);
      return;
    }
  }
  std::filesystem::rename(whole, file, error);
  if (error) std::filesystem::remove(whole, error);
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

}  // namespace banoff::gpu
