#include "tests/onnx/fuzz_changes.hpp"

#include "tests/onnx/fuzz_fields.hpp"
#include "tests/onnx/fuzz_graphs.hpp"

namespace banoff::test {
namespace {

void change_byte(std::string& text, Dice& dice) {
  if (text.empty()) return;
  const std::size_t at = dice.below(text.size());
  switch (dice.below(4)) {
    case 0: text[at] = static_cast<char>(dice.below(256)); break;
    case 1: text.erase(at, 1 + dice.below(8)); break;
    case 2: text.insert(at, text.substr(dice.below(text.size()), 1 + dice.below(16))); break;
    default: text[at] = static_cast<char>(text[at] ^ (1 << dice.below(8))); break;
  }
}

}  // namespace

std::string with_other_fields(const std::string& model, Dice& dice) {
  onnx::ModelProto message;
  if (!message.ParseFromString(model)) return {};
  for (std::size_t edits = 1 + dice.below(4); edits > 0; --edits) change_field(message, dice);
  return message.SerializePartialAsString();
}

std::string fuzzed_model(const std::vector<std::string>& models, Dice& dice) {
  std::string model = dice.once_in(2) ? dice.one_of(models) : random_graph(dice).SerializeAsString();
  switch (dice.below(4)) {
    case 0: return with_other_fields(model, dice);
    case 1:
      for (std::size_t edits = 1 + dice.below(4); edits > 0; --edits) change_byte(model, dice);
      return model;
    default: return random_graph(dice).SerializeAsString();
  }
}

}  // namespace banoff::test
