// banoff prune: what it tells, writes and refuses.
#include <doctest/doctest.h>

#include "tests/cli/net.hpp"

namespace fs = std::filesystem;

namespace {
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("prune shrinks layers, says by how much, and writes a network that runs") {
  const SmallNet net;
  const std::string file = net.folder / "pruned.yaml";
  const auto json = net.run("prune", {"--rate", "0.5", "-o", file, "--json"}).json();
  CHECK(json["method"] == "merge");
  CHECK(json["fold"] == "none");
  CHECK(json["rate"] == 0.5);
  CHECK(json["removed"] == 5);
  CHECK(json["layers_pruned"] == 2);
  REQUIRE(json["layers"].size() == 3);
  CHECK(json["layers"][0]["name"] == "conv1");
  CHECK(json["layers"][0]["before"] == 6);
  CHECK(json["layers"][0]["after"] == 3);
  CHECK(json["layers"][0]["error"].get<double>() > 0);
  CHECK(json["layers"][2]["after"] == 5);
  CHECK(json["layers"][2]["reason"] == "they are an output of the network");
  CHECK(json["parameters"]["after"].get<int>() < json["parameters"]["before"].get<int>());
  CHECK(json["flops"]["after"].get<int>() < json["flops"]["before"].get<int>());
  CHECK(json["outputs"][0]["max_relative_error"].get<double>() > 0);
  const auto layers = banoff_command({"inspect", file, "--json"}).json();
  CHECK(layers["parameters"] == json["parameters"]["after"]);
  CHECK(fs::exists(net.folder / "pruned.safetensors"));
}

TEST_CASE("prune folds first where it is asked to") {
  const SmallNet net;
  for (const char* fold : {"naive", "banoff", "optimal"}) {
    const std::string file = net.folder / (std::string(fold) + ".yaml");
    const Outcome pruned = net.run("prune", {"--fold", fold, "--method", "kmeans", "--rate", "0.25", "-o", file});
    CHECK(pruned.code == 0);
    CHECK(has(pruned.out, "neurons of 2 layers gone (kmeans)"));
    CHECK(banoff_command({"fold", file, "--json"}).json()["bn"]["total"] == 1);
  }
}

TEST_CASE("magnitude leaves the layers their size") {
  const SmallNet net;
  const auto json = net.run("prune", {"--method", "magnitude", "--rate", "0.5", "--json"}).json();
  CHECK(json["parameters"]["after"] == json["parameters"]["before"]);
  CHECK(json["nonzero"]["before"].get<int>() - json["nonzero"]["after"].get<int>() == json["removed"].get<int>());
  CHECK(json["removed"] == (6 * 27 + 4 * 6 + 5 * 4) / 2);
}

#ifdef BANOFF_ONNX
TEST_CASE("a pruned network is written as ONNX too") {
  const SmallNet net;
  const std::string file = net.folder / "pruned.onnx";
  const auto json = net.run("prune", {"--rate", "0.5", "--fold", "optimal", "-o", file, "--json"}).json();
  CHECK(banoff_command({"inspect", file, "--json"}).json()["parameters"] == json["parameters"]["after"]);
}
#endif

TEST_CASE("what prune is asked wrongly is an error, and nothing is written") {
  const SmallNet net;
  const std::string file = net.folder / "out.yaml";
  const auto fails = [&](std::vector<std::string> arguments, int code, const std::string& message) {
    arguments.insert(arguments.end(), {"-o", file});
    const Outcome outcome = net.run("prune", arguments);
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(has(outcome.err, message));
    CHECK_FALSE(fs::exists(file));
    CHECK_FALSE(fs::exists(net.folder / "out.safetensors"));
  };
  fails({"--rate", "0"}, 2, "expected a share above 0 and below 1");
  fails({"--rate", "1"}, 2, "expected a share above 0 and below 1");
  fails({"--rate", "-3"}, 2, "expected a share above 0 and below 1");
  fails({"--rate", "much"}, 2, "--rate");
  fails({"--method", "lottery"}, 2, "unknown way of pruning 'lottery' (known: merge, kmeans, magnitude)");
  fails({"--fold", "twice"}, 2, "twice");
  fails({"--rate", "0.5", "--distance", "1"}, 2, "excludes");
  fails({"--distance", "-1"}, 2, "expected 0 or more");
  fails({"--method", "kmeans", "--distance", "1"}, 2, "a distance is for the method merge");
  fails({"--distance", "1e-9"}, 3, "no two neurons are within 1e-09 of each other, the nearest are");
  fails({"--rate", "0.01"}, 3, "no layer loses a whole neuron");
  const std::string single = net.folder.write(
      "single.yaml",
      "name: single\ninputs: {x: [1, 3, 8, 8]}\nnodes:\n  - conv: {op: conv, out: 6, kernel: 3}\noutputs: {y: conv}\n");
  const Outcome outcome = banoff_command({"prune", single, "--weights", "random:1", "-o", file});
  CHECK(outcome.code == 3);
  CHECK(
      has(outcome.err, "nothing to prune: no layer can lose neurons (conv 'conv': they are an output of the network)"));
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("prune never overwrites what it reads") {
  const SmallNet net;
  const std::string copy = net.folder / "copy.yaml";
  REQUIRE(net.run("fold", {"-o", copy}).code == 0);
  const std::string weights = text_of(net.folder / "copy.safetensors");
  CHECK(banoff_command({"prune", copy, "-o", copy}).code == 2);
  CHECK(text_of(net.folder / "copy.safetensors") == weights);
}
