#include "kernels/gpu/checked_file.hpp"

#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include <fmt/format.h>

namespace banoff::gpu {

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::string_view last_line = "checksum ";

std::string first_lines(std::string_view version, std::string_view machine) {
  return fmt::format("{}\n{}\n", version, machine);
}

}  // namespace

std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::optional<std::string> read_checked(const std::filesystem::path& file, std::string_view version,
                                        std::string_view machine) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > most_bytes) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const std::size_t last = text.rfind(last_line);
  if (last == std::string::npos) return std::nullopt;
  const std::string_view whole(text.data(), last);
  if (text.substr(last) != fmt::format("{}{:016x}\n", last_line, checksum(whole))) return std::nullopt;
  const std::string first = first_lines(version, machine);
  if (!whole.starts_with(first)) return std::nullopt;
  return std::string(whole.substr(first.size()));
}

void write_checked(const std::filesystem::path& file, std::string_view version, std::string_view machine,
                   std::string_view body) {
  std::string text = first_lines(version, machine).append(body);
  text += fmt::format("{}{:016x}\n", last_line, checksum(text));
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const auto thread = std::hash<std::thread::id>()(std::this_thread::get_id());
  const std::filesystem::path whole = file.string() + fmt::format(".{}.{:x}", ::getpid(), thread);
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

}  // namespace banoff::gpu
