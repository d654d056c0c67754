// A progress bar on stderr, where stderr is a terminal; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace banoff::cli {

class Progress {
 public:
  Progress(std::string what, std::size_t total);
  ~Progress();  ///< wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step() { show(++done_); }
  /// Sets what is done as a share of everything, 0..1.
  void set_share(double share);
  /// Writes a line to stderr, terminal or not, without spoiling the bar.
  void say(const std::string& line);

 private:
  void show(std::size_t done);
  [[nodiscard]] std::string time_left(std::size_t done) const;

  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool visible_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace banoff::cli
