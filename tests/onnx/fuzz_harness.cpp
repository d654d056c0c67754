#include "tests/onnx/fuzz_harness.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "banoff/error.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/onnx/import.hpp"

namespace banoff::test {
namespace {

/// What the forbidden file holds, over and over. Its size is one that no tensor has.
constexpr std::string_view canary = "BREACH!!";
constexpr std::size_t canary_bytes = 40'009;

void write(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Of the first four bytes. A fuzzer that sees bytes compared puts them into its models, and with them what looks like
/// a breach: it sees numbers that say nothing of the bytes.
std::uint32_t hash(const void* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  value = (value ^ (value >> 16)) * 0x45d9f3bU;
  value = (value ^ (value >> 16)) * 0x45d9f3bU;
  return value ^ (value >> 16);
}

bool holds_canary(const Tensor& tensor) { return tensor.bytes() >= 4 && hash(tensor.data()) == hash(canary.data()); }

}  // namespace

FuzzHarness::FuzzHarness(const std::filesystem::path& parent) : home_(std::filesystem::current_path()) {
  std::string pattern = (parent / "banoff-fuzz-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder can be made in " + parent.string());
  folder_ = std::filesystem::absolute(pattern);
  std::filesystem::create_directory(folder_ / "models");
  std::string forbidden;
  while (forbidden.size() < canary_bytes) forbidden += canary;
  forbidden.resize(canary_bytes);
  write(folder_ / "canary.bin", forbidden);
  write(folder_ / "models/beside.bin", std::string(64, '\x3f'));
  std::filesystem::create_symlink("../canary.bin", folder_ / "models/link.bin");
}

FuzzHarness::~FuzzHarness() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

FuzzHarness::Outcome FuzzHarness::read(const std::string& bytes) const {
  write(file(), bytes);
  std::filesystem::current_path(folder_);
  Outcome outcome;
  try {
    const LoadedModel loaded = load_onnx(file(), reference::compute<double>);
    outcome.loaded = true;
    for (const Param& param : loaded.graph.params) {
      if (holds_canary(param.value)) outcome.fault = "a file outside the model's folder was read";
    }
  } catch (const Error& error) {
    const std::string_view message = error.what();
    const bool starved = message.find("does not fit in memory") != std::string_view::npos;
    const bool breach = message.find(std::to_string(canary_bytes)) != std::string_view::npos;
    if (error.kind() != ErrorKind::bad_input || starved || breach) outcome.fault = message;
  }
  std::filesystem::current_path(home_);
  return outcome;
}

}  // namespace banoff::test
