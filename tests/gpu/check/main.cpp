// check_gpu CHECK --log FILE [--OPTION VALUE]…: see checks.hpp, and scripts/gpu_check.sh, which calls it.
#include <fmt/format.h>

#include "runtime/core/fail.hpp"
#include "tests/gpu/check/checks.hpp"

int main(int argc, char** argv) {
  using namespace banoff;
  using namespace banoff::check;
  try {
    const Arguments arguments(argc, argv);
    Log log(arguments.text("log"));
    if (arguments.check() == "ops") return ops(arguments, log);
    if (arguments.check() == "probe") return probe(arguments, log);
    if (arguments.check() == "speed") return speed(arguments, log);
    fail_usage("no check '{}': ops, probe or speed", arguments.check());
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return error.exit_code();
  }
}
