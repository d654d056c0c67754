#include "tests/onnx/fuzz_fields.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "tests/onnx/fuzz_graphs.hpp"
#include "tests/onnx/fuzz_recipes.hpp"

namespace banoff::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// The message and all that it holds.
void collect(Message& message, std::vector<Message*>& all) {
  all.push_back(&message);
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) collect(*reflection.MutableMessage(&message, field), all);
    else
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        collect(*reflection.MutableRepeatedMessage(&message, field, i), all);
  }
}

class Change {
 public:
  Change(onnx::ModelProto& model, Dice& dice) : model_(model), dice_(dice) {}

  void run() {
    std::vector<Message*> all;
    collect(model_, all);
    Message& message = *dice_.one_of(all);
    const FieldDescriptor* field = field_of(message);
    if (field == nullptr) return;
    if (field->is_repeated()) change_list(message, field);
    else if (dice_.once_in(6)) message.GetReflection()->ClearField(&message, field);
    else set(message, field);
  }

 private:
  /// Mostly one that is set.
  const FieldDescriptor* field_of(const Message& message) {
    std::vector<const FieldDescriptor*> fields;
    if (!dice_.once_in(4)) message.GetReflection()->ListFields(message, &fields);
    if (!fields.empty()) return dice_.one_of(fields);
    const int count = message.GetDescriptor()->field_count();
    return count == 0 ? nullptr : message.GetDescriptor()->field(dice_.index_of(count));
  }

  void change_list(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field);
    switch (size == 0 ? 0 : dice_.below(4)) {
      case 0: add(message, field); break;
      case 1: reflection.RemoveLast(&message, field); break;
      case 2: reflection.SwapElements(&message, field, dice_.index_of(size), dice_.index_of(size)); break;
      default: set_at(message, field, dice_.index_of(size)); break;
    }
  }

  std::string text() {
    const onnx::GraphProto& graph = model_.graph();
    if (dice_.once_in(6)) return dice_.one_of(outside_files);
    const Recipe& recipe = dice_.one_of(recipes());
    if (dice_.once_in(3) || graph.node_size() == 0) return recipe.op;
    if (dice_.once_in(4) && !recipe.attributes.empty()) return dice_.one_of(recipe.attributes).name;
    const onnx::NodeProto& node = graph.node(dice_.index_of(graph.node_size()));
    if (dice_.once_in(2) && node.input_size() > 0) return node.input(dice_.index_of(node.input_size()));
    if (node.output_size() > 0) return node.output(dice_.index_of(node.output_size()));
    return std::string(dice_.below(40), dice_.once_in(2) ? '\xff' : '9');
  }

  // One definition of what a value becomes, for the three ways in which protobuf takes it.
#define BANOFF_SET(METHOD, ...)                                                                                  \
  switch (field->cpp_type()) {                                                                                   \
    case FieldDescriptor::CPPTYPE_INT32:                                                                         \
      reflection.METHOD##Int32(__VA_ARGS__, static_cast<std::int32_t>(dice_.integer()));                         \
      break;                                                                                                     \
    case FieldDescriptor::CPPTYPE_INT64: reflection.METHOD##Int64(__VA_ARGS__, dice_.integer()); break;          \
    case FieldDescriptor::CPPTYPE_UINT64:                                                                        \
      reflection.METHOD##UInt64(__VA_ARGS__, static_cast<std::uint64_t>(dice_.integer()));                       \
      break;                                                                                                     \
    case FieldDescriptor::CPPTYPE_FLOAT: reflection.METHOD##Float(__VA_ARGS__, dice_.number()); break;           \
    case FieldDescriptor::CPPTYPE_DOUBLE: reflection.METHOD##Double(__VA_ARGS__, double{dice_.number()}); break; \
    case FieldDescriptor::CPPTYPE_STRING: reflection.METHOD##String(__VA_ARGS__, text()); break;                 \
    case FieldDescriptor::CPPTYPE_ENUM:                                                                          \
      reflection.METHOD##EnumValue(__VA_ARGS__, static_cast<int>(dice_.below(24)));                              \
      break;                                                                                                     \
    default: break;                                                                                              \
  }
  void set(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) (void)reflection.MutableMessage(&message, field);
    BANOFF_SET(Set, &message, field)
  }
  void set_at(Message& message, const FieldDescriptor* field, int at) {
    const Reflection& reflection = *message.GetReflection();
    BANOFF_SET(SetRepeated, &message, field, at)
  }
  void add(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) (void)reflection.AddMessage(&message, field);
    BANOFF_SET(Add, &message, field)
  }
#undef BANOFF_SET

  onnx::ModelProto& model_;
  Dice& dice_;
};

}  // namespace

void change_field(onnx::ModelProto& model, Dice& dice) { Change(model, dice).run(); }

}  // namespace banoff::test
