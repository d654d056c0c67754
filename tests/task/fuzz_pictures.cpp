// fuzz_pictures: libFuzzer at the picture files. Whatever the bytes are, they are a picture or bad input.
#include <cstring>

#include "banoff/error.hpp"
#include "runtime/task/codec.hpp"
#include "tests/task/picture_changes.hpp"

extern "C" std::size_t LLVMFuzzerMutate(unsigned char* data, std::size_t size, std::size_t most);

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::int64_t max_pixels = 1 << 20;
  const banoff::codec::Bytes file(data, size);
  try {
    if (banoff::codec::is_png(file)) (void)banoff::codec::decode_png(file, max_pixels);
    if (banoff::codec::is_jpeg(file)) (void)banoff::codec::decode_jpeg(file, max_pixels);
  } catch (const banoff::Error& error) {
    if (error.kind() != banoff::ErrorKind::bad_input) throw;
  }
  return 0;
}

/// Without its checksums no change to a PNG would get past the first of them.
extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size, std::size_t most,
                                               unsigned /*seed*/) {
  const std::size_t changed = LLVMFuzzerMutate(data, size, most);
  const std::string file = banoff::test::with_checksums({reinterpret_cast<const char*>(data), changed});
  std::memcpy(data, file.data(), file.size());
  return file.size();
}
