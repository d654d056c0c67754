// fuzz_onnx: libFuzzer at the importer. Whatever the bytes are, they are a network or bad input.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/onnx/fuzz_changes.hpp"
#include "tests/onnx/fuzz_graphs.hpp"
#include "tests/onnx/fuzz_harness.hpp"

extern "C" std::size_t LLVMFuzzerMutate(unsigned char* data, std::size_t size, std::size_t most);

/// What is found is written beneath the folder where the fuzzer was started: while a model is read, the working
/// directory is another, and soon gone.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view option = "-artifact_prefix=";
  const std::string home = std::filesystem::current_path().string() + "/";
  static std::vector<std::string> texts(*arguments, *arguments + *count);
  static std::vector<char*> made;
  texts.insert(texts.begin() + 1, std::string(option));
  for (std::string& text : texts) {
    if (text.starts_with(option) && !text.substr(option.size()).starts_with('/')) text.insert(option.size(), home);
    made.push_back(text.data());
  }
  *count = static_cast<int>(made.size());
  made.push_back(nullptr);
  *arguments = made.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const banoff::test::FuzzHarness harness;
  const auto outcome = harness.read(std::string(reinterpret_cast<const char*>(data), size));
  if (outcome.fault.empty()) return 0;
  std::cerr << outcome.fault << "\n";
  std::abort();
}

/// Fields of the message change, which gets deep, or a network is made anew, or bytes change.
extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size, std::size_t most, unsigned seed) {
  banoff::test::Dice dice(seed);
  const std::size_t kind = dice.below(8);
  if (kind == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string changed =
      kind < 5 ? banoff::test::random_graph(dice).SerializeAsString()
               : banoff::test::with_other_fields(std::string(reinterpret_cast<const char*>(data), size), dice);
  if (changed.empty() || changed.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}
