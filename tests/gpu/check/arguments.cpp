#include "tests/gpu/check/arguments.hpp"

#include <charconv>
#include <sstream>

#include "runtime/core/fail.hpp"

namespace banoff::check {

Arguments::Arguments(int argc, char** argv) : all_(argv, argv + argc) {
  if (all_.size() < 2) fail_usage("which check? ops, probe or speed");
  check_ = all_[1];
  for (std::size_t i = 2; i < all_.size(); i += 2) {
    if (!all_[i].starts_with("--") || i + 1 == all_.size()) fail_usage("{}: expected --OPTION VALUE", all_[i]);
    values_[all_[i].substr(2)] = all_[i + 1];
  }
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  asked_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

std::string Arguments::text(const std::string& name) const {
  if (!values_.contains(name)) fail_usage("--{} is missing", name);
  return text(name, "");
}

double Arguments::number(const std::string& name, double otherwise) const {
  const std::string given = text(name, "");
  if (given.empty()) return otherwise;
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc() || end != given.data() + given.size()) fail_usage("--{} {}: no number", name, given);
  return value;
}

std::vector<Precision> Arguments::precisions(const std::string& otherwise) const {
  std::vector<Precision> result;
  std::istringstream names(text("precisions", otherwise));
  for (std::string name; std::getline(names, name, ',');) result.push_back(precision_named(name));
  return result;
}

void Arguments::all_known() const {
  for (const auto& [name, value] : values_)
    if (!asked_.contains(name)) fail_usage("unknown option --{}", name);
}

}  // namespace banoff::check
