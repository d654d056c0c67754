// Changes to a message of ONNX's schema, wherever in it.
#pragma once

#include <onnx/onnx_pb.h>

#include "tests/onnx/fuzz_dice.hpp"

namespace banoff::test {

/// Sets, adds, removes, swaps or clears one field of the model or of a message somewhere in it, by the schema's own
/// description of its fields. Texts become other texts of the model, operators and names of attributes.
void change_field(onnx::ModelProto& model, Dice& dice);

}  // namespace banoff::test
