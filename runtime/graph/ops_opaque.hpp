// A node that is carried from an ONNX file to an ONNX file: what it computes is not known here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"

namespace banoff {

/// What the format that a node came from knows of it; that format alone writes it again.
struct Foreign {
  Foreign(std::string op_name, std::string why) : op(std::move(op_name)), reason(std::move(why)) {}
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;
  virtual ~Foreign() = default;
  /// Whether the other would be written alike.
  [[nodiscard]] virtual bool same(const Foreign& other) const = 0;

  const std::string op;      ///< the operator, as messages call it
  const std::string reason;  ///< why it cannot be run; empty where only what it reads is to blame
};

/// Keeps its inputs and outputs as they are (gauge 1), is never run, and is written as it was read. An output that is
/// no tensor of a known shape (a sequence, a string, a size that depends on values) is a single boolean here: nothing
/// but another of these nodes, or an output of the network, reads it.
struct Opaque {
  static constexpr OpFacts facts{by_kind,    Arity{0, any_number}, Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together,   no_slot,       no_work};
  /// A size of an output: a number, or whatever a dimension of an input is.
  struct Size {
    std::int64_t size = 1;
    std::int32_t input = -1, axis = 0;  ///< input -1: the number counts
    bool operator==(const Size&) const = default;
  };
  struct Output {
    DType dtype = DType::boolean;
    std::vector<Size> sizes;
    bool is_tensor = false;  ///< else a stand-in
    bool operator==(const Output&) const = default;
  };
  std::vector<Output> outputs;
  std::shared_ptr<const Foreign> foreign;

  void fields(auto&&, auto&) const {}
  bool operator==(const Opaque& other) const {
    return outputs == other.outputs &&
           (foreign == other.foreign || (foreign && other.foreign && foreign->same(*other.foreign)));
  }
};

}  // namespace banoff
