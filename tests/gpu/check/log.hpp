// What a check has found, one JSON object a line, each written when it is found: a check that was ended by whatever
// goes on behind the last one.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace banoff::check {

using Json = nlohmann::ordered_json;

class Log {
 public:
  /// Reads what there is of an earlier process. What that one had begun and not ended gets a failure: it was the end of
  /// the process.
  explicit Log(const std::filesystem::path& file);

  [[nodiscard]] bool has(const std::string& key) const { return results_.contains(key); }
  void begin(const std::string& key);
  /// `result` has "failures", an array of strings, where something is wrong.
  void end(const std::string& key, Json result);

  [[nodiscard]] const std::map<std::string, Json>& results() const { return results_; }
  /// Prints what is wrong; 1 if anything is, else 0.
  [[nodiscard]] int verdict() const;

 private:
  void write(const Json& line);

  std::ofstream stream_;
  std::map<std::string, Json> results_;
};

}  // namespace banoff::check
