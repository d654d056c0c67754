// Where tables lie.
#include <algorithm>
#include <set>

#include "bench/data_file.hpp"
#include "bench/table/spec.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {
namespace fs = std::filesystem;

std::vector<fs::path> tables_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}
}  // namespace

std::vector<fs::path> table_folders() { return data_places("tables", "configs/tables"); }

std::vector<fs::path> find_tables(const std::string& name, const std::vector<fs::path>& folders) {
  if (name.ends_with(".yaml") || name.ends_with(".yml")) return {name};
  std::set<std::string> known;
  for (const fs::path& folder : folders) {
    const std::vector<fs::path> files = tables_in(folder);
    if (name == "all" && !files.empty()) return files;
    for (const fs::path& file : files) {
      const std::string stem = file.stem().string();
      if (stem == name || stem == "table" + name) return {file};
      known.insert(stem);
    }
  }
  fail_usage("no table '{}' (known: {}; or a file ending in .yaml)", name, fmt::join(known, ", "));
}

}  // namespace banoff::bench
