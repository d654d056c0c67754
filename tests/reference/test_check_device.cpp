// The check of devices is itself checked, on a device with a fault.
#include <doctest/doctest.h>

#include "kernels/reference/reference.hpp"
#include "tests/op_cases/check_device.hpp"

using namespace banoff;

namespace {

enum class Fault { none, wrong_value, overrun, unwritten, input_changed, scratch_overrun, careless };

class FaultyKernel final : public Kernel {
 public:
  FaultyKernel(std::unique_ptr<Kernel> inner, Fault fault, std::size_t bytes)
      : inner_(std::move(inner)), fault_(fault), bytes_(bytes) {}

  void run(const KernelArgs& args) const override {
    std::byte* const out = args.outputs[0];
    const std::byte last = out[bytes_ - 1];
    inner_->run(args);
    switch (fault_) {
      case Fault::none: break;
      case Fault::careless: break;
      case Fault::wrong_value: out[bytes_ - 1] ^= std::byte{0x40}; break;
      case Fault::overrun: out[bytes_] = std::byte{1}; break;
      case Fault::unwritten: out[bytes_ - 1] = last; break;
      case Fault::input_changed: *const_cast<std::byte*>(args.inputs[0]) ^= std::byte{1}; break;
      case Fault::scratch_overrun: args.scratch[scratch_bytes()] = std::byte{1}; break;
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return inner_->scratch_bytes(); }
  [[nodiscard]] std::string implementation() const override { return "faulty"; }
  /// A convolution reads what it would have overwritten.
  [[nodiscard]] bool may_overwrite(int) const override { return fault_ == Fault::careless; }

 private:
  std::unique_ptr<Kernel> inner_;
  Fault fault_;
  std::size_t bytes_;
};

class FaultyDevice final : public Device {
 public:
  explicit FaultyDevice(Fault fault) : fault_(fault) {}
  [[nodiscard]] std::string name() const override { return "faulty"; }
  [[nodiscard]] std::vector<Layout> layouts(const TensorType& type) const override { return inner_->layouts(type); }
  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout layout) const override {
    return inner_->bytes(type, layout);
  }
  [[nodiscard]] Offers offers(const Region& region) const override {
    Offers offers = inner_->offers(region);
    Offer& only = std::get<std::vector<Offer>>(offers).at(0);
    const std::size_t count = bytes(region.type(region.outputs[0]), Layout::plain);
    only.make = [make = only.make, fault = fault_, count]() -> Compiled {
      Compiled made = make();
      return std::make_unique<FaultyKernel>(std::move(std::get<std::unique_ptr<Kernel>>(made)), fault, count);
    };
    return offers;
  }
  [[nodiscard]] Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    return inner_->reorder(type, from, to);
  }

 private:
  std::unique_ptr<Device> inner_ = reference::device();
  Fault fault_;
};

std::string complaint_about(Fault fault, const std::string& name = "conv_3x3") {
  auto cases = test::load_op_cases();
  std::erase_if(cases, [&](const test::OpCase& op_case) { return op_case.name != name; });
  REQUIRE(cases.size() == 1);
  const auto report = test::check_device(FaultyDevice(fault), cases, 1e-5);
  return report.failures.empty() ? "" : report.failures.front();
}

}  // namespace

TEST_CASE("a device that computes and behaves well passes") { CHECK(complaint_about(Fault::none).empty()); }

TEST_CASE("every way to be wrong is found and named") {
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(has(complaint_about(Fault::wrong_value), "error"));
  CHECK(has(complaint_about(Fault::overrun), "writes outside an output"));
  CHECK(has(complaint_about(Fault::unwritten), "unwritten"));
  CHECK(has(complaint_about(Fault::input_changed), "writes to an input"));
  CHECK(has(complaint_about(Fault::scratch_overrun), "writes outside its scratch memory"));
  CHECK(has(complaint_about(Fault::careless, "max_pool_3x3_stride1"), "when it overwrites input 0"));
}
