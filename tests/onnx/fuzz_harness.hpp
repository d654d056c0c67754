// A model that may be anything, before the importer.
#pragma once

#include <filesystem>
#include <string>

namespace banoff::test {

/// A folder for a fuzzer's model, gone with the object: beside the model a file that it may read, a link to one that it
/// may not, and one in the working directory while the model is read.
class FuzzHarness {
 public:
  explicit FuzzHarness(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~FuzzHarness();
  FuzzHarness(const FuzzHarness&) = delete;
  FuzzHarness& operator=(const FuzzHarness&) = delete;

  struct Outcome {
    bool loaded = false;
    std::string fault;  ///< what the importer must not do, where it did
  };
  /// Reads the bytes as a model: it is taken or refused as bad input, and reads nothing outside its folder. A crash
  /// leaves the model at file().
  [[nodiscard]] Outcome read(const std::string& bytes) const;
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "models" / "fuzzed.onnx"; }

 private:
  std::filesystem::path folder_, home_;
};

}  // namespace banoff::test
