// banoff_sweep: what scripts/sweep_operators.py feeds with models of one operator, to hear what comes out of each.
//
// It reads frames, a length (4 bytes, little-endian) and as many bytes: a model, the number of its inputs and each as a
// TensorProto, the number of answers that are right, and of each the number of outputs and each as a TensorProto. For
// each model it writes a line "right", "refused" or "wrong", a tab, the reason, a tab and the length of the folded
// network as an ONNX file, and then that file.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <onnx/onnx_pb.h>

#include <cmath>
#include <iostream>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/tensor.hpp"
#include "tests/files.hpp"
#include "tests/session/support.hpp"

using namespace banoff;

namespace {

std::string frame() {
  std::array<unsigned char, 4> head{};
  std::cin.read(reinterpret_cast<char*>(head.data()), head.size());
  if (!std::cin) return {};
  std::string bytes(head[0] | std::size_t{head[1]} << 8 | std::size_t{head[2]} << 16 | std::size_t{head[3]} << 24,
                    '\0');
  std::cin.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!std::cin) fail_input("the input ends inside a frame");
  return bytes;
}

std::vector<std::pair<std::string, Tensor>> tensors() {
  onnx_import::KnownTensors known({}, std::int64_t{1} << 30);
  std::vector<std::pair<std::string, Tensor>> result(std::stoul(frame()));
  for (auto& [name, tensor] : result) {
    onnx::TensorProto proto;
    if (!proto.ParseFromString(frame())) fail_input("a frame is no tensor");
    name = proto.name();
    tensor = known.stored(proto);
  }
  return result;
}

struct Case {
  std::string model;
  std::vector<std::pair<std::string, Tensor>> inputs;
  std::vector<std::vector<std::pair<std::string, Tensor>>> answers;  ///< none: anything but a crash
};

bool read_case(Case& next) {
  next.model = frame();
  if (next.model.empty()) return false;
  next.inputs = tensors();
  next.answers.resize(std::stoul(frame()));
  for (auto& answer : next.answers) answer = tensors();
  return true;
}

/// Units of the last place that a result may be off, relative to its own size and to the tensor's.
double tolerance(DType type) {
  if (type == DType::f16) return 1e-2;
  return type == DType::bf16 ? 4e-2 : 1e-4;
}

/// Why the tensor is not the expected one; empty: it is.
std::string difference(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() != expected.shape()) return actual.shape().str() + " for " + expected.shape().str();
  const bool same = std::memcmp(actual.data(), expected.data(), expected.bytes()) == 0;
  if (same) return {};
  const std::vector<double> a = actual.to_vector<double>(), b = expected.to_vector<double>();
  double largest = 0;
  for (const double value : b) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double most = tolerance(expected.dtype()) * (std::abs(b[i]) + 0.1 * largest + 0.1);
    if (is_float(expected.dtype()) && std::abs(a[i] - b[i]) <= most) continue;
    return fmt::format("element {}: {} for {}", i, a[i], b[i]);
  }
  return is_float(expected.dtype()) ? "" : "integers differ beyond 53 bits";
}

std::string difference(const Tensors& actual, const std::vector<std::pair<std::string, Tensor>>& answer,
                       const Model& model) {
  const std::vector<TensorInfo> infos = model.outputs();
  for (const auto& [name, expected] : answer) {
    const auto info = std::ranges::find(infos, name, &TensorInfo::name);
    if (info->dtype != expected.dtype())
      return fmt::format("{} is {} for {}", name, name_of(info->dtype), name_of(expected.dtype()));
    const std::string wrong = difference(actual.at(name).as(expected.dtype()), expected);
    if (!wrong.empty()) return name + " " + wrong;
  }
  return {};
}

/// Why what a device makes of the model is none of the answers; empty: it is one.
std::string check(const Case& given, const Model& model, const char* device) {
  Tensors inputs;
  for (const TensorInfo& input : model.inputs()) {
    const auto found = std::ranges::find(given.inputs, input.name, &std::pair<std::string, Tensor>::first);
    if (input.dtype != found->second.dtype()) return fmt::format("input {} is {}", input.name, name_of(input.dtype));
    inputs[input.name] = found->second;
  }
  const Tensors actual = test::run_on(model, device, inputs);
  std::string wrong;
  for (const auto& answer : given.answers) {
    const std::string different = difference(actual, answer, model);
    if (different.empty()) return {};
    wrong += (wrong.empty() ? "" : " or ") + different;
  }
  return wrong;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

void answer(const std::string& verdict, const std::string& reason, const std::string& file = {}) {
  std::cout << verdict << '\t' << one_line(reason) << '\t' << file.size() << '\n' << file << std::flush;
}

void try_case(const Case& given, const TemporaryFolder& folder) {
  const Model model = Model::load(folder.write("model.onnx", given.model));
  const Model folded = test::folded(model, Method::optimal);
  for (const char* device : {"reference-f64", "reference", "cpu"}) {
    for (const Model* each : {&model, &folded}) {
      const std::string wrong = check(given, *each, device);
      if (!wrong.empty())
        return answer("wrong", fmt::format("{}, {}: {}", device, each == &model ? "none" : "optimal", wrong));
    }
  }
  try {
    folded.save(folder / "folded.onnx");
  } catch (const Error& error) {
    return answer("right", error.what());
  }
  std::ifstream stream(folder / "folded.onnx", std::ios::binary);
  answer("right", "", {std::istreambuf_iterator<char>(stream), {}});
}

}  // namespace

int main() {
  doctest::Context context;  // a failed check of the helpers ends the program
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& data) { throw std::runtime_error(data.m_expr); });
  const TemporaryFolder folder;
  for (Case next; read_case(next);) {
    try {
      try_case(next, folder);
    } catch (const Error& error) {
      const bool told = error.kind() == ErrorKind::bad_input || error.kind() == ErrorKind::refused;
      answer(told ? "refused" : "wrong", error.what());
    }
  }
}
