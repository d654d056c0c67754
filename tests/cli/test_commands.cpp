#include <doctest/doctest.h>

#include "tests/cli/net.hpp"
#include "tests/source_dir.hpp"

namespace fs = std::filesystem;

TEST_CASE("every command has a help with an example, on stdout") {
  for (const char* command :
       {"run", "fold", "prune", "explain", "verify", "eval", "bench", "import", "export", "inspect", "devices"}) {
    const Outcome outcome = banoff_command({command, "--help"});
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out.find("Example") != std::string::npos);
  }
  CHECK(banoff_command({"--version"}).out.starts_with("banoff "));
}

TEST_CASE("fold tells what became of every batch norm") {
  const SmallNet net;
  const auto json = net.run("fold", {"--json"}).json();
  CHECK(json["model"] == net.file);
  CHECK(json["method"] == "optimal");
  CHECK(json["bn"]["total"] == 3);
  CHECK(json["bn"]["folded"] == 2);
  CHECK(json["bn"]["folded_with_clamp"] == 0);
  CHECK(json["bn"]["left"] == 1);
  CHECK(json["parameters"]["before"].get<int>() - json["parameters"]["after"].get<int>() == 4 * (6 + 4) - (6 + 4));
  CHECK(json["parameters"]["trainable_before"].get<int>() > json["parameters"]["trainable_after"].get<int>());
  CHECK(json["parameters"]["removed_percent_paper"].get<double>() > 0);
  CHECK(json["max_relative_error"].get<double>() > 0);
  CHECK(json["max_relative_error"].get<double>() < 1e-5);
  REQUIRE(json["nodes"].size() == 3);
  CHECK(json["nodes"][0]["name"] == "bn1");
  CHECK(json["nodes"][0]["outcome"] == "folded");
  CHECK(json["nodes"][0]["into"] == nlohmann::json{"conv1"});
  CHECK(json["nodes"][2]["outcome"] == "fused");
  CHECK(std::ranges::count(json["nodes"][2]["fused_with"], nlohmann::json("tanh")) == 1);
  CHECK(json["bn"]["fused"] == 1);
  const auto apart = net.run("fold", {"--json", "--device", "reference"}).json();
  CHECK(apart["nodes"][2]["outcome"] == "left");
  CHECK(apart["bn"]["fused"] == 0);
  CHECK_FALSE(json["nodes"][2]["reason"].get<std::string>().empty());
  CHECK(net.run("fold", {"--json", "--method", "none"}).json()["bn"]["folded"] == 0);
  CHECK(net.run("fold", {"--json", "--no-check"}).json()["max_relative_error"].is_null());
}

TEST_CASE("a folded network is written with its weights, and verifies against the original") {
  const SmallNet net;
  // Both networks need their weights in a file, so that they are the same ones.
  REQUIRE(net.run("fold", {"--method", "none", "-o", net.folder / "original.yaml"}).code == 0);
  const Outcome fold = banoff_command({"fold", net.folder / "original.yaml", "-o", net.folder / "folded.yaml"});
  CHECK(fold.code == 0);
  CHECK(fold.out.find("2 of 3 batch norms folded") != std::string::npos);
  CHECK(fs::exists(net.folder / "folded.safetensors"));

  const auto verify = banoff_command({"verify", net.folder / "original.yaml", net.folder / "folded.yaml", "--json"});
  CHECK(verify.code == 0);
  CHECK(verify.json()["passed"] == true);
  CHECK(verify.json()["outputs"][0]["name"] == "y");
  CHECK(verify.json()["outputs"][0]["max_relative_error"].get<double>() < 1e-5);
  CHECK(verify.json()["device_outputs"][0]["max_abs_error"].get<double>() > 0);
}

#ifdef BANOFF_ONNX
TEST_CASE("a network goes out to ONNX and comes back the same") {
  const SmallNet net;
  const std::string onnx = net.folder / "out.onnx", back = net.folder / "back.yaml";
  CHECK(net.run("export", {"-o", onnx}).code == 0);
  CHECK(banoff_command({"import", onnx, "-o", back}).code == 0);
  CHECK(banoff_command({"verify", onnx, back}).code == 0);
  CHECK(banoff_command({"fold", onnx, "-o", net.folder / "folded.onnx"}).code == 0);
  CHECK(banoff_command({"verify", onnx, net.folder / "folded.onnx"}).code == 0);
  CHECK(banoff_command({"inspect", onnx, "--weights", "random:1"}).code == 2);
  CHECK(net.run("export", {"-o", net.folder / "out.txt"}).code == 2);
  CHECK(banoff_command({"fold", onnx, "-o", onnx}).code == 2);
}

TEST_CASE("what only pays here stays out of networks folded to ONNX, unless asked for") {
  const TemporaryFolder folder;
  const auto folded = [&](const std::vector<std::string>& options) {
    std::vector<std::string> words{
        "fold",        (banoff::test::source_dir() / "configs/models/espnet_cityscapes.yaml").string(),
        "--no-check",  "--json",
        "--weights",   "random:1",
        "--shape",     "image:1x3x64x64",
        "--objective", "count"};
    words.insert(words.end(), options.begin(), options.end());
    return banoff_command(words).json()["bn"];
  };
  const auto here = folded({}), there = folded({"-o", folder / "auto.onnx"});
  CHECK(here["folded_with_clamp"].get<int>() > 0);
  CHECK(there["folded_with_clamp"] == 0);
  CHECK(there["folded"].get<int>() < here["folded"].get<int>());
  CHECK(folded({"-o", folder / "clamp.onnx", "--activations", "clamp"})["folded"].get<int>() >=
        here["folded"].get<int>());
}
#endif

TEST_CASE("verify fails where networks differ, and names the first node that does") {
  const SmallNet net;
  REQUIRE(net.run("fold", {"--method", "none", "-o", net.folder / "a.yaml"}).code == 0);
  std::string text = text_of(net.folder / "a.yaml");
  text.replace(text.find("op: tanh"), 8, "op: relu");
  const std::string other = net.folder.write("b.yaml", text);
  fs::copy(net.folder / "a.safetensors", net.folder / "b.safetensors");
  const Outcome outcome = banoff_command({"verify", net.folder / "a.yaml", other, "--json"});
  CHECK(outcome.code == 1);
  CHECK(outcome.json()["passed"] == false);
  CHECK(outcome.json()["first_difference"].get<std::string>().find("tanh") != std::string::npos);
  CHECK(net.run("verify", {"--tolerance", "0"}).code == 1);
  CHECK(net.run("verify", {"--device", "reference"}).code == 0);
}

TEST_CASE("explain has a line per batch norm, and draws the graph") {
  const SmallNet net;
  const Outcome outcome = net.run("explain", {"--dot", net.folder / "g.dot"});
  CHECK(outcome.code == 0);
  CHECK(std::ranges::count(outcome.out, '\n') == 4);
  CHECK(outcome.out.find("sizes: ") != std::string::npos);
  CHECK(outcome.out.find("bn1: folded into conv1") != std::string::npos);
  CHECK(outcome.out.find("bn3: left, fused with ") != std::string::npos);
  const std::string dot = text_of(net.folder / "g.dot");
  CHECK(dot.starts_with("digraph \"small\" {"));
  CHECK(dot.find("\"bn1\" -> \"relu1\"") != std::string::npos);
  CHECK(dot.find("\"input x\" -> \"conv1\"") != std::string::npos);
}

TEST_CASE("inspect counts parameters and FLOPs, and its flat form loads again") {
  const SmallNet net;
  const auto json = net.run("inspect", {"--json", "--shape", "N=2"}).json();
  CHECK(json["inputs"][0]["shape"] == nlohmann::json{2, 3, 8, 8});
  CHECK(json["parameters"] == 6 * 3 * 9 + 4 * 6 + 4 * 6 + 4 * 4 + 4 * 4 + 4 * 5 + 5);
  CHECK(json["layers"][0]["op"] == "conv");
  CHECK(json["layers"][0]["flops"] == 2 * (2 * 6 * 6 * 6) * (3 * 9));
  CHECK(json["plan"]["arena_bytes"].get<int>() > 0);
  CHECK(json["plan"]["steps"].size() >= 3);
  const std::string flat = net.run("inspect", {"--flat"}).out;
  const std::string file = net.folder.write("flat.yaml", flat);
  CHECK(banoff_command({"inspect", file, "--weights", "random:1"}).code == 0);
}

TEST_CASE("devices names the CPU and what this build can run on") {
  const auto json = banoff_command({"devices", "--json"}).json();
  CHECK(json["machine"]["usable"].get<int>() >= 1);
  CHECK(json["machine"]["onednn"].get<std::string>().starts_with("oneDNN "));
  CHECK(std::ranges::count(json["devices"], "cpu") == 1);
}
