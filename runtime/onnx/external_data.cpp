#include "runtime/onnx/external_data.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/core/checked.hpp"

namespace banoff::onnx_import {

namespace {

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) fail_input("external data: '{}' is no number", text);
  return number;
}

/// The path without links; nothing where there is no such file.
std::optional<std::filesystem::path> resolved(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path found = std::filesystem::canonical(path, error);
  return error ? std::nullopt : std::optional(std::move(found));
}

bool lies_in(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const std::filesystem::path inside = file.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != ".." && *inside.begin() != ".";
}

bool stays_below(const std::filesystem::path& location) {
  return !location.empty() && location.is_relative() &&
         std::ranges::none_of(location, [](const std::filesystem::path& part) { return part == ".."; });
}

}  // namespace

std::filesystem::path ExternalData::file_at(const std::string& location) const {
  const std::filesystem::path folder = model_.parent_path();
  const auto own = resolved(folder.empty() ? "." : folder), model = resolved(model_);
  if (stays_below(location) && own && model) {
    for (const std::filesystem::path& beside : {*own, model->parent_path()}) {
      const auto file = resolved(beside / location);
      if (file && (lies_in(*file, *own) || lies_in(*file, model->parent_path()))) return *file;
    }
  }
  fail_input("external data '{}' is not a file in the model's folder", location);
}

ExternalData::Bytes ExternalData::bytes_of(const onnx::TensorProto& proto) {
  std::string location;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    else if (entry.key() == "offset") offset = number_of(entry.value());
    else if (entry.key() == "length") length = number_of(entry.value());
  }
  std::shared_ptr<const MappedFile>& file = files_[file_at(location)];
  const bool first = file == nullptr;
  if (first) file = std::make_shared<const MappedFile>(file_at(location));
  const std::span<const std::byte> all = file->bytes();
  const std::uint64_t wanted = length.value_or(offset <= all.size() ? all.size() - offset : 0);
  if (!range_fits(offset, wanted, all.size())) {
    fail_input("external data '{}': bytes {} and {} more, of {}", location, offset, wanted, all.size());
  }
  return {file, all.subspan(offset, wanted), first};
}

}  // namespace banoff::onnx_import
