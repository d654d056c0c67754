// Structures of published networks, narrow and small: how many batch norms fold does not depend on the width.
#pragma once

#include "tests/support/graph_builder.hpp"

namespace banoff::test {

/// Keras' CIFAR ResNet v2 of depth 9 n + 2 (pre-activation bottlenecks, the paper's ResNet-20/56/110/164).
Graph keras_resnet_v2(int depth, bool positive_gamma = false);
/// Keras' CIFAR ResNet v1 of depth 6 n + 2.
Graph keras_resnet_v1(int depth);
Graph mobilenet();
Graph resnet50();
/// keras.applications' ResNet50V2: pre-activation, its stem padded before the max-pool by a scalar, or per channel.
Graph resnet50_v2(bool positive_gamma, bool pad_per_channel = false);
Graph densenet121(bool positive_gamma = false);
/// The toy nets of the paper's figures 2 and 4: 'a' to 'c', 'a' and 'b'.
Graph figure2(char which);
Graph figure4(char which);

}  // namespace banoff::test
