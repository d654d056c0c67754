// The one exception type that crosses banoff's C++ API, with the exit code a command line would use for it.
#pragma once

#include <stdexcept>
#include <string>

#include "banoff/export.h"

namespace banoff {

/// What kind of failure: decides the exit code of the command line and the status of the C ABI.
enum class ErrorKind {
  check_failed = 1,  ///< a comparison or self-check did not hold
  usage = 2,         ///< the caller asked for something that makes no sense
  bad_input = 3,     ///< a file or tensor given by the user is wrong
  refused = 4,       ///< the device cannot run this
  internal = 70,     ///< a bug in banoff
};

class BANOFF_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

}  // namespace banoff
