// Finished cells on disk, so that an interrupted run goes on where it stopped.
#pragma once

#include <filesystem>
#include <optional>

#include "bench/table/report.hpp"

namespace banoff::bench {

/// FNV-1a, 64 bits: the same on every machine.
[[nodiscard]] std::uint64_t hash_of(std::string_view bytes);
/// The hash of a file's content; 0 for a file that is not there.
[[nodiscard]] std::uint64_t hash_of_file(const std::filesystem::path& file);

/// A folder with a file per cell. A cell's key is everything its numbers depend on.
class Store {
 public:
  /// Makes the folder. Throws bad_input when that cannot be done.
  explicit Store(std::filesystem::path folder);

  /// The cell kept under this very key; nothing where there is none, or what is there cannot be read.
  [[nodiscard]] std::optional<Cell> find(const std::string& name, const nlohmann::json& key) const;
  /// Keeps a cell; it is there whole or not at all.
  void keep(const std::string& name, const nlohmann::json& key, const Cell& cell) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& name, const nlohmann::json& key) const;
  std::filesystem::path folder_;
};

}  // namespace banoff::bench
