#include <doctest/doctest.h>

#include "tests/cli/net.hpp"

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::vector<std::string> fast{"--warmup", "0", "--duration", "0", "--iterations", "2", "--threads", "1"};

Outcome inspect(const SmallNet& net, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), fast.begin(), fast.end());
  return net.run("inspect", arguments);
}

Outcome bench(const SmallNet& net, std::vector<std::string> arguments) {
  const std::vector<std::string> begin{"bench", "--model", net.file, "--weights", "random:1", "--rounds", "2"};
  arguments.insert(arguments.begin(), begin.begin(), begin.end());
  arguments.insert(arguments.end(), fast.begin(), fast.end());
  return banoff_command(arguments);
}

/// What every profile as JSON must hold.
void check_profile(const nlohmann::json& profile) {
  for (const char* key : {"model", "method", "activations", "norms", "device", "threads", "batch", "vector_bits",
                          "peak_gflops", "bandwidth_gb_per_s", "runs", "by_kind", "by_implementation"}) {
    CAPTURE(key);
    CHECK(profile.contains(key));
  }
  double time = 0, share = 0;
  for (const auto& step : profile["steps"]) {
    for (const char* key : {"label", "nodes", "ops", "kind", "implementation", "layouts", "outputs", "median_us",
                            "flops", "bytes", "gflops", "peak_percent", "gb_per_s", "bandwidth_percent"}) {
      CAPTURE(key);
      CHECK(step.contains(key));
    }
    CHECK(step["outputs"][0]["shape"].size() >= 1);
    time += step["least_us"].get<double>();
    share += step["share_percent"].get<double>();
  }
  CHECK(time == doctest::Approx(profile["sum"]["least_us"].get<double>()));
  CHECK(time <= profile["profiled_run"]["least_us"].get<double>());
  CHECK(share == doctest::Approx(100));
  for (const char* groups : {"by_kind", "by_implementation"}) {
    std::size_t kernels = 0;
    double of_groups = 0;
    for (const auto& group : profile[groups]) {
      kernels += group["kernels"].get<std::size_t>();
      of_groups += group["share_percent"].get<double>();
    }
    CHECK(kernels == profile["steps"].size());
    CHECK(of_groups == doctest::Approx(100));
  }
  CHECK(profile["run"]["least_us"].get<double>() > 0);
}

}  // namespace

TEST_CASE("inspect profiles the very kernels of its plan") {
  const SmallNet net;
  for (const char* device : {"cpu", "reference", "reference-f64"}) {
    CAPTURE(device);
    const auto json = inspect(net, {"--profile", "--json", "--method", "optimal", "--device", device}).json();
    const auto& profile = json["profile"];
    check_profile(profile);
    CHECK(profile["method"] == "optimal");
    CHECK(profile["norms"] == "fused");  // one norm stays
    REQUIRE(profile["steps"].size() == json["plan"]["steps"].size());
    for (std::size_t i = 0; i < profile["steps"].size(); ++i)
      CHECK(profile["steps"][i]["label"] == json["plan"]["steps"][i]["nodes"]);
  }
}

TEST_CASE("bench profiles a network in every way asked for") {
  const SmallNet net;
  const auto json = bench(net, {"--profile", "--methods", "none,banoff", "--json"}).json();
  REQUIRE(json["profiles"].size() == 4);
  for (const auto& profile : json["profiles"]) check_profile(profile);
  CHECK(json["profiles"][0]["norms"] == "separate");
  CHECK(json["profiles"][3]["method"] == "banoff");
  CHECK(json["profiles"][0]["steps"].size() > json["profiles"][3]["steps"].size());
}

TEST_CASE("the report of a profile is one HTML file with a bar per kernel") {
  const SmallNet net;
  const std::string file = net.folder / "r.html";
  const auto json = bench(net, {"--profile", "--methods", "none,optimal", "--html", file, "--json"}).json();
  std::size_t kernels = 0, bars = 0;
  for (const auto& profile : json["profiles"]) kernels += profile["steps"].size();
  const std::string html = text_of(file);
  for (std::size_t at = 0; (at = html.find("class=\"step\"", at)) != std::string::npos; ++at) ++bars;
  CHECK(bars == kernels);
  CHECK(bench(net, {"--profile", "--html", net.folder / "no/such/folder/r.html"}).code == 3);
}

TEST_CASE("kernels are listed by time or as they run, with sums below") {
  const SmallNet net;
  const std::string text = inspect(net, {"--profile", "--profile-sort", "order"}).out;
  CHECK(has(text, "small on cpu, 1 thread, batch 1: none, norms fused"));
  CHECK(text.find("\nconv1") < text.find("\nconv2"));
  CHECK(text.find("\nconv2") < text.find("\nfc "));
  CHECK(has(text, "\nop "));
  CHECK(has(text, "\nimplementation "));
  CHECK(has(text, "a whole run"));
  CHECK(has(text, "parameters, "));
}

TEST_CASE("what cannot be profiled is told") {
  const SmallNet net;
  CHECK(net.run("inspect", {"--profile-sort", "time"}).code == 2);
  CHECK(net.run("inspect", {"--duration", "1"}).code == 2);
  CHECK(net.run("inspect", {"--profile", "--plan"}).code == 2);
  CHECK(net.run("inspect", {"--profile", "--flat"}).code == 2);
  CHECK(inspect(net, {"--profile", "--profile-sort", "beauty"}).code == 2);
  CHECK(inspect(net, {"--profile", "--device", "toaster"}).code == 2);
  CHECK(bench(net, {"--profile", "--quick"}).code == 2);
  CHECK(bench(net, {"--profile", "--markdown"}).code == 2);
  CHECK(banoff_command({"bench", "--table", "2", "--profile"}).code == 2);
  const Outcome html = bench(net, {"--html", net.folder / "r.html"});
  CHECK(html.code == 2);
  CHECK(has(html.err, "--profile"));
}
