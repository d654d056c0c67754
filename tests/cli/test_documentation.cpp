#include <doctest/doctest.h>

#include <sstream>

#include "tests/cli/command.hpp"

TEST_CASE("docs/cli.md tells what --help prints; scripts/update_cli_docs.sh writes it") {
  const std::string page = text_of(banoff::test::source_dir() / "docs/cli.md");
  std::string expected = page.substr(0, page.find("\n## "));
  std::istringstream help(banoff_command({"--help"}).out);
  std::string line;
  while (std::getline(help, line) && line != "Subcommands:") continue;
  while (std::getline(help, line) && line.starts_with("  ")) {
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    expected += "\n## banoff " + command + "\n```\n" + banoff_command({command, "--help"}).out + "```\n";
  }
  CHECK(page == expected);
}
