// banoff quantize: what it writes and tells, and what it refuses.
#include <doctest/doctest.h>

#include "tests/cli/net.hpp"

namespace fs = std::filesystem;

namespace {

std::string digits() { return demo("data/digits"); }

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("quantize writes a network that answers as the floats do, and tells every grid") {
  const TemporaryFolder folder;
  const std::string out = folder / "int8.yaml";
  const nlohmann::json report =
      banoff_command({"quantize", demo("classifier.yaml"), "--data", digits(), "--pictures", "60", "-o", out, "--json"})
          .json();
  CHECK(report["pictures"] == 60);
  CHECK(report["layers_in_float"] == 4);
  CHECK(report["on_pictures"]["relative_error"].get<double>() < 0.05);
  CHECK(report["on_pictures"]["agreement"].get<double>() > 0.95);
  std::size_t grids = 0;
  for (const auto& layer : report["layers"]) grids += layer.contains("grid") ? 1 : 0;
  CHECK(grids > 20);
  const nlohmann::json score = banoff_command({"eval", out, "--data", digits(), "--method", "none", "--json"}).json();
  CHECK(score["results"][0]["accuracy"].get<double>() > 0.98);
}

TEST_CASE("--precision int8 needs no pictures") {
  const nlohmann::json score =
      banoff_command({"eval", demo("classifier.yaml"), "--data", digits(), "--precision", "int8", "--json"}).json();
  CHECK(score["results"][0]["accuracy"].get<double>() > 0.98);
}

TEST_CASE("quantize refuses folders without pictures, and pictures that are none, and writes nothing") {
  const TemporaryFolder folder, empty, broken;
  const std::string out = folder / "int8.yaml", net = demo("classifier.yaml");
  const auto refused = [&](const std::string& data, const std::string& why, int code = 3) {
    const Outcome outcome = banoff_command({"quantize", net, "--data", data, "-o", out});
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(holds(outcome.err, why));
    CHECK_FALSE(fs::exists(out));
  };
  refused(folder / "nowhere", "no such folder");
  refused(empty.path(), "holds no pictures");
  (void)broken.write("a.png", "no picture at all");
  refused(broken.path(), "a.png");
  const Outcome twice = banoff_command({"quantize", net, "--ranges", "mse", "-o", out});
  CHECK(twice.code == 2);
  CHECK(holds(twice.err, "need pictures"));
  const SmallNet small;
  const Outcome blind = small.run("quantize", {"--data", digits(), "-o", out});
  CHECK(blind.code == 2);
  CHECK(holds(blind.err, "does not say how a picture becomes its input"));
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("few pictures are taken for what they are worth, which is told") {
  const TemporaryFolder folder;
  const Outcome outcome = banoff_command(
      {"quantize", demo("classifier.yaml"), "--data", digits(), "--pictures", "5", "-o", folder / "int8.yaml"});
  CHECK(outcome.code == 0);
  CHECK(holds(outcome.err, "5 pictures are few"));
}
