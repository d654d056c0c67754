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

void Progress::set_share(double share) {
  const auto done = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(total_));
  if (done != done_) show(done_ = done);
}

void Progress::say(const std::string& line) {
  fmt::print(stderr, "{}{}\n", visible_ ? "\r\x1b[K" : "", line);
  show(done_);
}

std::string Progress::time_left(std::size_t done) const {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (done == 0 || elapsed < 2) return "";
  const auto left = static_cast<double>(total_ - std::min(done, total_)) / static_cast<double>(done);
  const auto seconds = static_cast<long>(elapsed * left);
  return fmt::format(", {}:{:02} left", seconds / 60, seconds % 60);
}

void Progress::show(std::size_t done) {
  constexpr std::size_t width = 30;
  if (!visible_) return;
  const std::size_t filled = std::min(done, total_) * width / total_;
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  fmt::print(stderr, "\r{} [{}] {}/{}{}\x1b[K", what_, bar, done, total_, time_left(done));
}

}  // namespace banoff::cli
