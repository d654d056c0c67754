// Where a test's files are.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "banoff/error.hpp"
#include "tests/source_dir.hpp"

inline std::filesystem::path data_file(const std::string& name) {
  return banoff::test::source_dir() / "tests/task/data" / name;
}

/// A new empty folder, gone with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "banoff-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The message of the bad_input that `action` throws; fails the test when it throws nothing or something else.
template <class Action>
std::string input_error(Action&& action) {
  try {
    action();
  } catch (const banoff::Error& error) {
    CHECK(error.kind() == banoff::ErrorKind::bad_input);
    return error.what();
  }
  FAIL("nothing was thrown");
  return {};
}
