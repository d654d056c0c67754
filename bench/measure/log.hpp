// Google Benchmark's JSON of what was measured, for the tools that read it.
#pragma once

#include <filesystem>
#include <memory>

#include "bench/measure/subject.hpp"

namespace banoff::bench {

class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Runs the subject `runs` times as a benchmark of Google's with one iteration, and keeps what that reports.
  [[nodiscard]] Block run(const Subject& subject, int runs);
  /// Writes what was kept. Throws bad_input where the file cannot be written.
  void write(const std::filesystem::path& file) const;

 private:
  class Reporter;
  std::unique_ptr<Reporter> reporter_;
};

}  // namespace banoff::bench
