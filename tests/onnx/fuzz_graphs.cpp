#include "tests/onnx/fuzz_graphs.hpp"

#include "tests/onnx/fuzz_recipes.hpp"

namespace banoff::test {
namespace {

using Sizes = std::vector<std::int64_t>;

class Maker {
 public:
  explicit Maker(Dice& dice) : dice_(dice) {}

  onnx::ModelProto run() {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(dice_.one_of(std::array<std::int64_t, 7>{7, 9, 11, 13, 17, 18, 19}));
    onnx::OperatorSetIdProto& other = *model_.add_opset_import();
    other.set_domain("com.microsoft"), other.set_version(1);
    graph().set_name("made");
    for (std::size_t inputs = 1 + dice_.below(2); inputs > 0; --inputs) add_input();
    // Nodes that are refused are passed over: many to a model cost little more than one. What is to load has few.
    for (std::size_t nodes = 1 + dice_.below(dice_.once_in(2) ? 3 : 20); nodes > 0; --nodes) add_node(recipe());
    for (const std::string& name : results_) graph().add_output()->set_name(name);
    return std::move(model_);
  }

 private:
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  std::string fresh(const char* kind) { return kind + std::to_string(count_++); }

  /// Mostly of an operator with attributes, where there is most to go wrong.
  const Recipe& recipe() {
    const Recipe* chosen = &dice_.one_of(recipes());
    for (int tries = 0; tries < 2 && chosen->attributes.empty(); ++tries) chosen = &dice_.one_of(recipes());
    return *chosen;
  }

  /// A value to read: mostly an input, as what is computed may have been refused.
  const std::string& value() {
    return dice_.once_in(3) ? dice_.one_of(values_)
                            : values_[dice_.below(static_cast<std::size_t>(graph().input_size()))];
  }

  Sizes shape() {
    const std::array<Sizes, 9> shapes{Sizes{1, 3, 4, 4}, Sizes{1, 4, 5, 3}, Sizes{2, 4, 6}, Sizes{2, 3}, Sizes{4},
                                      Sizes{},           Sizes{1, 1, 8, 8}, Sizes{1},       Sizes{3, 3}};
    Sizes sizes = dice_.one_of(shapes);
    if (dice_.once_in(12)) sizes.assign(1 + dice_.below(3), 0);
    return sizes;
  }

  /// Mostly so large that what is made from it must be refused, and not the input itself.
  std::int64_t odd_size() {
    return dice_.once_in(3) ? dice_.odd_integer()
                            : dice_.one_of(std::array<std::int64_t, 3>{1 << 24, 1 << 28, 1 << 30});
  }

  /// An input may claim any size: nothing is stored of it.
  void add_input() {
    onnx::ValueInfoProto& input = *graph().add_input();
    input.set_name(fresh("x"));
    auto& type = *input.mutable_type()->mutable_tensor_type();
    const bool integers = dice_.once_in(5);
    type.set_elem_type(integers ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
    type.mutable_shape();
    for (const std::int64_t size : shape()) {
      auto& dim = *type.mutable_shape()->add_dim();
      if (dice_.once_in(12)) dim.set_dim_param("N");
      else dim.set_dim_value(dice_.once_in(10) ? odd_size() : size);
    }
    values_.push_back(input.name());
    if (!dice_.once_in(8)) return;
    onnx::TensorProto& standard = *graph().add_initializer();
    standard.set_name(input.name());
    if (integers) fill_integers(standard, shape());
    else fill_floats(standard, shape());
  }

  template <class F>
  static void fill(onnx::TensorProto& tensor, const Sizes& shape, F add) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
      tensor.add_dims(size);
      count *= size;
    }
    for (std::int64_t i = 0; i < count; ++i) add();
  }
  void fill_floats(onnx::TensorProto& tensor, const Sizes& shape) {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    fill(tensor, shape, [&] { tensor.add_float_data(dice_.number()); });
    if (dice_.once_in(20)) move_outside(tensor);
  }
  void fill_integers(onnx::TensorProto& tensor, const Sizes& shape) {
    tensor.set_data_type(onnx::TensorProto::INT64);
    fill(tensor, shape, [&] { tensor.add_int64_data(dice_.integer()); });
  }

  void fill_bytes(onnx::TensorProto& tensor, const Sizes& shape) {
    tensor.set_data_type(dice_.once_in(2) ? onnx::TensorProto::UINT8 : onnx::TensorProto::INT8);
    fill(tensor, shape, [&] { tensor.add_int32_data(static_cast<std::int32_t>(dice_.below(128))); });
  }

  /// One element, in a file.
  void move_outside(onnx::TensorProto& tensor) {
    tensor.clear_float_data();
    tensor.clear_dims();
    tensor.clear_external_data();
    tensor.add_dims(1);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& location = *tensor.add_external_data();
    location.set_key("location");
    location.set_value(dice_.one_of(outside_files));
    auto& length = *tensor.add_external_data();
    length.set_key("length");
    length.set_value("4");
  }

  std::size_t some_length() { return dice_.one_of(std::array<std::size_t, 9>{0, 0, 1, 2, 3, 4, 4, 6, 8}); }
  /// The lists of a node are mostly as long as each other.
  std::size_t length() { return dice_.once_in(5) ? some_length() : length_; }
  /// Integers that go together, but for one of them at most.
  Sizes list() {
    Sizes values(length());
    for (std::int64_t& value : values) value = static_cast<std::int64_t>(dice_.below(4));
    if (!values.empty() && dice_.once_in(2)) values[dice_.below(values.size())] = dice_.odd_integer();
    return values;
  }
  Sizes of_length() { return {static_cast<std::int64_t>(length())}; }

  std::string constant(Ingredient kind) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(fresh("c"));
    switch (kind) {
      case Ingredient::list:
        tensor.set_data_type(onnx::TensorProto::INT64);
        for (const std::int64_t value : list()) tensor.add_int64_data(value);
        tensor.add_dims(tensor.int64_data_size());
        break;
      case Ingredient::scalar: fill_integers(tensor, dice_.once_in(2) ? Sizes{} : Sizes{1}); break;
      case Ingredient::numbers: fill_floats(tensor, of_length()); break;
      case Ingredient::number: fill_floats(tensor, {}); break;
      case Ingredient::bytes: fill_bytes(tensor, shape()); break;
      case Ingredient::byte: fill_bytes(tensor, dice_.once_in(2) ? Sizes{} : of_length()); break;
      default: fill_floats(tensor, dice_.once_in(4) ? Sizes{1} : shape()); break;
    }
    return tensor.name();
  }

  std::string argument(const Argument& input, bool may_be_absent) {
    if (may_be_absent && dice_.once_in(3)) return "";
    if (input.kind == Ingredient::tensor) return dice_.once_in(3) ? constant(input.kind) : value();
    return dice_.once_in(10) ? value() : constant(input.kind);
  }

  void set(onnx::AttributeProto& to, const Argument& attribute) {
    using Proto = onnx::AttributeProto;
    const std::size_t count = length();
    switch (attribute.kind) {
      case Ingredient::list:
        to.set_type(Proto::INTS);
        for (const std::int64_t value : list()) to.add_ints(value);
        break;
      case Ingredient::scalar: to.set_type(Proto::INT), to.set_i(dice_.integer()); break;
      case Ingredient::numbers:
        to.set_type(Proto::FLOATS);
        for (std::size_t i = 0; i < count; ++i) to.add_floats(dice_.number());
        break;
      case Ingredient::word: to.set_type(Proto::STRING), to.set_s(dice_.one_of(attribute.words)); break;
      case Ingredient::constant:
        to.set_type(Proto::TENSOR);
        fill_floats(*to.mutable_t(), {1});
        if (dice_.once_in(3)) move_outside(*to.mutable_t());
        break;
      default: to.set_type(Proto::FLOAT), to.set_f(dice_.number()); break;
    }
  }

  void add_node(const Recipe& recipe) {
    length_ = some_length();
    std::vector<std::string> inputs;
    const std::size_t most = dice_.once_in(2) ? recipe.inputs.size() : 1 + dice_.below(4);
    for (const Argument& input : recipe.inputs) {
      if (inputs.size() < most) inputs.push_back(argument(input, !inputs.empty()));
    }
    onnx::NodeProto& node = *graph().add_node();
    const std::size_t colon = recipe.op.find(':');
    node.set_op_type(colon == std::string::npos ? recipe.op : recipe.op.substr(colon + 1));
    if (colon != std::string::npos) node.set_domain(recipe.op.substr(0, colon));
    for (const std::string& input : inputs) node.add_input(input);
    while (node.input_size() > 1 && node.input(node.input_size() - 1).empty()) node.mutable_input()->RemoveLast();
    for (const Argument& attribute : recipe.attributes) {
      if (dice_.once_in(2)) continue;
      onnx::AttributeProto& added = *node.add_attribute();
      added.set_name(attribute.name);
      set(added, attribute);
    }
    for (std::size_t outputs = dice_.once_in(3) ? 2 + dice_.below(2) : 1; outputs > 0; --outputs) {
      node.add_output(fresh("y"));
      values_.push_back(node.output(node.output_size() - 1));
    }
    results_.push_back(node.output(0));
    if (dice_.once_in(10)) wrap(node);
  }

  static onnx::AttributeProto& add(onnx::NodeProto& node, const char* name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& added = *node.add_attribute();
    added.set_name(name), added.set_type(type);
    return added;
  }
  void add_body(onnx::NodeProto& node, const char* name, const onnx::GraphProto& body) {
    *add(node, name, onnx::AttributeProto::GRAPH).mutable_g() = body;
  }

  /// Into what holds it in its place: both branches of an If, the body of a loop, of a scan or of a function.
  void wrap(onnx::NodeProto& node) {
    onnx::GraphProto body;
    *body.add_node() = node;
    const std::size_t kind = dice_.below(4);
    if (kind == 1) body.add_output()->set_name("goes on");
    for (const std::string& name : node.output()) body.add_output()->set_name(name);
    onnx::NodeProto outer;
    *outer.mutable_output() = node.output();
    switch (kind) {
      case 0:
        outer.set_op_type("If"), outer.add_input(dice_.once_in(3) ? value() : truth());
        add_body(outer, "then_branch", body), add_body(outer, "else_branch", body);
        break;
      case 1:
        outer.set_op_type("Loop"), outer.add_input(constant(Ingredient::scalar)), outer.add_input("");
        for (const char* name : {"number", "goes on"}) body.add_input()->set_name(name);
        add_body(outer, "body", body);
        break;
      case 2:
        outer.set_op_type("Scan"), outer.add_input(value()), body.add_input()->set_name("element");
        if (node.input_size() > 0 && dice_.once_in(2)) body.mutable_node(0)->set_input(0, "element");
        add(outer, "num_scan_inputs", onnx::AttributeProto::INT).set_i(dice_.once_in(8) ? dice_.integer() : 1);
        add(outer, "scan_input_axes", onnx::AttributeProto::INTS).add_ints(dice_.integer());
        add_body(outer, "body", body);
        break;
      default: call_function(outer, body.node(0)); break;
    }
    node = outer;
  }
  std::string truth() {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(fresh("c"));
    tensor.set_data_type(onnx::TensorProto::BOOL);
    tensor.add_int32_data(dice_.once_in(2) ? 1 : 0);
    return tensor.name();
  }
  void call_function(onnx::NodeProto& call, const onnx::NodeProto& body) {
    onnx::FunctionProto& function = *model_.add_functions();
    function.set_domain("my.own"), function.set_name(fresh("f"));
    *function.add_opset_import() = model_.opset_import(0);
    *function.mutable_input() = body.input();
    *function.mutable_output() = body.output();
    *function.add_node() = body;
    call.set_domain(function.domain()), call.set_op_type(function.name());
    *call.mutable_input() = body.input();
    if (dice_.once_in(2)) return;
    // An attribute of the call's.
    for (onnx::AttributeProto& attribute : *function.mutable_node(0)->mutable_attribute()) {
      *call.add_attribute() = attribute;
      attribute.set_ref_attr_name(attribute.name());
    }
  }

  Dice& dice_;
  onnx::ModelProto model_;
  std::vector<std::string> values_, results_;
  std::size_t length_ = 0;  ///< of the present node's lists
  int count_ = 0;
};

}  // namespace

onnx::ModelProto random_graph(Dice& dice) { return Maker(dice).run(); }

}  // namespace banoff::test
