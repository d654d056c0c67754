#include "bench/table/store.hpp"

#include <fstream>

#include "banoff/file.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {
constexpr std::uint64_t fnv_start = 0xcbf29ce484222325, fnv_prime = 0x100000001b3;

std::uint64_t hashed(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * fnv_prime;
  return hash;
}
}  // namespace

std::uint64_t hash_of(std::string_view bytes) { return hashed(fnv_start, bytes); }

std::uint64_t hash_of_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return 0;
  std::uint64_t hash = fnv_start;
  std::vector<char> block(1 << 16);
  while (stream) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash = hashed(hash, {block.data(), static_cast<std::size_t>(stream.gcount())});
  }
  return hash;
}

Store::Store(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) fail_input("{}: the folder for results cannot be made: {}", folder_.string(), error.message());
}

std::filesystem::path Store::file_of(const std::string& name, const nlohmann::json& key) const {
  return folder_ / fmt::format("{}-{:016x}.json", name, hash_of(key.dump()));
}

std::optional<Cell> Store::find(const std::string& name, const nlohmann::json& key) const {
  std::ifstream stream(file_of(name, key), std::ios::binary);
  if (!stream) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(stream);
    if (json.at("key") != key) return std::nullopt;
    Cell cell = cell_from_json(json.at("cell"));
    cell.resumed = true;
    return cell;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // a damaged file is a cell to be measured again
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Store::keep(const std::string& name, const nlohmann::json& key, const Cell& cell) const {
  const nlohmann::json json{{"key", key}, {"cell", to_json(cell)}};
  write_file_atomically(file_of(name, key), json.dump(1) + '\n');
}

}  // namespace banoff::bench
