#include "bench/stacks/catalogue.hpp"

#include <algorithm>
#include <array>

#include "bench/data_file.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

namespace fs = std::filesystem;

const std::array<std::pair<std::string, std::vector<std::string>>, 7> stacks{{{"keras", {"graph", "eager", "predict"}},
                                                                              {"pytorch", {"eager"}},
                                                                              {"pytorch-compile", {"compile"}},
                                                                              {"ort-off", {"run"}},
                                                                              {"ort-basic", {"run"}},
                                                                              {"ort-all", {"run"}},
                                                                              {"package", {"graph"}}}};

}  // namespace

std::string Stack::title() const { return modes_of(name).size() == 1 ? name : name + " " + mode; }

std::vector<std::string> stack_names() {
  std::vector<std::string> names;
  for (const auto& [name, modes] : stacks) names.push_back(name);
  return names;
}

std::vector<Stack> modes_of(const std::string& name) {
  const auto found = std::ranges::find(stacks, name, [](const auto& stack) { return stack.first; });
  if (found == stacks.end()) fail_usage("no stack '{}' (known: {})", name, fmt::join(stack_names(), ", "));
  std::vector<Stack> modes;
  for (const std::string& mode : found->second) modes.push_back({name, mode});
  return modes;
}

bool folds_itself(const std::string& name) { return name == "package"; }

StackPrograms find_stack_programs(const fs::path& folder) {
  std::error_code ignored;
  StackPrograms programs{folder / "venv/bin/python", {}};
  for (const fs::path& place : data_places("stacks/serve.py", "bench/stacks/serve.py")) {
    programs.serve = place;
    if (fs::exists(place, ignored)) break;
  }
  if (!fs::exists(programs.serve, ignored)) fail(ErrorKind::refused, "{} is missing", programs.serve.string());
  if (!fs::exists(programs.python, ignored)) {
    fail(ErrorKind::refused, "no Python environment with the frameworks in {}: make it with {} --work {}",
         folder.string(), (programs.serve.parent_path() / "install.py").string(), folder.string());
  }
  return programs;
}

}  // namespace banoff::bench
