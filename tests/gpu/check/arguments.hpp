// What a check was asked for: NAME, then --OPTION VALUE pairs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "banoff/precision.hpp"

namespace banoff::check {

class Arguments {
 public:
  /// Throws usage for what is no pair.
  Arguments(int argc, char** argv);

  [[nodiscard]] const std::string& check() const { return check_; }
  /// The program and its arguments, as they were given.
  [[nodiscard]] const std::vector<std::string>& all() const { return all_; }

  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;
  /// Throws usage where it is missing.
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] double number(const std::string& name, double otherwise) const;
  [[nodiscard]] std::vector<Precision> precisions(const std::string& otherwise) const;
  /// Throws usage for options that no check asked about.
  void all_known() const;

 private:
  std::vector<std::string> all_;
  std::string check_;
  std::map<std::string, std::string> values_;
  mutable std::set<std::string> asked_;
};

}  // namespace banoff::check
