#include "runtime/load/text_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "runtime/core/fail.hpp"
#include "runtime/load/load.hpp"

namespace banoff {

std::string read_text_file(const std::filesystem::path& file, std::size_t max_bytes) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) fail_input("{}: no such file", file.string());
  if (!std::filesystem::is_regular_file(file, error)) fail_input("{}: not a regular file", file.string());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail_input("{}: cannot be opened: {}", file.string(), std::strerror(errno));
  // One byte more than allowed tells a file that is too large, even when it grows while it is read.
  std::string text(std::min<std::uintmax_t>(std::filesystem::file_size(file, error), max_bytes) + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto got = static_cast<std::size_t>(stream.gcount());
  if (got > max_bytes) fail_input("{}: larger than {} bytes", file.string(), max_bytes);
  text.resize(got);
  return text;
}

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  constexpr int attempts = 100;
  for (int i = 0; i < attempts && descriptor_ < 0; ++i) {
    temporary_ = fmt::format("{}.{}.{}.tmp", target_.string(), ::getpid(), i);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    temporary_.clear();
    fail_with_errno("cannot be written");
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno("writing failed");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::finish() {
  if (descriptor_ < 0) return;
  const bool synced = ::fsync(descriptor_) == 0;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed) fail_with_errno("writing failed");
}

void AtomicFile::commit() {
  finish();
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno("cannot be replaced");
  temporary_.clear();
}

void AtomicFile::fail_with_errno(std::string_view what) const {
  fail_input("{}: {}: {}", target_.string(), what, std::strerror(errno));
}

void write_file_atomically(const std::filesystem::path& file, std::string_view text) {
  AtomicFile out(file);
  out.write(text);
  out.commit();
}

}  // namespace banoff
