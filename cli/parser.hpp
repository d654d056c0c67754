// The commands and options that the command line may hold. CLI11, which reads it, takes seconds to compile, so that
// only parser.cpp knows it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace banoff::cli {

/// Does a command's work after parsing; returns the exit code 0 or 1.
using Action = std::function<int()>;

/// An option that was declared, to say more of it.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required();
  Option shows_default();  ///< --help tells what the variable holds now
  Option one_or_more();    ///< values behind the name
  Option repeatable();     ///< one value behind the name, which may be given several times
  Option by_commas();      ///< several values with commas between them

  Option positive();
  Option not_negative();
  template <class Number>
  Option within(Number low, Number high);
  Option one_of(std::vector<std::string> words);
  /// `fault` returns what is wrong with a value, nothing where it is right.
  Option check(std::function<std::string(const std::string&)> fault);

  Option needs(Option other);
  Option excludes(Option other);
  Option excludes(const std::string& name);

 private:
  CLI::Option* option_;
};

/// What is bound to an option has to live as long as the parser; what `runs` is given does.
class Command {
 public:
  Command(CLI::App* app, Action* chosen) : app_(app), chosen_(chosen) {}

  /// The templates are there for the types that parser.cpp names.
  template <class T>
  Option option(const std::string& names, T& value, const std::string& help);
  template <class T>
  Option option_function(const std::string& names, std::function<void(const T&)> take, const std::string& help);
  Option flag(const std::string& names, bool& value, const std::string& help);
  /// `take` gets how often the flag was given; -1 for one with "!".
  Option flag_function(const std::string& names, std::function<void(std::int64_t)> take, const std::string& help);

  [[nodiscard]] bool given(const std::string& option) const;
  void runs(Action action);

 private:
  CLI::App* app_;
  Action* chosen_;
};

class Parser {
 public:
  Parser(const std::string& about, const std::string& name, const std::string& version, const std::string& footer);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Command command(const std::string& name, const std::string& about, const std::string& footer);
  /// The action of the command that was chosen; none where --help or --version was asked for and printed. Throws usage.
  [[nodiscard]] Action parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  Action chosen_;
};

}  // namespace banoff::cli
