// Plans on disk, so that a chosen way is not built anew in every process: a file for each, as a plan may hold the
// machine code of its kernel.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace banoff::gpu {

class PlanFiles {
 public:
  /// An empty folder: nothing is kept. `machine` names the GPU and the library, whose other versions' plans are none.
  PlanFiles(std::filesystem::path folder, std::string machine)
      : folder_(std::move(folder)), machine_(std::move(machine)) {}

  /// The plan of this way to compute what `key` describes, if it was written for this machine and is undamaged.
  [[nodiscard]] std::optional<std::string> read(const std::string& key, const std::string& way) const;
  void write(const std::string& key, const std::string& way, const std::string& plan) const;
  /// Of a plan that turned out to be of no use.
  void remove(const std::string& key, const std::string& way) const;

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& key, const std::string& way) const;

  std::filesystem::path folder_;
  std::string machine_;
};

}  // namespace banoff::gpu
