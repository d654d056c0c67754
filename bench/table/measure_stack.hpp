// One cell of a table in another framework.
#pragma once

#include <memory>

#include "bench/stacks/session.hpp"
#include "bench/table/child.hpp"
#include "bench/table/report.hpp"

namespace banoff::bench {

/// The process of the last cell, which the next one goes on with where it only asks for another mode.
class StackRunner {
 public:
  StackRunner(StackPrograms programs, std::filesystem::path folder)
      : programs_(std::move(programs)), folder_(std::move(folder)) {}

  /// Times every file in the cell's stack. Throws refused with the reason where the framework cannot run the network.
  void measure(Cell& cell, const OnnxFiles& network, const Timing& timing, bool quick, const Ears& ears);
  /// Ends the process, so that what is measured elsewhere has the machine for itself.
  void let_go() { session_.reset(); }

 private:
  void start(const Cell& cell, const OnnxFiles& network, const Ears& ears);

  StackPrograms programs_;
  std::filesystem::path folder_;
  std::unique_ptr<StackSession> session_;
  std::string running_;          ///< what the process was started for
  std::string failed_, reason_;  ///< what could not be started, and why: other modes need not try again
};

}  // namespace banoff::bench
