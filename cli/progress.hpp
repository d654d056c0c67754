// A progress bar on stderr, where stderr is a terminal; nothing elsewhere.
#pragma once

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

 private:
  void show(std::size_t done);

  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool visible_;
};

}  // namespace banoff::cli
