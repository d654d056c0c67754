#include <algorithm>
#include <set>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/param_specs.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/load/weight_norm.hpp"

namespace banoff {

namespace {

/// Collects problems and throws them all at once, at most `most` of them in full.
class Problems {
 public:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    if (++count_ <= most) text_ += "\n  " + fmt::format(format, std::forward<Args>(args)...);
  }
  void throw_if_any(const std::string& file) const {
    if (count_ == 0) return;
    const std::string more = count_ > most ? fmt::format("\n  … and {} more", count_ - most) : "";
    fail_input("{}: the weights do not fit the network: {} problem{}{}{}", file, count_, count_ == 1 ? "" : "s", text_,
               more);
  }

 private:
  static constexpr std::size_t most = 20;
  std::size_t count_ = 0;
  std::string text_;
};

bool is_ignored(const std::string& name, const std::vector<std::string>& ignore) {
  if (name == "num_batches_tracked" || name.ends_with(".num_batches_tracked")) return true;
  return std::ranges::any_of(ignore, [&](const std::string& beginning) { return name.starts_with(beginning); });
}

/// A constant's value may bear its node's name alone, as PyTorch calls a parameter that no layer holds.
void resolve_bare_names(std::map<std::string, Tensor>& tensors, const Graph& graph, const std::vector<ParamUse>& uses) {
  constexpr std::string_view suffix = ".value";
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const std::string& name = graph.params[i].name;
    if (uses[i].slot != Slot::value || !name.ends_with(suffix) || tensors.contains(name)) continue;
    auto bare = tensors.extract(name.substr(0, name.size() - suffix.size()));
    if (!bare) continue;
    bare.key() = name;
    tensors.insert(std::move(bare));
  }
}

/// The eps with which a node wants the parameter in `slot` standardised.
std::optional<double> standardization_of(const Node& node, Slot slot) {
  const auto* conv = node.as<Conv>();
  return conv == nullptr || slot != Slot::weight ? std::nullopt : conv->weight_standardization;
}

/// Standardises every weight that asks for it, once; the convs then ask no more.
void standardize(Graph& graph, const std::vector<ParamUse>& uses) {
  for (const Node& node : graph.nodes) {
    for (const auto& [slot, id] : node.params) {
      const Node& first = graph.node(uses[static_cast<std::size_t>(id)].node);
      if (standardization_of(node, slot) != standardization_of(first, slot)) {
        fail_input("{}", describe(node, fmt::format("shares its weight with '{}', which standardises it differently",
                                                    first.name)));
      }
    }
  }
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].node == none) continue;
    const auto eps = standardization_of(graph.node(uses[i].node), uses[i].slot);
    if (eps) graph.params[i].value = standardized(graph.params[i].value, *eps);
  }
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.op)) conv->weight_standardization.reset();
  }
}

/// Weights of a layer with weight_scale may be stored as the whole numbers that the scale is multiplied by.
bool are_numbers(const Node& node, Slot slot, const Tensor& tensor) {
  return slot == Slot::weight && has_weight_scale(node.op) && tensor.dtype() == DType::i8;
}

/// What else is to be done about a tensor of the wrong type.
std::string remedy(const Node& node, Slot slot, const Tensor& tensor) {
  if (slot != Slot::weight || tensor.dtype() != DType::i8) return "";
  if (node.as<Conv>() == nullptr && node.as<Dense>() == nullptr) return "";
  return fmt::format("; whole numbers need weight_scale: true and '{}.weight_scale'", node.name);
}

/// Weights that were stored as numbers, in floats. Nodes that share some have one scale.
void scale_numbers(Graph& graph, const std::vector<ParamUse>& uses, const std::string& file) {
  std::vector<ParamId> scales(graph.params.size(), none);
  for (const Node& node : graph.live()) {
    const ParamId weight = node.param(Slot::weight);
    if (weight == none || graph.param(weight).dtype() != DType::i8) continue;
    const ParamId own = has_weight_scale(node.op) ? node.param(Slot::weight_scale) : none;
    ParamId& scale = scales[static_cast<std::size_t>(weight)];
    if (own == none || (scale != none && scale != own)) {
      const Node& first = graph.node(uses[static_cast<std::size_t>(weight)].node);
      fail_input("{}: {}", file,
                 describe(node, fmt::format("shares the whole numbers of '{}', but not its weight_scale", first.name)));
    }
    scale = own;
  }
  for (std::size_t i = 0; i < scales.size(); ++i) {
    if (scales[i] == none) continue;
    graph.params[i].value = from_grid({graph.params[i].value, graph.param(scales[i])});
  }
}

}  // namespace

void attach_weights(Graph& graph, std::map<std::string, Tensor> tensors, const std::string& weights_file,
                    const std::vector<TensorType>& types, const std::vector<std::string>& ignore) {
  Problems problems;
  try {
    resolve_weight_norm(tensors);
  } catch (const Error& error) {
    fail_input("{}: {}", weights_file, error.what());
  }
  const std::vector<ParamUse> uses = param_uses(graph, types);
  resolve_bare_names(tensors, graph, uses);
  std::set<std::string_view> wanted;
  for (const Param& param : graph.params) wanted.insert(param.name);
  std::vector<std::string_view> unused;
  for (const auto& [name, tensor] : tensors) {
    if (!wanted.contains(name) && !is_ignored(name, ignore)) unused.push_back(name);
  }
  for (std::size_t i = 0; i < graph.params.size(); ++i) {
    Param& param = graph.params[i];
    if (uses[i].node == none) continue;
    const Node& node = graph.node(uses[i].node);
    const auto found = tensors.find(param.name);
    if (found == tensors.end()) {
      const std::string_view near = nearest(param.name, unused);
      problems.add("{}",
                   describe(node, fmt::format("'{}' ({}) is missing{}", param.name, uses[i].shape.str(),
                                              near.empty() ? "" : fmt::format("; the nearest name is '{}'", near))));
      continue;
    }
    const Tensor& tensor = found->second;
    if (!has_shape(node, {uses[i].slot, uses[i].shape}, tensor)) {
      problems.add("{}", describe(node, fmt::format("'{}' is {}, expected {}", param.name, tensor.shape().str(),
                                                    uses[i].shape.str())));
    } else if (!may_be_stored_as(node, tensor.dtype()) && !are_numbers(node, uses[i].slot, tensor)) {
      problems.add("{}", describe(node, fmt::format("'{}' is {}, expected {}{}", param.name, name_of(tensor.dtype()),
                                                    stored_type(node), remedy(node, uses[i].slot, tensor))));
    } else {
      param.value = tensor;
    }
  }
  for (const std::string_view name : unused) {
    problems.add("'{}' ({}) is used by no node", name, tensors.find(std::string(name))->second.shape().str());
  }
  problems.throw_if_any(weights_file);
  scale_numbers(graph, uses, weights_file);
  standardize(graph, uses);
}

}  // namespace banoff
