// Names while importing. A subgraph sees those around it, the body of a function its own alone.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// The grid that known weights lie on: w = scale q with whole numbers q of at most 127.
struct WeightGrid {
  Known scale;                      ///< f32, one for all or one for each place along `axis`
  std::optional<std::size_t> axis;  ///< nothing: one for all
};

/// A value while importing: known now, or computed when the network runs.
struct Operand {
  ValueId value = none;
  std::optional<Known> known = {};
  std::shared_ptr<const WeightGrid> grid = {};  ///< of what a DequantizeLinear made of known numbers
};

struct Scope {
  std::string prefix;                            ///< of the names of nodes
  std::int64_t opset = 0;                        ///< of ONNX's own operators
  bool sees_outer = false;                       ///< names that are not here may be those of the scope around it
  std::set<std::string, std::less<>> read = {};  ///< names that a node or an output reads
  std::unordered_map<std::string, Operand> operands = {};
  std::vector<std::string> order = {};  ///< of `operands`, as they were defined

  /// Takes the names back that were defined after the first `count`.
  void forget_after(std::size_t count) {
    for (; order.size() > count; order.pop_back()) operands.erase(order.back());
  }
};

/// The scopes that are open, the innermost last.
class Scopes {
 public:
  void open(Scope scope) { open_.push_back(std::move(scope)); }
  void close() { open_.pop_back(); }
  [[nodiscard]] std::size_t depth() const noexcept { return open_.size(); }
  [[nodiscard]] Scope& inner() { return open_.back(); }
  [[nodiscard]] const Scope& inner() const { return open_.back(); }

  /// The operand of that name, or null.
  [[nodiscard]] const Operand* find(const std::string& name) const {
    for (auto scope = open_.rbegin(); scope != open_.rend(); ++scope) {
      const auto found = scope->operands.find(name);
      if (found != scope->operands.end()) return &found->second;
      if (!scope->sees_outer) break;
    }
    return nullptr;
  }

 private:
  std::deque<Scope> open_;
};

}  // namespace banoff::onnx_import
