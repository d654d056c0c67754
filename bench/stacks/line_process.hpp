// A program that is told lines and answers each with one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace banoff::bench {

class LineProcess {
 public:
  /// Starts the program, named first in `command`, with these variables added to its environment ("NAME=value"). What
  /// it writes to stderr goes to the file `errors`. Throws refused where it cannot be started.
  LineProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
              std::filesystem::path errors);
  /// Ends it.
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  void tell(const std::string& line);
  /// Its next line. Throws refused where it ends, or takes longer than so many seconds, with its last words on stderr.
  [[nodiscard]] std::string answer(double seconds);

 private:
  [[noreturn]] void fail_ended();
  [[nodiscard]] std::string last_words() const;

  std::filesystem::path errors_;
  pid_t process_ = -1;
  int socket_ = -1;
  std::string unread_;
};

}  // namespace banoff::bench
