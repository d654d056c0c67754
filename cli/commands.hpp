// The commands of the command line. Each adds itself to the parser.
#pragma once

#include "cli/parser.hpp"

namespace banoff::cli {

void add_run(Parser& parser);
void add_fold(Parser& parser);
void add_prune(Parser& parser);
void add_explain(Parser& parser);
void add_quantize(Parser& parser);
void add_verify(Parser& parser);
void add_eval(Parser& parser);
void add_bench(Parser& parser);
void add_import(Parser& parser);
void add_export(Parser& parser);
void add_inspect(Parser& parser);
void add_devices(Parser& parser);

}  // namespace banoff::cli
