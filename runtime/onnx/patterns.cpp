#include "runtime/onnx/patterns.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/graph/reductions.hpp"
#include "runtime/onnx/products.hpp"

namespace banoff::onnx_import {

namespace {

class Rewriter {
 public:
  Rewriter(Graph graph, KnownTensors& known) : graph_(std::move(graph)), known_(known), types_(infer_types(graph_)) {}

  Graph run() {
    for (const NodeId id : graph_.live_ids()) rewrite(id);
    drop_unread();
    return graph_.compacted();
  }

 private:
  void rewrite(NodeId id) {
    if (const auto found = activation_of(graph_, id)) return become(id, found->op, {found->x});
    if (const auto norm = layer_norm_core(id)) return become(id, norm->op, {norm->x});
    if (absorb_into_norm(id) || absorb_padding(id)) return;
    merge_affine(id);
  }

  void become(NodeId id, Op op, std::vector<ValueId> inputs) {
    Node& node = graph_.node(id);
    node.op = std::move(op);
    node.inputs = std::move(inputs);
    node.params.clear();
  }

  [[nodiscard]] const Node* producer(ValueId value) const { return maker(graph_, value); }
  [[nodiscard]] const Shape& shape(ValueId value) const { return types_[static_cast<std::size_t>(value)].shape; }

  // ----- layer norm --------------------------------------------------------------------------------------------------
  struct Norm {
    ValueId x;
    LayerNorm op;
  };

  /// x of `x - mean(x)` over axes; the axes are filled in.
  [[nodiscard]] std::optional<ValueId> centred(ValueId value, Ints& axes) const {
    const Node* difference = producer(value);
    const auto* op = difference ? difference->as<Binary>() : nullptr;
    if (op == nullptr || op->kind != BinaryKind::sub) return std::nullopt;
    const Node* mean = producer(difference->inputs[1]);
    const auto* reduce = mean ? mean_of(*mean) : nullptr;
    if (reduce == nullptr || !reduce->keep_dims || mean->inputs[0] != difference->inputs[0]) return std::nullopt;
    axes = reduce->axes;
    return difference->inputs[0];
  }

  /// eps of sqrt(mean((x - mean(x))^2) + eps).
  [[nodiscard]] std::optional<double> deviation(ValueId value, ValueId x, const Ints& axes) const {
    const Node* root = producer(value);
    const auto* function = root ? root->as<Unary>() : nullptr;
    if (function == nullptr || function->kind != UnaryKind::sqrt) return std::nullopt;
    const Node* sum = producer(root->inputs[0]);
    const auto* add = sum ? sum->as<Binary>() : nullptr;
    if (add == nullptr || add->kind != BinaryKind::add || sum->inputs.size() != 2) return std::nullopt;
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      const auto eps = number(graph_, sum->inputs[1 - at]);
      const Node* mean = producer(sum->inputs[at]);
      const auto* reduce = mean ? mean_of(*mean) : nullptr;
      if (!eps || *eps < 0 || reduce == nullptr || reduce->axes != axes) continue;
      const Node* square = producer(mean->inputs[0]);
      const auto* product = square ? square->as<Binary>() : nullptr;
      Ints own;
      if (product != nullptr && product->kind == BinaryKind::mul && square->inputs[0] == square->inputs[1] &&
          centred(square->inputs[0], own) == x && own == axes) {
        return eps;
      }
    }
    return std::nullopt;
  }

  /// (x - mean) / deviation.
  [[nodiscard]] std::optional<Norm> layer_norm_core(NodeId id) const {
    const Node& node = graph_.node(id);
    const auto* op = node.as<Binary>();
    if (op == nullptr || op->kind != BinaryKind::div) return std::nullopt;
    Norm norm{none, {}};
    const auto x = centred(node.inputs[0], norm.op.axes);
    if (!x) return std::nullopt;
    const auto eps = deviation(node.inputs[1], *x, norm.op.axes);
    if (!eps) return std::nullopt;
    norm.x = *x;
    norm.op.eps = *eps;
    norm.op.affine = false;
    return norm;
  }

  /// A layer norm times a constant, or plus one, has it as its weight or bias. Returns whether it did.
  bool absorb_into_norm(NodeId id) {
    const auto* op = graph_.node(id).as<Binary>();
    if (op == nullptr || graph_.node(id).inputs.size() != 2) return false;
    if (op->kind != BinaryKind::mul && op->kind != BinaryKind::add) return false;
    const bool scale = op->kind == BinaryKind::mul;
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      const Node* norm = producer(graph_.node(id).inputs[at]);
      const auto* layer = norm ? norm->as<LayerNorm>() : nullptr;
      const Tensor* values = constant(graph_, graph_.node(id).inputs[1 - at]);
      if (layer == nullptr || values == nullptr || layer->affine == scale) continue;
      Shape normalised;
      for (const std::int64_t axis : layer->axes) {
        normalised.push_back(shape(norm->inputs[0])[resolve_axis(axis, shape(norm->inputs[0]).rank())]);
      }
      if (!runs_along(*values, shape(norm->inputs[0]), layer->axes) || !has_zero_bias(*norm, scale)) continue;
      const Tensor given = values->reshaped(normalised);
      const Tensor weight = scale ? given : *graph_.param(*norm, Slot::weight);
      const Tensor bias = scale ? Tensor(known_.filled(given.dtype(), normalised, 0)) : given;
      LayerNorm whole = *layer;
      whole.affine = true;
      become(id, whole, {norm->inputs[0]});
      give(id, Slot::weight, weight);
      give(id, Slot::bias, bias);
      return true;
    }
    return false;
  }

  /// A convolution of what is padded with zeros pads by itself. Returns whether it does now.
  bool absorb_padding(NodeId id) {
    Node& node = graph_.node(id);
    const auto* conv = node.as<Conv>();
    const Node* before = conv ? producer(node.inputs[0]) : nullptr;
    const auto* pad = before ? before->as<Pad>() : nullptr;
    if (pad == nullptr || pad->mode != PadMode::constant || pad->value != 0 || pad->pad_value || conv->pad_value) {
      return false;
    }
    const Shape& padded = shape(node.inputs[0]);
    const std::size_t mentioned = pad->padding.begin.values.size();
    if (mentioned + 2 > padded.rank()) return false;
    const std::vector<Window> own = windows(*conv, padded);
    Ints begin, end;
    for (std::size_t d = 0; d < own.size(); ++d) {
      // The last dimensions are mentioned.
      const std::size_t first = own.size() - mentioned;
      begin.push_back(own[d].pad_begin + (d < first ? 0 : pad->padding.begin.values[d - first]));
      end.push_back(own[d].pad_end + (d < first ? 0 : pad->padding.end.values[d - first]));
    }
    Conv whole = *conv;
    whole.padding = {Padding::Mode::given, Spatial(begin), Spatial(end)};
    node.op = whole;
    node.inputs[0] = before->inputs[0];
    return true;
  }

  /// Whether the constant, broadcast to x, has one value for each index of `axes` in their order.
  [[nodiscard]] static bool runs_along(const Tensor& values, const Shape& x, const Ints& axes) {
    Shape aligned(Ints(x.rank(), 1));
    for (const std::int64_t axis : axes) {
      const std::size_t at = resolve_axis(axis, x.rank());
      aligned[at] = x[at];
    }
    const Shape& own = values.shape();
    if (own.rank() > x.rank() || values.elements() != aligned.elements()) return false;
    for (std::size_t i = 0; i < own.rank(); ++i) {
      if (own[i] != aligned[i + x.rank() - own.rank()]) return false;
    }
    return std::ranges::is_sorted(axes);
  }

  [[nodiscard]] bool has_zero_bias(const Node& norm, bool will_scale) const {
    if (will_scale) return true;
    const std::vector<double> bias = graph_.param(norm, Slot::bias)->to_vector<double>();
    return std::ranges::all_of(bias, [](double each) { return each == 0; });
  }

  [[nodiscard]] Known of(const std::vector<double>& values, DType type) {
    const auto element = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
    return known_.numbers(type, {std::ssize(values)}, element);
  }

  void give(NodeId id, Slot slot, const Tensor& tensor) {
    const std::string name = graph_.node(id).name + "." + std::string(slot_name(slot));
    const ParamId param = graph_.add_param(name, tensor);
    graph_.node(id).params.emplace_back(slot, param);
  }

  // ----- affine maps per channel -------------------------------------------------------------------------------------
  /// y = scale x + shift per channel (axis 1).
  struct Map {
    ValueId x;
    std::vector<double> scale, shift;
    DType type;
  };

  [[nodiscard]] std::optional<Map> map_of(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.as<Affine>() != nullptr) return map_of_affine(node);
    const auto* op = node.as<Binary>();
    if (op == nullptr || node.inputs.size() != 2) return std::nullopt;
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      const Tensor* values = constant(graph_, node.inputs[1 - at]);
      const Shape& x = shape(node.inputs[at]);
      if (values == nullptr || x.rank() < 3 || x != shape(node.outputs[0]) || values->elements() != x[1]) continue;
      if (!runs_along(*values, x, {1}) || (op->kind == BinaryKind::div && at == 1)) continue;
      const std::vector<double> each = values->to_vector<double>();
      const std::size_t n = each.size();
      Map map{node.inputs[at], std::vector<double>(n, 1), std::vector<double>(n, 0), values->dtype()};
      for (std::size_t c = 0; c < n; ++c) {
        switch (op->kind) {
          case BinaryKind::add: map.shift[c] = each[c]; break;
          case BinaryKind::sub: map.scale[c] = at == 0 ? 1 : -1, map.shift[c] = at == 0 ? -each[c] : each[c]; break;
          case BinaryKind::mul: map.scale[c] = each[c]; break;
          case BinaryKind::div: map.scale[c] = 1 / each[c]; break;
        }
      }
      return map;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Map> map_of_affine(const Node& node) const {
    if (std::get<Affine>(node.op).axis != 1) return std::nullopt;
    const Tensor* scale = graph_.param(node, Slot::weight);
    const Tensor* shift = graph_.param(node, Slot::bias);
    if (scale == nullptr || shift == nullptr) return std::nullopt;
    return Map{node.inputs[0], scale->to_vector<double>(), shift->to_vector<double>(), scale->dtype()};
  }

  /// x - m is exact where a x - a m is rounded at the size of a m. What a shift and a factor leave is taken to be
  /// about 1.
  [[nodiscard]] static bool cancels(const Map& first, const Map& last) {
    constexpr double much = 32;
    for (std::size_t c = 0; c < first.scale.size(); ++c) {
      if (std::abs(first.scale[c]) == 1 && std::abs(last.scale[c] * first.shift[c]) > much) return true;
    }
    return false;
  }

  /// Two maps in a row are one.
  void merge_affine(NodeId id) {
    const auto last = map_of(id);
    if (!last) return;
    const Node* before = producer(last->x);
    const auto first = before ? map_of(static_cast<NodeId>(before - graph_.nodes.data())) : std::nullopt;
    if (!first || cancels(*first, *last)) return;
    std::vector<double> scale = first->scale, shift = first->shift;
    for (std::size_t c = 0; c < scale.size(); ++c) {
      scale[c] *= last->scale[c];
      shift[c] = last->scale[c] * shift[c] + last->shift[c];
    }
    become(id, Affine{1, true, true}, {first->x});
    // Products of numbers of half precision are none.
    const DType type = last->type == DType::f64 ? DType::f64 : DType::f32;
    give(id, Slot::weight, of(scale, type));
    give(id, Slot::bias, of(shift, type));
  }

  void drop_unread() {
    std::vector<int> reads(graph_.values.size(), 0);
    for (const Node& node : graph_.nodes) {
      for (const ValueId input : node.inputs) ++reads[static_cast<std::size_t>(input)];
    }
    for (const GraphOutput& output : graph_.outputs) ++reads[static_cast<std::size_t>(output.value)];
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      const auto unread = [&](ValueId value) { return reads[static_cast<std::size_t>(value)] == 0; };
      if (node->erased() || !std::ranges::all_of(node->outputs, unread)) continue;
      for (const ValueId input : node->inputs) --reads[static_cast<std::size_t>(input)];
      node->outputs.clear();
    }
  }

  Graph graph_;
  KnownTensors& known_;
  std::vector<TensorType> types_;
};

}  // namespace

Graph with_patterns(Graph graph, KnownTensors& known) { return Rewriter(std::move(graph), known).run(); }

}  // namespace banoff::onnx_import
