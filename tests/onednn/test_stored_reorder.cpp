// Values kept as numbers change their layout in strips, shared out among threads.
#include <doctest/doctest.h>

#include <random>

#include "kernels/cpu/cpu.hpp"
#include "kernels/device.hpp"

using namespace banoff;

namespace {

std::vector<std::byte> random_bytes(std::size_t count) {
  std::mt19937 random(3);
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 0xffU);
  return bytes;
}

/// Planes of whole elements, one pixel after the other.
std::vector<std::byte> by_pixel(const std::vector<std::byte>& plain, const Shape& shape, std::size_t size) {
  const auto images = static_cast<std::size_t>(shape[0]), channels = static_cast<std::size_t>(shape[1]);
  const std::size_t pixels = plain.size() / (images * channels * size);
  std::vector<std::byte> result(plain.size());
  for (std::size_t n = 0; n < images; ++n) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < pixels; ++i) {
        const std::byte* from = plain.data() + ((n * channels + c) * pixels + i) * size;
        std::copy(from, from + size, result.data() + ((n * pixels + i) * channels + c) * size);
      }
    }
  }
  return result;
}

std::vector<std::byte> run(const Offer& offer, const std::vector<std::byte>& from) {
  const Compiled compiled = offer.make();
  std::vector<std::byte> to(from.size());
  const std::byte* const in[] = {from.data()};
  std::byte* const out[] = {to.data()};
  std::int64_t counts[] = {0};
  std::get<std::unique_ptr<Kernel>>(compiled)->run(
      {.inputs = in, .outputs = out, .input_counts = counts, .output_counts = counts});
  return to;
}

}  // namespace

TEST_CASE(
    "numbers of 8 and 16 bits change between planes and pixels, of any count of channels, in strips with a rest") {
  for (const int threads : {1, 2}) {
    const auto device = cpu::device({.threads = threads});
    for (const DType stored : {DType::u8, DType::i8, DType::bf16}) {
      const std::size_t size = size_of(stored);
      for (const std::int64_t channels : {1, 2, 3, 4, 5, 33, 70}) {
        for (const Shape& shape : {Shape{1, channels, 97, 111}, Shape{2, channels, 60, 53}, Shape{3, channels, 1, 1}}) {
          CAPTURE(threads);
          CAPTURE(name_of(stored));
          CAPTURE(shape.str());
          const TensorType type{DType::f32, shape, false, Stored{stored, 0.5F, 3}};
          const std::vector<std::byte> plain = random_bytes(static_cast<std::size_t>(shape.elements()) * size);
          const std::vector<std::byte> last = by_pixel(plain, shape, size);
          CHECK(run(device->reorder(type, Layout::plain, Layout::channels_last), plain) == last);
          CHECK(run(device->reorder(type, Layout::channels_last, Layout::plain), last) == plain);
        }
      }
    }
  }
}
