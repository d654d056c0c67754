// fuzz_onnx: libFuzzer at the importer. Whatever the bytes are, they are a network or bad input.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "banoff/session.hpp"

namespace {

/// The importer reads files: one for the process, which goes with it.
struct Scratch {
  std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("fuzz_onnx-" + std::to_string(getpid()) + ".onnx");
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Scratch scratch;
  std::ofstream(scratch.file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    (void)banoff::Model::load(scratch.file);
  } catch (const banoff::Error& error) {
    if (error.kind() == banoff::ErrorKind::bad_input) return 0;
    std::cerr << error.what() << "\n";
    std::abort();
  }
  return 0;
}
