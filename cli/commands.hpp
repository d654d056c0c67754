// The commands of the command line. Each adds itself to the parser and, when chosen, leaves what is to be done.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace banoff::cli {

/// Does a command's work after parsing; returns the exit code 0 or 1.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& action);
void add_fold(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_devices(CLI::App& app, Action& action);

}  // namespace banoff::cli
