// Models that were changed by number: loaded or refused, never a crash. Run it under sanitizers for its full worth.
#include <onnx/onnx_pb.h>

#include <functional>

#include "tests/onnx/fuzz_changes.hpp"
#include "tests/onnx/fuzz_harness.hpp"
#include "tests/onnx/fuzz_models.hpp"
#include "tests/onnx/hostile.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Calls `look` with an integer as large or small as it can be; it is as before at the end.
template <class Set>
void each_extreme(std::int64_t value, const Set& set, const std::function<void()>& look) {
  const std::int64_t beside = (value < 0 ? smallest : largest) - value;  // with which it adds up to an end
  for (const std::int64_t extreme : {largest, smallest, beside, std::int64_t{1} << 40}) {
    set(extreme);
    look();
  }
  set(value);
}

/// The same for each integer that attributes of the nodes hold, those of nodes in them included.
void each_extreme(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const std::function<void()>& look) {
  for (onnx::NodeProto& node : nodes) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      CAPTURE(node.op_type());
      CAPTURE(attribute.name());
      if (attribute.has_i())
        each_extreme(
            attribute.i(), [&](std::int64_t value) { attribute.set_i(value); }, look);
      for (int k = 0; k < attribute.ints_size(); ++k)
        each_extreme(
            attribute.ints(k), [&](std::int64_t value) { attribute.set_ints(k, value); }, look);
      if (attribute.has_g()) each_extreme(*attribute.mutable_g()->mutable_node(), look);
    }
  }
}

}  // namespace

TEST_CASE("integers at the ends of 64 bits are taken or refused wherever an operator has one") {
  const FuzzHarness harness;
  for (const std::string& bytes : fuzz_models()) {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(bytes));
    const auto look = [&] { CHECK(harness.read(model.SerializeAsString()).fault == ""); };
    each_extreme(*model.mutable_graph()->mutable_node(), look);
    for (onnx::FunctionProto& function : *model.mutable_functions()) each_extreme(*function.mutable_node(), look);
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
      CAPTURE(tensor.name());
      for (int k = 0; k < tensor.int64_data_size(); ++k)
        each_extreme(
            tensor.int64_data(k), [&](std::int64_t value) { tensor.set_int64_data(k, value); }, look);
    }
  }
}

TEST_CASE("models that a fuzzer makes are loaded or refused") {
  const FuzzHarness harness;
  const std::vector<std::string> models = fuzz_models();
  for (const std::string& model : models) CHECK(harness.read(model).loaded);
  // banoff_onnx_fuzz is this for as many as one likes.
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    CHECK(harness.read(fuzzed_model(models, dice)).fault == "");
  }
}
