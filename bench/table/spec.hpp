// A table to be reproduced: which networks, and what was published of them (configs/tables/*.yaml).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "banoff/model.hpp"

namespace banoff::bench {

/// A published column and what is measured beside it.
struct Column {
  std::string key, title;
  std::string quantity;  ///< one of quantity_names()
  Method method = Method::banoff;
  std::string device;  ///< where it was published: only results of this device stand beside it; empty: any
};

struct Row {
  std::string label;
  std::string group;                        ///< rows of a group stand together in plots
  std::filesystem::path model;              ///< the network file, found
  std::map<std::string, double> published;  ///< by column
  std::map<std::string, std::int64_t> symbols;
  std::map<std::string, Shape> shapes;
};

struct TableSpec {
  std::string name, title, source, note;
  std::filesystem::path file;
  std::vector<std::int64_t> batches{1};
  std::vector<int> threads{0};
  std::optional<double> duration_s;
  bool timed = true;
  std::vector<Column> columns;
  std::vector<Row> rows;
};

/// Reads a table file. Networks are looked for in ../models beside its folder, then in the folder itself; one that does
/// not exist is no error here. Throws bad_input with file:line.
[[nodiscard]] TableSpec read_table(const std::filesystem::path& file);

/// Folders that hold tables: the installed one, the source tree's, configs/tables under the current folder.
[[nodiscard]] std::vector<std::filesystem::path> table_folders();

/// Table files by "2" (table2), a name, a path ending in .yaml, or "all". Throws usage listing the known ones.
[[nodiscard]] std::vector<std::filesystem::path> find_tables(const std::string& name,
                                                             const std::vector<std::filesystem::path>& folders);

}  // namespace banoff::bench
