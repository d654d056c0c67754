#include "tests/gpu/check/log.hpp"

#include <fmt/format.h>

#include <set>

#include "runtime/core/fail.hpp"

namespace banoff::check {

Log::Log(const std::filesystem::path& file) {
  std::set<std::string> begun;
  bool whole = true;
  std::ifstream before(file);
  for (std::string line; std::getline(before, line);) {
    whole = !before.eof();
    Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) continue;  // the last line of a process that was ended while it wrote
    const std::string key = json.at("key");
    if (json.contains("begun")) begun.insert(key);
    else results_[key] = std::move(json);
  }
  stream_.open(file, std::ios::app);
  if (!stream_) fail(ErrorKind::bad_input, "{}: cannot be written", file.string());
  if (!whole) stream_ << '\n';
  for (const std::string& key : begun)
    if (!has(key)) end(key, {{"failures", {key + ": the process ended while it ran"}}});
}

void Log::begin(const std::string& key) { write({{"key", key}, {"begun", true}}); }

void Log::end(const std::string& key, Json result) {
  Json line{{"key", key}};
  line.update(result);
  write(line);
  results_[key] = std::move(line);
}

void Log::write(const Json& line) {
  stream_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
}

int Log::verdict() const {
  int wrong = 0;
  for (const auto& [key, result] : results_) {
    if (!result.contains("failures")) continue;
    for (const std::string failure : result.at("failures")) fmt::print("{}\n", failure), ++wrong;
  }
  fmt::print("{} results, {} failures\n", results_.size(), wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace banoff::check
