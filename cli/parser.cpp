#include "cli/parser.hpp"

#include <filesystem>
#include <optional>

#include <CLI/CLI.hpp>

#include "banoff/error.hpp"

namespace banoff::cli {

Option Option::required() { return Option(option_->required()); }
Option Option::shows_default() { return Option(option_->capture_default_str()); }
Option Option::one_or_more() { return Option(option_->expected(1, -1)); }
Option Option::repeatable() { return Option(option_->expected(1)->take_all()); }
Option Option::by_commas() { return Option(option_->delimiter(',')); }

Option Option::positive() { return Option(option_->check(CLI::PositiveNumber)); }
Option Option::not_negative() { return Option(option_->check(CLI::NonNegativeNumber)); }
template <class Number>
Option Option::within(Number low, Number high) {
  return Option(option_->check(CLI::Range(low, high)));
}
template Option Option::within(int, int);
template Option Option::within(double, double);
Option Option::one_of(std::vector<std::string> words) {
  return Option(option_->check(CLI::IsMember(std::move(words))));
}
Option Option::check(std::function<std::string(const std::string&)> fault) {
  return Option(option_->check(std::move(fault)));
}

Option Option::needs(Option other) { return Option(option_->needs(other.option_)); }
Option Option::excludes(Option other) { return Option(option_->excludes(other.option_)); }
Option Option::excludes(const std::string& name) { return Option(option_->excludes(name)); }

template <class T>
Option Command::option(const std::string& names, T& value, const std::string& help) {
  return Option(app_->add_option(names, value, help));
}
template Option Command::option(const std::string&, int&, const std::string&);
template Option Command::option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);
template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::filesystem::path&, const std::string&);
template Option Command::option(const std::string&, std::optional<std::int64_t>&, const std::string&);
template Option Command::option(const std::string&, std::optional<double>&, const std::string&);
template Option Command::option(const std::string&, std::vector<int>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::int64_t>&, const std::string&);
template Option Command::option(const std::string&, std::vector<double>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::filesystem::path>&, const std::string&);

template <class T>
Option Command::option_function(const std::string& names, std::function<void(const T&)> take, const std::string& help) {
  return Option(app_->add_option_function<T>(names, take, help));
}
template Option Command::option_function(const std::string&, std::function<void(const int&)>, const std::string&);
template Option Command::option_function(const std::string&, std::function<void(const std::string&)>,
                                         const std::string&);
template Option Command::option_function(const std::string&, std::function<void(const std::vector<std::string>&)>,
                                         const std::string&);

Option Command::flag(const std::string& names, bool& value, const std::string& help) {
  return Option(app_->add_flag(names, value, help));
}
Option Command::flag_function(const std::string& names, std::function<void(std::int64_t)> take,
                              const std::string& help) {
  return Option(app_->add_flag_function(names, std::move(take), help));
}

bool Command::given(const std::string& option) const { return app_->count(option) > 0; }

void Command::runs(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

Parser::Parser(const std::string& about, const std::string& name, const std::string& version, const std::string& footer)
    : app_(std::make_unique<CLI::App>(about, name)) {
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
  app_->footer(footer);
}
Parser::~Parser() = default;

Command Parser::command(const std::string& name, const std::string& about, const std::string& footer) {
  CLI::App* command = app_->add_subcommand(name, about);
  command->footer(footer);
  return {command, &chosen_};
}

Action Parser::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::Success& done) {
    app_->exit(done);  // prints
    return {};
  } catch (const CLI::ParseError& error) {
    std::string command = app_->get_name();
    for (const CLI::App* chosen : app_->get_subcommands()) command += " " + chosen->get_name();
    throw Error(ErrorKind::usage, std::string(error.what()) + "; see " + command + " --help");
  }
  return chosen_;
}

}  // namespace banoff::cli
