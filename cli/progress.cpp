#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

namespace banoff::cli {

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)), total_(std::max<std::size_t>(total, 1)), visible_(::isatty(STDERR_FILENO) != 0) {
  show(0);
}

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::size_t done) {
  constexpr std::size_t width = 30;
  if (!visible_) return;
  const std::size_t filled = std::min(done, total_) * width / total_;
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  fmt::print(stderr, "\r{} [{}] {}/{}", what_, bar, done, total_);
}

}  // namespace banoff::cli
