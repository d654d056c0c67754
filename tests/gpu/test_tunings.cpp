// The file of measured choices: found again, and never trusted when anything about it is off.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "kernels/gpu/tuning_file.hpp"
#include "tests/files.hpp"

using namespace banoff;

namespace {

const gpu::Tunings two{{"conv2 f16 n1 c64", {"cudnn:1", 12.5}}, {"conv2 f32 n1 c64", {"cudnn:7", 40.0}}};

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("tunings come back from their file, for their machine alone") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "deeper" / "a.tunings";
  gpu::write_tunings(file, "gpu a", two);
  const auto found = gpu::read_tunings(file, "gpu a");
  REQUIRE(found.size() == 2);
  CHECK(found.at("conv2 f16 n1 c64").choice == "cudnn:1");
  CHECK(found.at("conv2 f32 n1 c64").us == doctest::Approx(40.0));
  CHECK(gpu::read_tunings(file, "gpu b").empty());
  CHECK(gpu::read_tunings(folder.path() / "none", "gpu a").empty());
}

TEST_CASE("writing adds to what the file holds by now") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tunings";
  gpu::write_tunings(file, "gpu", two);
  gpu::write_tunings(file, "gpu", {{"conv3", {"cudnn:0", 1.0}}});
  CHECK(gpu::read_tunings(file, "gpu").size() == 3);
  gpu::write_tunings(file, "other gpu", {{"conv3", {"cudnn:0", 1.0}}});
  CHECK(gpu::read_tunings(file, "other gpu").size() == 1);
}

TEST_CASE("a damaged file, or one of another version, is no file") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tunings";
  gpu::write_tunings(file, "gpu", two);
  const std::string whole = contents(file);
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    return gpu::read_tunings(file, "gpu").size();
  };
  CHECK(read(whole) == 2);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CAPTURE(i);
    CHECK(read(damaged) == 0);
    CHECK(read(whole.substr(0, i)) == 0);
  }
  CHECK(read(whole + whole) == 0);
}
