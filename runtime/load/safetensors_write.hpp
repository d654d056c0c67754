// Writing safetensors into a file that may still be thrown away.
#pragma once

#include <map>
#include <string>

#include "banoff/tensor.hpp"
#include "runtime/load/text_file.hpp"

namespace banoff {

/// Writes header and tensors, widest element type first so that all are aligned. Does not commit.
void write_safetensors_into(AtomicFile& out, const std::map<std::string, Tensor>& tensors);

}  // namespace banoff
