#include "bench/table/child.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

/// What goes through the pipe: a kind, a number, and a text of so many bytes.
struct Header {
  enum class Kind : std::uint8_t { say, progress, result, error } kind{};
  double number = 0;  ///< progress, or an error's kind
  std::uint64_t bytes = 0;
};

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  void write(const void* data, std::size_t bytes) const {
    const auto* at = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t written = ::write(fd_, at, bytes);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) ::_exit(1);  // nobody listens any more
      at += written;
      bytes -= static_cast<std::size_t>(written);
    }
  }

  /// False at the end of the stream.
  [[nodiscard]] bool read(void* data, std::size_t bytes) const {
    auto* at = static_cast<char*>(data);
    while (bytes > 0) {
      const ssize_t got = ::read(fd_, at, bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      bytes -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int fd_;
};

void send(const Descriptor& pipe, Header::Kind kind, double number, const std::string& text) {
  const Header header{kind, number, text.size()};
  pipe.write(&header, sizeof header);
  pipe.write(text.data(), text.size());
}

/// The child's whole life. Ends without exit handlers: what they would flush or free is the parent's.
[[noreturn]] void live(const std::function<std::string(const Ears&)>& work, const Descriptor& pipe) {
  using Kind = Header::Kind;
  const Ears ears{[&](const std::string& what) { send(pipe, Kind::say, 0, what); },
                  [&](double share) { send(pipe, Kind::progress, share, ""); }};
  const auto failed = [&](ErrorKind kind, const char* message) {
    send(pipe, Kind::error, static_cast<double>(static_cast<int>(kind)), message);
  };
  try {
    send(pipe, Kind::result, 0, work(ears));
  } catch (const Error& error) {
    failed(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    failed(ErrorKind::refused, "out of memory");
  } catch (const std::exception& error) {
    failed(ErrorKind::internal, error.what());
  }
  ::_exit(0);
}

/// Reads until the child's end. Returns the result; `error` gets the failure, if there was one.
std::optional<std::string> listen(const Descriptor& pipe, const Ears& ears, std::optional<Error>& error) {
  std::optional<std::string> result;
  Header header;
  while (pipe.read(&header, sizeof header)) {
    std::string text(header.bytes, '\0');
    if (!pipe.read(text.data(), text.size())) break;
    switch (header.kind) {
      case Header::Kind::say: ears.say(text); break;
      case Header::Kind::progress: ears.progress(header.number); break;
      case Header::Kind::result: result = std::move(text); break;
      case Header::Kind::error: error.emplace(static_cast<ErrorKind>(static_cast<int>(header.number)), text); break;
    }
  }
  return result;
}

}  // namespace

ChildResult in_child(const std::function<std::string(const Ears&)>& work, const Ears& ears) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail_internal("no pipe: {}", std::strerror(errno));
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) fail(ErrorKind::refused, "no process to measure in: {}", std::strerror(errno));
  if (child == 0) {
    reading.close();
    live(work, writing);
  }
  writing.close();
  std::optional<Error> error;
  std::optional<std::string> result = listen(reading, ears, error);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (error) throw *error;
  if (!result) {
    if (WIFSIGNALED(status))
      fail(ErrorKind::refused, "the measuring process was ended by signal {} ({})", WTERMSIG(status),
           ::strsignal(WTERMSIG(status)));
    fail_internal("the measuring process ended without a result");
  }
  return {std::move(*result), usage.ru_maxrss};
}

}  // namespace banoff::bench
