// Recurrent layers: cells that read a sequence step by step. What is linear in the sequence stands in a dense layer
// before them (docs/decisions/0011-recurrent-layers.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

enum class CellKind : std::uint8_t { rnn, gru, lstm };

enum class Direction : std::uint8_t { forward, reverse, bidirectional };
template <>
inline constexpr std::array<std::string_view, 3> words_of<Direction>{"forward", "reverse", "bidirectional"};

/// The functions of one element that cells apply; what alpha and beta mean stands in cell_functions.hpp.
enum class CellFunction : std::uint8_t {
  sigmoid,
  tanh,
  relu,
  affine,
  leaky_relu,
  thresholded_relu,
  scaled_tanh,
  hard_sigmoid,
  elu,
  softsign,
  softplus
};
template <>
inline constexpr std::array<std::string_view, 11> words_of<CellFunction>{
    "sigmoid",     "tanh",         "relu", "affine",   "leaky_relu", "thresholded_relu",
    "scaled_tanh", "hard_sigmoid", "elu",  "softsign", "softplus"};

/// One layer of cells over a sequence of gates [time, batch, directions * gates * hidden] that a dense layer has
/// computed of it. With x the gates of a step, h the state before it, W `weight` and * by element:
///
///     rnn   h' = f(x + W h)
///     gru   (z, r, n)  z = f(x + W h), r = f(x + W h), n = g(x + W (r * h)), h' = (1 - z) * n + z * h;
///           with `reset_after` n = g(x + r * (W h + bias))
///     lstm  (i, o, f, c)  i = f(x + W h + p c), f = f(x + W h + p c), c' = f * c + i * g(x + W h),
///           o = f(x + W h + p c'), h' = o * h(c'), with p of `peephole`; with `coupled` f = 1 - i
///
/// The gates stand in this order, which is ONNX's. Outputs: the states of all steps [time, directions, batch, hidden],
/// the last one's [directions, batch, hidden], and of lstm the last c. Inputs behind the gates, where there are any:
/// the first h, of lstm the first c (`initial`), the lengths of the batch's sequences as i32 (`lengths`). Beyond its
/// length a sequence has the state 0, and one of length 0 has no other.
struct Recurrent {
  static constexpr OpFacts facts{by_kind,    Arity{1, 4},        Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       special_work};
  CellKind kind = CellKind::rnn;
  std::int64_t hidden = 0;
  Direction direction = Direction::forward;
  std::vector<CellFunction> functions;  ///< f, g, h of every direction in turn; empty: tanh, and sigmoid for f of gates
  std::vector<double> alpha, beta;      ///< by function; empty: each function's own
  std::optional<double> clip;           ///< what f and g are applied to is clipped to [-clip, clip]
  bool initial = false, lengths = false;
  bool coupled = false, peephole = false;  ///< of lstm
  bool reset_after = false, bias = false;  ///< of gru

  [[nodiscard]] std::int64_t directions() const { return direction == Direction::bidirectional ? 2 : 1; }
  [[nodiscard]] std::int64_t gates() const { return kind == CellKind::rnn ? 1 : kind == CellKind::gru ? 3 : 4; }
  /// Whether a direction, counted from 0, reads from the end.
  [[nodiscard]] bool from_end(std::int64_t which) const { return direction == Direction::reverse || which == 1; }
  /// The number of functions of one direction.
  [[nodiscard]] std::size_t functions_each() const { return 1 + static_cast<std::size_t>(kind); }

  void fields(auto&& f, auto& self) const {
    f("hidden", self.hidden, required), f("direction", self.direction), f("functions", self.functions),
        f("alpha", self.alpha), f("beta", self.beta), f("clip", self.clip), f("initial", self.initial),
        f("lengths", self.lengths);
    if (kind == CellKind::lstm) f("coupled", self.coupled), f("peephole", self.peephole);
    if (kind == CellKind::gru) f("reset_after", self.reset_after), f("bias", self.bias);
  }
  bool operator==(const Recurrent&) const = default;
};

}  // namespace banoff
