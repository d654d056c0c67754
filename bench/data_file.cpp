#include "bench/data_file.hpp"

namespace banoff::bench {

std::vector<std::filesystem::path> data_places(const std::string& installed, const std::string& source) {
  namespace fs = std::filesystem;
  std::vector<fs::path> places;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) places.push_back((program.parent_path() / BANOFF_DATA_FROM_BIN / installed).lexically_normal());
  places.emplace_back(fs::path(BANOFF_SOURCE_DIR) / source);
  places.emplace_back(source);
  return places;
}

}  // namespace banoff::bench
