// The door for tensors that are known while importing.
#include "runtime/onnx/importer.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::onnx_import;

// No operator can hand on a tensor that nobody counted.
static_assert(!std::is_constructible_v<Known, Tensor> && !std::is_convertible_v<Tensor, Known>);
static_assert(!std::is_assignable_v<decltype(Operand::known)&, Tensor>);
static_assert(!std::is_constructible_v<Params::value_type, Slot, Tensor>);

TEST_CASE("what is made counts, and what is lent only for a while") {
  KnownTensors known({}, 100);
  (void)known.filled(DType::f32, {10}, 1);
  {
    const KnownTensors::Lease meanwhile = known.lend(7);
    CHECK_THROWS_AS((void)known.filled(DType::u8, {5}, 1), Error);
    CHECK_THROWS_AS((void)known.lend(1), Error);
  }
  // A refusal counts nothing.
  const Known all = known.filled(DType::u8, {60}, 1);
  CHECK_THROWS_AS((void)known.filled(DType::u8, {1}, 1), Error);
  CHECK(all.to_vector<double>().back() == 1);
  // Another shape of the same memory costs nothing, nor does the same type.
  CHECK(known.as(all.reshaped({6, 10}), DType::u8).shape() == Shape{6, 10});
  CHECK_THROWS_AS((void)known.as(all, DType::f32), Error);
  CHECK_THROWS_AS((void)known.permuted(all.reshaped({6, 10}), {1, 0}), Error);
}

TEST_CASE("a computation in float64 needs room for its inputs and outputs") {
  KnownTensors known({}, 200);
  const Known x = known.filled(DType::f32, {8}, 1);
  const std::vector<Tensor> inputs{x};
  bool computed = false;
  const auto compute = [&](std::int64_t outputs) {
    const std::vector<TensorType> types{{DType::f32, {outputs}, false}};
    return known.computed(inputs, types, 0, [&] {
      computed = true;
      return std::vector<Tensor>{
          Tensor::of<double>({outputs}, std::vector<double>(static_cast<std::size_t>(outputs), 2))};
    });
  };
  CHECK_THROWS_AS((void)compute(9), Error);
  CHECK_FALSE(computed);
}

TEST_CASE("elements that are made, and gone through, take time in every tensor of a reading") {
  constexpr std::int64_t made = 32, gone_through = 8;
  Effort effort(made * 40 + gone_through * 60);
  KnownTensors one({}, 10'000, &effort), other({}, 10'000, &effort);
  (void)one.filled(DType::u8, {40}, 1);
  { const KnownTensors::Lease meanwhile = other.lend(40); }
  CHECK_THROWS_AS((void)other.lend(21), Error);
  CHECK_THROWS_AS((void)one.filled(DType::u8, {20}, 1), Error);
  CHECK_THROWS_AS(effort.spend(1), Error);  // room for 20 was gone through before they would have been made
  effort.add_file(1);
  other.spend(1024);
  CHECK_THROWS_AS(effort.spend(1), Error);
}

TEST_CASE("a model's own bytes allow eight times as many") {
  const TemporaryFolder folder;
  const auto file = folder.write("model.onnx", std::string(100, 'x'));
  KnownTensors known(file, 0);
  CHECK(known.filled(DType::u8, {800}, 1).elements() == 800);
  CHECK_THROWS_AS((void)known.filled(DType::u8, {1}, 1), Error);
}
