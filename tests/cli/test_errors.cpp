#include <doctest/doctest.h>

#include "tests/cli/net.hpp"

namespace fs = std::filesystem;

TEST_CASE("bad usage is exit code 2, told on stderr") {
  const SmallNet net;
  const std::vector<std::vector<std::string>> lines{
      {},
      {"fly"},
      {"fold"},
      {"fold", net.file, "--nonsense"},
      {"fold", net.file, "--method", "magic"},
      {"run", net.file, "--weights", "random:1"},
      {"fold", net.file, "--weights", "random:x"},
      {"inspect", net.file, "--shape", "N"},
      {"inspect", net.file, "--shape", "x:1x"},
      {"inspect", net.file, "--threads", "-1"},
      {"fold", net.file, "--weights", "random:1", "-o", "out.txt"},
      {"inspect", net.file, "--weights", "random:1", "--device", "toaster"}};
  for (const auto& line : lines) {
    const Outcome outcome = banoff_command(line);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.starts_with("banoff: "));
  }
  CHECK(banoff_command({"inspect", net.file, "--weights", "random:1", "--device", "toaster"}).err.find("cpu") !=
        std::string::npos);
}

TEST_CASE("a file that is wrong or missing is exit code 3, named with its line") {
  const SmallNet net;
  CHECK(banoff_command({"fold", "no-such.yaml"}).code == 3);
  CHECK(banoff_command({"fold", net.file}).code == 3);  // its weights are missing
  const std::string file =
      net.folder.write("bad.yaml", "inputs: {x: [1, 3, 8, 8]}\nnodes:\n  - c: {op: conv, out: 4}\n");
  const Outcome outcome = banoff_command({"inspect", file, "--weights", "random:1"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("bad.yaml:3") != std::string::npos);
  CHECK(net.run("run", {"--input", net.file}).code == 3);
  CHECK(banoff_command({"run", demo("classifier.yaml"), "--image", net.file}).code == 3);
  CHECK(banoff_command({"eval", demo("classifier.yaml"), "--data", net.folder.path()}).code == 3);
}

TEST_CASE("what is no network is told for what it is") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& name, const std::string& bytes) {
    const Outcome outcome = banoff_command({"inspect", folder.write(name, bytes)});
    CHECK(outcome.code == 3);
    CHECK(outcome.err.find(name + ": ") != std::string::npos);
    return outcome.err;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(message("net.onnx", "inputs: {}\n"), "not an ONNX model but a text; a network in YAML is called .yaml"));
  CHECK(has(message("net.onnx", "version https://git-lfs.github.com/spec/v1\n"), "Git LFS"));
  CHECK(has(message("net.pt", "PK\x03\x04 and more"), "zip archive"));
  CHECK(has(message("net.yaml", "\x89PNG\r\n\x1A\n"), "a picture: give it by --image"));
  CHECK(has(message("net.npy", "\x93NUMPY\1"), "give it by --input"));
  CHECK(has(message("net.ONNX", "\1\2\3"), "not an ONNX model"));
  CHECK(has(message("net.yaml", "\1\2\3"), "not an ONNX model"));
  CHECK(has(message("net.h5", "\x89HDF\r\n"), "Keras"));
  CHECK(has(text_of(demo("classifier.safetensors")), "{\""));
  CHECK(has(banoff_command({"inspect", demo("classifier.safetensors")}).err, "which holds weights alone"));
  const std::string task = folder.write("bad.task.yaml", "\1\2");
  CHECK(has(banoff_command({"inspect", demo("classifier.yaml"), "--task", task}).err,
            "bad.task.yaml: not a text; a task file is YAML with `preprocess` and `task`"));
}

TEST_CASE("a device that is not built in refuses: exit code 4") {
  const SmallNet net;
  CHECK(net.run("inspect", {"--device", "gpu"}).code == 4);
}

TEST_CASE("folding never overwrites what it reads, and leaves nothing behind when it cannot write") {
  const SmallNet net;
  const std::string copy = net.folder / "copy.yaml";
  REQUIRE(net.run("fold", {"-o", copy}).code == 0);
  const std::string yaml = text_of(copy), weights = text_of(net.folder / "copy.safetensors");
  CHECK(banoff_command({"fold", copy, "-o", copy}).code == 2);
  CHECK(banoff_command({"fold", copy, "-o", net.folder / "copy.yml"}).code == 2);  // would replace copy.safetensors
  CHECK(text_of(copy) == yaml);
  CHECK(text_of(net.folder / "copy.safetensors") == weights);
  CHECK(net.run("fold", {"-o", net.folder / "no/such/folder/out.yaml"}).code == 3);
  CHECK_FALSE(fs::exists(net.folder / "no"));
}

TEST_CASE("results that cannot be written are an error") {
  // A full disk, as the system plays it.
  if (!fs::exists("/dev/full")) return;
  const SmallNet net;
  const std::string command = std::string(BANOFF_COMMAND) + " devices > /dev/full 2>/dev/null";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 3);
}
