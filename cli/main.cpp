// banoff: the command line. Results on stdout, everything else on stderr.
#include <cstdio>
#include <new>

#include <fmt/format.h>

#include "banoff/error.hpp"
#include "cli/commands.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace banoff::cli;
  Parser parser(
      "Runs convolutional networks, with batch norm folded away exactly.", "banoff", "banoff " BANOFF_VERSION,
      "`banoff COMMAND --help` tells a command's options, with an example.\n"
      "Exit codes: 0 done, 1 a check failed, 2 bad usage, 3 bad input, 4 the device refuses, 70 internal error.");
  for (const auto add : {add_run, add_fold, add_prune, add_quantize, add_explain, add_verify, add_eval, add_bench,
                         add_import, add_export, add_inspect, add_devices}) {
    add(parser);
  }
  const Action action = parser.parse(argc, argv);
  if (!action) return 0;
  const int code = action();
  if (std::fflush(stdout) != 0)
    throw banoff::Error(banoff::ErrorKind::bad_input, "the results cannot be written to stdout");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int internal = static_cast<int>(banoff::ErrorKind::internal);
  try {
    return run(argc, argv);
  } catch (const banoff::Error& error) {
    fmt::print(stderr, "banoff: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "banoff: out of memory\n");
    return internal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "banoff: internal error: {}\n", error.what());
    return internal;
  }
}
