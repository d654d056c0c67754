#include "banoff/task/npy.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/load/load.hpp"

namespace banoff {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t max_header_bytes = 1U << 20;

/// NumPy's words for the types; it has none for bfloat16.
constexpr DTypeTable<std::string_view> descriptions({{DType::f64, "<f8"},
                                                     {DType::f32, "<f4"},
                                                     {DType::f16, "<f2"},
                                                     {DType::bf16, ""},
                                                     {DType::i64, "<i8"},
                                                     {DType::i32, "<i4"},
                                                     {DType::i16, "<i2"},
                                                     {DType::i8, "|i1"},
                                                     {DType::u64, "<u8"},
                                                     {DType::u32, "<u4"},
                                                     {DType::u16, "<u2"},
                                                     {DType::u8, "|u1"},
                                                     {DType::boolean, "|b1"}});

/// Reads the Python dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, std::string file) : rest_(text), file_(std::move(file)) {}

  struct Header {
    DType type;
    Shape shape;
    bool column_major;  ///< the first dimension is the fastest
    bool big_endian;
  };

  Header read() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") type_ = type_called(quoted());
      else if (key == "fortran_order") order();
      else if (key == "shape") sizes();
      else fail_input("{}: unknown key '{}' in the .npy header", file_, key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!type_ || !shape_) fail_input("{}: the .npy header lacks 'descr' or 'shape'", file_);
    return {*type_, *shape_, column_major_, big_endian_};
  }

 private:
  void skip_spaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }
  bool accept(char c) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail_input("{}: damaged .npy header: expected '{}' before '{}'", file_, c, rest_.substr(0, 20));
  }
  std::string_view quoted() {
    expect('\'');
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) fail_input("{}: damaged .npy header: a quote is not closed", file_);
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return word;
  }
  DType type_called(std::string_view description) {
    std::string little(description);
    big_endian_ = little.starts_with('>');
    if (big_endian_) little.front() = '<';
    const std::optional<DType> type = descriptions.find(little);
    if (!type || description.empty()) {
      fail_input("{}: arrays of '{}' are not read; convert to one of NumPy's floats of 16 to 64 bits, integers or bool",
                 file_, description);
    }
    return *type;
  }
  void order() {
    skip_spaces();
    column_major_ = rest_.starts_with("True");
    if (!column_major_ && !rest_.starts_with("False")) fail_input("{}: damaged .npy header: fortran_order", file_);
    rest_.remove_prefix(column_major_ ? 4 : 5);
  }
  void sizes() {
    shape_.emplace();
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::int64_t size = -1;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) fail_input("{}: damaged .npy header: shape", file_);
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape_->push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view rest_;
  std::string file_;
  std::optional<DType> type_;
  std::optional<Shape> shape_;
  bool column_major_ = false, big_endian_ = false;
};

/// The elements in row-major order, read in column-major order.
Tensor row_major(const Tensor& columns) {
  const Shape& shape = columns.shape();
  const std::size_t size = size_of(columns.dtype());
  auto [rows, data] = Tensor::allocate(columns.dtype(), shape);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    std::int64_t from = 0, left = i, stride = shape.elements();
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      stride /= shape[axis];
      from += left % shape[axis] * stride;
      left /= shape[axis];
    }
    std::copy_n(columns.data() + static_cast<std::size_t>(from) * size, size,
                data + static_cast<std::size_t>(i) * size);
  }
  return rows;
}

std::string header_of(const Tensor& tensor) {
  const std::vector<std::int64_t> sizes = tensor.shape().vec();
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 descriptions[tensor.dtype()], fmt::join(sizes, ", "), sizes.size() == 1 ? "," : "");
  // The format asks for data at a multiple of 64, and a newline before it.
  text.append(63 - (magic.size() + 4 + text.size()) % 64, ' ');
  return text + '\n';
}

}  // namespace

Tensor read_npy(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) fail_input("{}: cannot be opened", file.string());
  const std::int64_t size = stream.tellg();
  stream.seekg(0);
  std::array<char, 12> start{};
  stream.read(start.data(), 10);
  const int version = start[6];
  if (!stream || std::string_view(start.data(), 6) != magic) fail_input("{}: not a .npy file", file.string());
  if (version != 1 && version != 2)
    fail_input("{}: .npy version {} is not read; save it as version 1", file.string(), version);
  if (version == 2) stream.read(start.data() + 10, 2);
  std::size_t length = 0;
  for (std::size_t i = version == 1 ? 10 : 12; i-- > 8;) length = length << 8 | static_cast<unsigned char>(start[i]);
  if (!stream || length > max_header_bytes)
    fail_input("{}: the .npy header of {} bytes is too long", file.string(), length);
  std::string header(length, '\0');
  stream.read(header.data(), static_cast<std::streamsize>(length));
  if (!stream) fail_input("{}: the file ends inside its .npy header", file.string());

  const auto [type, shape, column_major, big_endian] = HeaderReader(header, file.string()).read();
  const std::int64_t bytes = checked_mul(shape.elements(), static_cast<std::int64_t>(size_of(type)));
  const std::int64_t held = size - stream.tellg();
  // Checked before memory is asked for.
  if (bytes != held) {
    fail_input("{}: an array of {} {} takes {} bytes, the file holds {}", file.string(), shape.str(), name_of(type),
               bytes, held);
  }
  auto [tensor, data] = Tensor::allocate(type, shape);
  if (!stream.read(reinterpret_cast<char*>(data), bytes)) fail_input("{}: cannot be read", file.string());
  if (big_endian) {
    const auto each = static_cast<std::int64_t>(size_of(type));
    for (std::int64_t i = 0; i < bytes; i += each) std::reverse(data + i, data + i + each);
  }
  if (type == DType::boolean) {
    std::transform(data, data + bytes, data, [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
  }
  return column_major ? row_major(tensor) : tensor;
}

void write_npy(const std::filesystem::path& file, const Tensor& tensor) {
  const Tensor stored = tensor.dtype() == DType::bf16 ? tensor.as(DType::f32) : tensor;
  const std::string header = header_of(stored);
  std::string text(magic);
  text += {'\1', '\0', static_cast<char>(header.size() & 0xFFU), static_cast<char>(header.size() >> 8)};
  text += header;
  text.append(reinterpret_cast<const char*>(stored.data()), stored.bytes());
  write_file_atomically(file, text);
}

}  // namespace banoff
