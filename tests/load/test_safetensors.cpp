#include "support.hpp"

#include <cstring>

using namespace banoff;
using namespace banoff::test;

namespace {
/// The error of reading a file with these bytes.
std::string read_error(const std::string& bytes, const LoadLimits& limits = {}) {
  const TemporaryFolder folder;
  write(folder / "w.safetensors", bytes);
  const std::string message = bad_input([&] { (void)read_safetensors(folder / "w.safetensors", limits); });
  CHECK_MESSAGE_HAS(message, "w.safetensors");
  return message;
}
const std::string eight(8, '\1');
}  // namespace

TEST_CASE("tensors of every element type are written and read back, whatever their alignment") {
  const TemporaryFolder folder;
  const Tensor odd = Tensor::of<std::uint8_t>({3}, {1, 2, 3});
  const Tensor values = Tensor::of<double>({2, 2}, {1.5, -2, 0, 4});
  std::map<std::string, Tensor> tensors{{"odd", odd}, {"empty", Tensor::of<float>({0, 4}, {})}};
  for (std::size_t i = 0; i < dtype_count; ++i) {
    const auto type = static_cast<DType>(i);
    tensors["t." + std::string(name_of(type))] = values.as(type);
  }
  write_safetensors(folder / "w.safetensors", tensors);
  CHECK(folder.files() == 1);
  const auto back = read_safetensors(folder / "w.safetensors");
  REQUIRE(back.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const Tensor& other = back.at(name);
    CHECK(other.dtype() == tensor.dtype());
    CHECK(other.shape() == tensor.shape());
    CHECK(std::memcmp(other.data(), tensor.data(), tensor.bytes()) == 0);
  }
  std::ifstream file(folder / "w.safetensors", std::ios::binary);
  CHECK(file.get() % 8 == 0);  // the header is padded to 8 bytes
}

TEST_CASE("data that is not aligned in the file is read nevertheless, and metadata is tolerated") {
  const TemporaryFolder folder;
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("f":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}  )";
  write(folder / "w.safetensors", safetensors(header, std::string("\x07\x00\x00\x80\x3f", 5)));
  const auto tensors = read_safetensors(folder / "w.safetensors");
  CHECK(tensors.size() == 2);
  CHECK(tensors.at("f").values<float>()[0] == 1.0F);
}

TEST_CASE("truncated files and oversized headers are refused") {
  CHECK_MESSAGE_HAS(read_error(""), "empty");
  CHECK_MESSAGE_HAS(read_error("abc"), "3 bytes");
  const std::string good = safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight);
  CHECK_MESSAGE_HAS(read_error(good.substr(0, 30)), "truncated");
  CHECK_MESSAGE_HAS(read_error(good.substr(0, good.size() - 1)), "'a'", "0 to 8 of 7");
  CHECK_MESSAGE_HAS(read_error(std::string(8, '\xff') + "{}"), "header");
  LoadLimits limits;
  limits.max_header_bytes = 16;
  CHECK_MESSAGE_HAS(read_error(good, limits), "more than the 16");
}

TEST_CASE("offsets that overlap, overflow, leave holes or do not match the shape are refused") {
  const auto with = [](const std::string& header) { return read_error(safetensors(header, eight)); };
  CHECK_MESSAGE_HAS(
      with(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
      "overlaps");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"), "'a'", "no tensor");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})"), "4 bytes after");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})"), "'a'");
  CHECK_MESSAGE_HAS(
      with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551615]}})"), "'a'");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})"), "takes 12 bytes", "8");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})"), "too many");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[1048576,1048576],"data_offsets":[0,8]}})"), "4398046511104");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}})"), "'a'");
}

TEST_CASE("headers that are not what the format says are refused") {
  const auto with = [](const std::string& header) { return read_error(safetensors(header, eight)); };
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})"), "F8_E4M3", "'a'");
  CHECK_MESSAGE_HAS(
      with(
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
      "'a' is listed twice");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})"), "duplicate key");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})"), "negative");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})"), "whole number");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})"), "unexpected list");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})"), "more than 8");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})"), "'a' needs");
  CHECK_MESSAGE_HAS(with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})"), "unknown key 'x'");
  CHECK_MESSAGE_HAS(with(R"({"a":{"b":{}}})"), "unknown key");
  CHECK_MESSAGE_HAS(with("[1]"), "does not start");
  CHECK_MESSAGE_HAS(with(R"({"a":)"), "not valid JSON");
  CHECK_MESSAGE_HAS(with("{\"" + std::string(50'000, '[')), "not valid JSON");
  CHECK_MESSAGE_HAS(with("{\"a\":" + std::string(50'000, '[')), "unexpected list");
}

TEST_CASE("an output that cannot be written leaves nothing behind") {
  const TemporaryFolder folder;
  const std::map<std::string, Tensor> tensors{{"a", Tensor::of<float>({1}, {1})}};
  CHECK_MESSAGE_HAS(bad_input([&] { write_safetensors(folder / "missing/w.safetensors", tensors); }),
                    "missing/w.safetensors");
  std::filesystem::create_directories(folder / "taken/inside");
  CHECK_MESSAGE_HAS(bad_input([&] { write_safetensors(folder / "taken", tensors); }), "taken");
  CHECK_MESSAGE_HAS(bad_input([&] { write_file_atomically(folder / "taken", "text"); }), "taken");
  CHECK(folder.files() == 1);
}

TEST_CASE("a file that is being replaced stays readable through its old mapping") {
  const TemporaryFolder folder;
  write_safetensors(folder / "w.safetensors", {{"a", Tensor::of<float>({2}, {1, 2})}});
  const Tensor before = read_safetensors(folder / "w.safetensors").at("a");
  write_safetensors(folder / "w.safetensors", {{"a", Tensor::of<float>({2}, {3, 4})}});
  CHECK(before.values<float>()[0] == 1.0F);
  CHECK(read_safetensors(folder / "w.safetensors").at("a").values<float>()[1] == 4.0F);
}
