// What cannot be done is said, at once and with its reason.
#include <doctest/doctest.h>

#include "banoff/machine.hpp"
#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/source_dir.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::refused);
    return error.what();
  }
  FAIL("nothing was refused");
  return {};
}

}  // namespace

TEST_CASE("without a GPU the gpu device is refused, saying what is missing") {
  const cuda::Availability here = cuda::availability();
  CHECK(machine().gpu == here.text);
  if (here.usable) {
    MESSAGE("skipped: " << here.text);
    return;
  }
  const Model model = Model::load(source_dir().string() + "/configs/demo/classifier.yaml");
  DeviceOptions options;
  options.name = "gpu";
  const std::string message = refusal([&] { (void)CompiledModel::compile(model, options); });
  CHECK(message.starts_with("no GPU can be used: "));
  CHECK(std::ranges::count(device_names(), "gpu") == 0);
}

TEST_CASE("other devices have one precision") {
  const Model model = Model::load(source_dir().string() + "/configs/demo/classifier.yaml");
  DeviceOptions options;
  options.precision = Precision::fp16;
  CHECK_THROWS_WITH_AS((void)CompiledModel::compile(model, options), doctest::Contains("computes in fp32"), Error);
  CHECK(precision_named("bf16") == Precision::bf16);
  CHECK_THROWS_WITH_AS((void)precision_named("fp8"), doctest::Contains("fp16"), Error);
}

TEST_CASE("16 bits that a GPU lacks are refused") {
  const auto old = std::make_shared<HostBackend>(HostOptions{.library = true, .half = false});
  CHECK(refusal([&] {
          (void)gpu::device(old, {Precision::bf16, 4096, {}, true});
        }).ends_with("does not compute in bf16"));
  CHECK_NOTHROW((void)gpu::device(old, {Precision::tf32, 4096, {}, true}));
}

TEST_CASE("boxes in 16 bits are refused with the precisions that have them") {
  GraphBuilder net;
  const ValueId boxes = net.input({40, 4}, "boxes");
  const ValueId scores = net.input({40, 3}, "scores");
  Nms nms;
  net.output(net.add(nms, {boxes, scores}));
  const auto backend = std::make_shared<const HostBackend>();
  const auto compiled = [&](Precision precision) {
    return banoff::compile(net.graph, gpu::device(backend, {precision, 4096, {}, true}), {});
  };
  CHECK_NOTHROW((void)compiled(Precision::fp32));
  const std::string message = refusal([&] { (void)compiled(Precision::fp16); });
  CHECK(message.find("use --precision fp32 or tf32") != std::string::npos);
}

TEST_CASE("a convolution that wants more workspace than there is goes to the device's own kernel as a last resort") {
  GraphBuilder net;
  net.output(net.conv(net.input({1, 8, 9, 9}), 8));
  const auto backend = std::make_shared<const HostBackend>(HostOptions{.workspace = 1024});
  const auto implementation = [&](std::size_t workspace) {
    const auto plan = banoff::compile(net.graph, gpu::device(backend, {Precision::fp32, workspace, {}, true}), {});
    for (const Step& step : plan->steps)
      if (!step.nodes.empty()) return step.kernel->implementation();
    return std::string();
  };
  CHECK(implementation(1024) == "host1");
  CHECK(implementation(1023) == "direct");
}
