#include "bench/stacks/line_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include "runtime/core/fail.hpp"

extern char** environ;

namespace banoff::bench {

namespace {

/// As spawning wants them; the texts must outlive it.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> with_environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string variable = *each;
    const std::string name = variable.substr(0, variable.find('=') + 1);
    if (std::ranges::none_of(added, [&](const std::string& text) { return text.starts_with(name); }))
      all.push_back(variable);
  }
  return all;
}

/// Where the child's stdin, stdout and stderr go.
class Streams {
 public:
  Streams(int socket, const std::filesystem::path& errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  }
  ~Streams() { posix_spawn_file_actions_destroy(&actions_); }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

LineProcess::LineProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                         std::filesystem::path errors)
    : errors_(std::move(errors)) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(ErrorKind::refused, "no socket: {}", std::strerror(errno));
  socket_ = ends[0];
  std::vector<std::string> words = command, variables = with_environment(environment);
  const Streams streams(ends[1], errors_);
  const int failed = ::posix_spawnp(&process_, command.front().c_str(), streams.get(), nullptr, pointers(words).data(),
                                    pointers(variables).data());
  ::close(ends[1]);
  if (failed != 0) {
    ::close(socket_);
    fail(ErrorKind::refused, "{} cannot be started: {}", command.front(), std::strerror(failed));
  }
}

LineProcess::~LineProcess() {
  ::close(socket_);
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void LineProcess::tell(const std::string& line) {
  const std::string text = line + '\n';
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t bytes = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) fail_ended();
    sent += static_cast<std::size_t>(bytes);
  }
}

std::string LineProcess::answer(double seconds) {
  using Time = std::chrono::steady_clock;
  const auto end = Time::now() + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds));
  for (;;) {
    if (const std::size_t line = unread_.find('\n'); line != std::string::npos) {
      std::string text = unread_.substr(0, line);
      unread_.erase(0, line + 1);
      return text;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Time::now()).count();
    pollfd ready{socket_, POLLIN, 0};
    const int answered = ::poll(&ready, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000'000)));
    if (answered < 0 && errno == EINTR) continue;
    if (answered == 0) fail(ErrorKind::refused, "took longer than {:.0f} s{}", seconds, last_words());
    std::array<char, 1 << 16> block{};
    const ssize_t bytes = ::recv(socket_, block.data(), block.size(), 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) fail_ended();
    unread_.append(block.data(), static_cast<std::size_t>(bytes));
  }
}

void LineProcess::fail_ended() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (WIFSIGNALED(status))
    fail(ErrorKind::refused, "ended by signal {} ({}){}", WTERMSIG(status), ::strsignal(WTERMSIG(status)),
         last_words());
  fail(ErrorKind::refused, "ended with exit code {}{}", WEXITSTATUS(status), last_words());
}

std::string LineProcess::last_words() const {
  std::ifstream stream(errors_);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last.empty() ? "" : ": " + last.substr(0, 300);
}

}  // namespace banoff::bench
