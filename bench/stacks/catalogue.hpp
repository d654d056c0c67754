// Other frameworks that networks are timed in beside banoff.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace banoff::bench {

/// A framework and how it is told to run a network.
struct Stack {
  std::string name;  ///< what serve.py calls it
  std::string mode;  ///< one of the ways in which it runs a network

  /// "keras graph"; the stack's name alone where it has one mode.
  [[nodiscard]] std::string title() const;
  friend bool operator==(const Stack&, const Stack&) = default;
};

/// The names that --stacks takes.
[[nodiscard]] std::vector<std::string> stack_names();
/// Every mode of the named stack, in the order of columns. Throws usage listing the known ones.
[[nodiscard]] std::vector<Stack> modes_of(const std::string& name);

/// Whether the stack folds the unfolded network itself, by methods of the same names.
[[nodiscard]] bool folds_itself(const std::string& name);

/// The Python that has the frameworks, and the program it runs.
struct StackPrograms {
  std::filesystem::path python, serve;
};

/// The environment `folder`, as install.py makes it, and serve.py where it is installed or in the source tree. Throws
/// refused with the next step where either is missing.
[[nodiscard]] StackPrograms find_stack_programs(const std::filesystem::path& folder);

}  // namespace banoff::bench
