// Measured choices: kept, found again, and never trusted when anything about the file is off.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "kernels/gpu/tuner.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"

using namespace banoff;

namespace {

const gpu::Tunings two{{"conv2 f16 n1 c64", {"cudnn:1", 12.5}}, {"conv2 f32 n1 c64", {"cudnn:7", 40.0}}};

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// A tuner over ways that take so many microseconds each.
std::size_t choose(gpu::Tuner& tuner, const std::string& key, int& measured) {
  return tuner.choose(key, {"host0", "host1", "host2"}, [&](std::size_t, gpu::Queue&) { ++measured; });
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

TEST_CASE("a choice is measured once and then known, also to the next process") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tunings";
  const auto backend = std::make_shared<test::HostBackend>();
  int measured = 0;
  std::size_t first = 0;
  {
    gpu::Tuner tuner(backend, file, true);
    first = choose(tuner, "key", measured);
    CHECK(measured == 3);
    CHECK(choose(tuner, "key", measured) == first);
    CHECK(measured == 3);
  }
  gpu::Tuner again(backend, file, true);
  CHECK(choose(again, "key", measured) == first);
  CHECK(measured == 3);
  choose(again, "another", measured);
  CHECK(measured == 6);
}

TEST_CASE("a known way that is not offered any more is measured anew; without measuring the first is taken") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.tunings";
  const auto backend = std::make_shared<test::HostBackend>();
  gpu::write_tunings(file, backend->name(), {{"gone", {"host9", 1.0}}, {"there", {"host2", 1.0}}});
  int measured = 0;
  gpu::Tuner tuner(backend, file, true);
  choose(tuner, "gone", measured);
  CHECK(measured == 3);
  gpu::Tuner idle(backend, file, false);
  CHECK(choose(idle, "there", measured) == 2);
  CHECK(choose(idle, "unknown", measured) == 0);
  CHECK(measured == 3);
}
