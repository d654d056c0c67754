#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/load/safetensors.hpp"

namespace banoff {

namespace {

constexpr DTypeTable<std::string_view> type_names({{DType::f64, "F64"},
                                                   {DType::f32, "F32"},
                                                   {DType::f16, "F16"},
                                                   {DType::bf16, "BF16"},
                                                   {DType::i64, "I64"},
                                                   {DType::i32, "I32"},
                                                   {DType::i16, "I16"},
                                                   {DType::i8, "I8"},
                                                   {DType::u64, "U64"},
                                                   {DType::u32, "U32"},
                                                   {DType::u16, "U16"},
                                                   {DType::u8, "U8"},
                                                   {DType::boolean, "BOOL"}});

/// Accepts exactly the JSON a header may have: {name: {dtype: text, shape: [sizes], data_offsets: [begin, end]}, …}
/// and {__metadata__: {text: text}}. Everything else stops the parser with a message.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::map<std::string, StoredTensor> tensors;

  bool start_object(std::size_t) override {
    if (++depth_ > 2 || in_list_) fail_input("unexpected object{}", context());
    return true;
  }

  bool end_object() override {
    if (--depth_ == 1 && name_ != metadata) add_tensor();
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_list_ || name_ == metadata || (key_ != "shape" && key_ != "data_offsets")) {
      fail_input("unexpected list{}", context());
    }
    in_list_ = true;
    return true;
  }

  bool end_array() override {
    in_list_ = false;
    return true;
  }

  bool key(std::string& text) override {
    if (depth_ == 1) {
      name_ = text;
      type_.reset();
      shape_.clear();
      offsets_.clear();
      keys_.clear();
      if (!names_.emplace(text, 0).second) fail_input("tensor '{}' is listed twice", text);
      return true;
    }
    key_ = text;
    if (!keys_.emplace(text, 0).second) fail_input("duplicate key '{}'{}", text, context());
    if (name_ != metadata && text != "dtype" && text != "shape" && text != "data_offsets") {
      fail_input("unknown key '{}'{}", text, context());
    }
    return true;
  }

  bool string(std::string& text) override {
    if (depth_ != 2 || in_list_) fail_input("unexpected text{}", context());
    if (name_ == metadata) return true;
    if (key_ != "dtype") fail_input("{} must be a list{}", key_, context());
    type_ = type_names.find(std::string_view(text));
    if (!type_) {
      fail_input("element type '{}' is not supported (known: {}){}", text, fmt::join(type_names.values(), " "),
                 context());
    }
    return true;
  }

  bool number_unsigned(std::uint64_t number) override {
    if (!in_list_) fail_input("unexpected number{}", context());
    std::vector<std::uint64_t>& list = key_ == "shape" ? shape_ : offsets_;
    if (list.size() >= Shape::max_rank) fail_input("{} has more than {} entries{}", key_, Shape::max_rank, context());
    list.push_back(number);
    return true;
  }

  bool number_integer(std::int64_t number) override { fail_input("negative number {}{}", number, context()); }
  bool number_float(double, const std::string& text) override {
    fail_input("'{}' is no whole number{}", text, context());
  }
  bool null() override { fail_input("unexpected null{}", context()); }
  bool boolean(bool) override { fail_input("unexpected boolean{}", context()); }
  bool binary(nlohmann::json::binary_t&) override { fail_input("unexpected binary{}", context()); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    fail_input("not valid JSON at byte {}", at);
  }

 private:
  static constexpr std::string_view metadata = "__metadata__";

  [[nodiscard]] std::string context() const {
    return name_.empty() ? "" : fmt::format(" in tensor '{}'", name_.substr(0, 200));
  }

  void add_tensor() {
    if (!type_ || !keys_.contains("shape") || offsets_.size() != 2) {
      fail_input("tensor '{}' needs dtype, shape and two data_offsets", name_);
    }
    StoredTensor tensor{*type_, {}, offsets_[0], offsets_[1]};
    for (const std::uint64_t size : shape_) {
      if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail_input("size {}{}", size, context());
      tensor.shape.push_back(static_cast<std::int64_t>(size));
    }
    tensors.emplace(name_, tensor);
  }

  std::size_t depth_ = 0;
  bool in_list_ = false;
  std::string name_, key_;
  std::optional<DType> type_;
  std::vector<std::uint64_t> shape_, offsets_;
  std::map<std::string, int> names_, keys_;
};

/// Bytes of a tensor, or nothing if they do not fit in 63 bits.
std::optional<std::uint64_t> bytes_of(const StoredTensor& tensor) {
  std::int64_t bytes = static_cast<std::int64_t>(size_of(tensor.dtype));
  bool empty = false;
  for (const std::int64_t size : tensor.shape) empty = empty || size == 0;
  if (empty) return 0;
  for (const std::int64_t size : tensor.shape) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace

std::map<std::string, StoredTensor> parse_safetensors_header(std::string_view json, std::uint64_t data_size) {
  if (!json.starts_with('{')) fail_input("the header does not start with '{{'");
  HeaderReader reader;
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);

  std::vector<std::pair<std::string_view, const StoredTensor*>> by_offset;
  for (const auto& [name, tensor] : reader.tensors) {
    if (tensor.begin > tensor.end || tensor.end > data_size) {
      fail_input("tensor '{}': bytes {} to {} of {}", name, tensor.begin, tensor.end, data_size);
    }
    const auto expected = bytes_of(tensor);
    if (!expected || *expected != tensor.end - tensor.begin) {
      fail_input("tensor '{}': shape {} of {} takes {} bytes, its offsets span {}", name, tensor.shape.str(),
                 name_of(tensor.dtype), expected ? fmt::format("{}", *expected) : "too many",
                 tensor.end - tensor.begin);
    }
    by_offset.emplace_back(name, &tensor);
  }
  std::ranges::sort(by_offset, {}, [](const auto& t) { return std::pair(t.second->begin, t.second->end); });
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : by_offset) {
    if (tensor->begin != at) {
      fail_input("tensor '{}' starts at byte {}, expected {}: {}", name, tensor->begin, at,
                 tensor->begin < at ? "it overlaps the one before" : "the bytes between belong to no tensor");
    }
    at = tensor->end;
  }
  if (at != data_size) fail_input("{} bytes after the last tensor", data_size - at);
  return std::move(reader.tensors);
}

std::string_view safetensors_name(DType type) noexcept { return type_names[type]; }

}  // namespace banoff
