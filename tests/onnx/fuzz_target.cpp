// fuzz_onnx: libFuzzer at the importer. Whatever the bytes are, they are a network or bad input.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "banoff/session.hpp"

namespace {

/// The importer reads files: one for the process, which goes with it.
const std::filesystem::path& scratch() {
  static const std::filesystem::path file = [] {
    std::atexit([] { std::filesystem::remove(scratch()); });
    return std::filesystem::temp_directory_path() / ("fuzz_onnx-" + std::to_string(getpid()) + ".onnx");
  }();
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::ofstream(scratch(), std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    (void)banoff::Model::load(scratch());
  } catch (const banoff::Error& error) {
    if (error.kind() == banoff::ErrorKind::bad_input) return 0;
    std::cerr << error.what() << "\n";
    std::abort();
  }
  return 0;
}
