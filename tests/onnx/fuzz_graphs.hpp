// Networks that are well formed but for the numbers in them.
#pragma once

#include <onnx/onnx_pb.h>

#include "tests/onnx/fuzz_dice.hpp"

namespace banoff::test {

/// Files that a fuzzer's models may name for data of their own: of their folder, of others, of the working directory.
inline constexpr std::array outside_files{"beside.bin", "link.bin", "canary.bin", "../canary.bin", "/etc/hostname",
                                          ".",          ""};

/// A few nodes with inputs, weights and attributes that are mostly what the operators ask for, among them odd ones: 0,
/// -1, 2^31, the largest and smallest integers, infinities, NaN, lists without elements, claims of huge sizes.
[[nodiscard]] onnx::ModelProto random_graph(Dice& dice);

}  // namespace banoff::test
