// The next model of a fuzzer.
#pragma once

#include <string>
#include <vector>

#include "tests/onnx/fuzz_dice.hpp"

namespace banoff::test {

/// By the dice: a network made anew, one of `models` or a made one with a few fields of the message changed, or one
/// with a few bytes changed.
[[nodiscard]] std::string fuzzed_model(const std::vector<std::string>& models, Dice& dice);

/// `model` with a few fields changed; nothing where it is no message.
[[nodiscard]] std::string with_other_fields(const std::string& model, Dice& dice);

}  // namespace banoff::test
