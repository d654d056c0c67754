// Columns of text on stdout.
#pragma once

#include <string>
#include <vector>

namespace banoff::cli {

enum class Align { left, right };

class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Columns as wide as their widest cell, two spaces apart; nothing behind the last one.
  void print() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

[[nodiscard]] std::string grouped(std::int64_t number);  ///< 1234567 -> "1,234,567"
[[nodiscard]] std::string joined(const std::vector<std::string>& words, const std::string& separator = ", ");

}  // namespace banoff::cli
