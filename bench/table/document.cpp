#include "bench/table/document.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

Document::Document(const std::string& file) : file_(file) {
  constexpr std::streamsize limit = 1 << 20;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail_input("{}: cannot be opened", file);
  std::string text(limit + 1, '\0');
  stream.read(text.data(), limit + 1);
  if (stream.bad()) fail_input("{}: cannot be read", file);
  if (stream.gcount() > limit) fail_input("{}: larger than 1 MiB", file);
  text.resize(static_cast<std::size_t>(stream.gcount()));
  try {
    node_ = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    fail_input("{}:{}: {}", file, error.mark.line + 1, error.msg);
  }
}

void Document::fail(const std::string& message) const {
  fail_input("{}:{}: {}", file_, std::max(node_.Mark().line, 0) + 1, message);
}

std::vector<Document::Entry> Document::entries(const std::vector<std::string_view>& known) const {
  if (!node_.IsMap()) fail("expected 'key: value' entries");
  std::vector<Entry> result;
  for (const auto& pair : node_) {
    const Document key(file_, pair.first);
    const std::string name = key.text();
    if (!known.empty() && std::ranges::find(known, name) == known.end())
      key.fail(fmt::format("unknown key '{}' (known: {})", name, fmt::join(known, ", ")));
    if (std::ranges::find(result, name, &Entry::key) != result.end()) key.fail(fmt::format("'{}' is here twice", name));
    result.push_back({name, Document(file_, pair.second)});
  }
  return result;
}

std::vector<Document> Document::items() const {
  if (!node_.IsSequence()) return {*this};
  std::vector<Document> result;
  for (const auto& item : node_) result.push_back(Document(file_, item));
  return result;
}

template <class T>
T Document::as(std::string_view what) const {
  try {
    if (node_.IsScalar()) return node_.as<T>();
  } catch (const YAML::Exception&) {
    fail(fmt::format("'{}' is not {}", node_.Scalar(), what));
  }
  fail(fmt::format("expected {}", what));
}

std::string Document::text() const { return as<std::string>("a text"); }

bool Document::boolean() const { return as<bool>("true or false"); }

double Document::number() const {
  const double value = as<double>("a number");
  if (!std::isfinite(value)) fail(fmt::format("'{}' is not a finite number", node_.Scalar()));
  return value;
}

std::int64_t Document::integer(std::int64_t least, std::int64_t most) const {
  const auto value = as<std::int64_t>("a whole number");
  if (value < least || value > most) fail(fmt::format("{} is not in {}..{}", value, least, most));
  return value;
}

}  // namespace banoff::bench
