#include "banoff/task/npy.hpp"

#include <algorithm>

#include "tests/files.hpp"

using namespace banoff;

namespace {
const std::vector<double> expected{0, 1, 2, 3, 100, 7};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
}  // namespace

TEST_CASE("arrays of every type NumPy shares are read, and come back as they were written") {
  const TemporaryFolder folder;
  const std::pair<const char*, DType> rows[] = {{"f8", DType::f64}, {"f4", DType::f32}, {"f2", DType::f16},
                                                {"i8", DType::i64}, {"i4", DType::i32}, {"i2", DType::i16},
                                                {"i1", DType::i8},  {"u8", DType::u64}, {"u4", DType::u32},
                                                {"u2", DType::u16}, {"u1", DType::u8},  {"b1", DType::boolean}};
  for (const auto& [name, type] : rows) {
    const Tensor tensor = read_npy(data_file(std::string("array_") + name + ".npy"));
    CHECK(tensor.dtype() == type);
    CHECK(tensor.shape() == Shape{2, 3});
    CHECK(tensor.to_vector<double>() == (type == DType::boolean ? std::vector<double>{0, 1, 1, 1, 1, 1} : expected));
    write_npy(folder / "a.npy", tensor);
    const Tensor again = read_npy(folder / "a.npy");
    CHECK(again.dtype() == type);
    CHECK(again.to_vector<double>() == tensor.to_vector<double>());
  }
}

TEST_CASE("version 2, scalars, vectors and empty arrays work") {
  const TemporaryFolder folder;
  CHECK(read_npy(data_file("array_v2.npy")).to_vector<double>() == expected);
  CHECK(read_npy(data_file("array_scalar.npy")).shape().rank() == 0);
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 4}, Shape{1, 1, 1, 1, 1, 1, 1, 1}}) {
    const auto count = static_cast<std::size_t>(shape.elements());
    write_npy(folder / "a.npy", Tensor::of<float>(shape, std::vector<float>(count, 4)));
    CHECK(read_npy(folder / "a.npy").shape() == shape);
  }
}

TEST_CASE("bfloat16 is written as float32, and data start at a multiple of 64") {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", Tensor::of<float>({3}, {1.5F, -2, 0.25F}).as(DType::bf16));
  const Tensor tensor = read_npy(folder / "a.npy");
  CHECK(tensor.dtype() == DType::f32);
  CHECK(tensor.to_vector<float>() == std::vector<float>{1.5F, -2, 0.25F});
  CHECK((bytes_of(folder / "a.npy").size() - 12) % 64 == 0);
}

TEST_CASE("arrays in Fortran order are read row by row") {
  const Tensor tensor = read_npy(data_file("array_fortran.npy"));
  CHECK(tensor.shape() == read_npy(data_file("array_f4.npy")).shape());
  CHECK(tensor.to_vector<double>() == expected);
  const TemporaryFolder folder;
  std::string text = bytes_of(data_file("array_i4.npy")).substr(0, 10) +
                     "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }";
  text.append(128 - text.size() - 1, ' ') += '\n';
  for (const int element : {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}) text += static_cast<char>(element);
  const Tensor cube = read_npy(folder.write("cube.npy", text));
  CHECK(cube.to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("arrays of the other byte order are turned round") {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> rows[] = {
      {"f8", "array_f8.npy"}, {"f2", "array_f2.npy"}, {"i4", "array_i4.npy"}, {"u2", "array_u2.npy"}};
  for (const auto& [type, name] : rows) {
    std::string text = bytes_of(data_file(name));
    const std::size_t size = static_cast<std::size_t>(type[1] - '0');
    text[text.find('<')] = '>';
    for (std::size_t at = text.size() - 6 * size; at < text.size(); at += size) {
      std::reverse(&text[at], &text[at] + size);
    }
    const Tensor tensor = read_npy(folder.write("big.npy", text));
    CHECK(tensor.dtype() == read_npy(data_file(name)).dtype());
    CHECK(tensor.to_vector<double>() == expected);
  }
}

TEST_CASE("types that are not read are refused with what to do") {
  CHECK(input_error([] { (void)read_npy(data_file("array_c8.npy")); }).find("convert to one of") != std::string::npos);
}

TEST_CASE("a damaged file is refused whichever byte is missing or extra") {
  const TemporaryFolder folder;
  const std::string whole = bytes_of(data_file("array_f4.npy"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = folder.write("cut.npy", whole.substr(0, size));
    CHECK_THROWS_AS((void)read_npy(file), Error);
  }
  const auto longer = folder.write("long.npy", whole + "x");
  CHECK(input_error([&] { (void)read_npy(longer); }).find("takes 24 bytes, the file holds 25") != std::string::npos);
}

TEST_CASE("a shape that promises more than the file holds allocates nothing") {
  const TemporaryFolder folder;
  for (const std::string shape : {"(1000000000000,)", "(4000000000, 4000000000, 4000000000)", "(-1, 3)",
                                  "(1,1,1,1,1,1,1,1,1)", "(99999999999999999999,)", "(", "(3", "x"}) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
    std::string text("\x93NUMPY\1\0", 8);
    text += static_cast<char>(header.size());
    text += '\0';
    const auto file = folder.write("a.npy", text + header);
    CHECK_THROWS_AS((void)read_npy(file), Error);
  }
}
