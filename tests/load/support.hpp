// Small helpers of the loader's tests.
#pragma once

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/load/load.hpp"

namespace banoff::test {

inline LoadedModel parse(const std::string& text, const LoadLimits& limits = {}) {
  return parse_yaml(text, "net.yaml", limits);
}

/// The message of the bad_input that f throws; fails the test when it throws anything else or nothing.
template <class F>
std::string bad_input(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_input);
    return error.what();
  }
  FAIL_CHECK("no error was thrown");
  return {};
}

inline std::string parse_error(const std::string& text, const LoadLimits& limits = {}) {
  return bad_input([&] { (void)parse(text, limits); });
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// CHECKs that a message has every part, and shows it otherwise.
#define CHECK_MESSAGE_HAS(message, ...)                                                           \
  do {                                                                                            \
    const std::string text_ = (message);                                                          \
    for (const std::string& part_ : std::vector<std::string>{__VA_ARGS__}) {                      \
      CHECK_MESSAGE(banoff::test::contains(text_, part_), "'" << part_ << "' not in: " << text_); \
    }                                                                                             \
  } while (false)

/// A folder of its own that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("banoff_load_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Bytes of a safetensors file with this header and that much data.
inline std::string safetensors(const std::string& header, const std::string& data) {
  std::string length;
  for (std::size_t i = 0; i < 8; ++i) length += static_cast<char>((header.size() >> (8 * i)) & 0xffU);
  return length + header + data;
}

inline NodeExecutor reference_executor() {
  return [](const Graph& graph, const Node& node, const std::vector<Tensor>& inputs) {
    return reference::compute<float>(graph, node, inputs);
  };
}

inline LoadedModel load_random(const std::filesystem::path& file, std::uint64_t seed) {
  WeightSource weights;
  weights.seed = seed;
  weights.executor = reference_executor();
  return load_model(file, weights);
}

}  // namespace banoff::test
