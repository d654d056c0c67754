// Mutations of valid files: whatever comes out, only an Error may be thrown. Run it under sanitizers for its full
// worth.
#include "support.hpp"

#include "runtime/load/random.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::string model = R"(name: tiny
inputs: {image: [N=1, 3, 8, 8]}
let: {k: 3, widths: [4, 8]}
preprocess: {image: {resize: 36, crop: 32, mean: [0.5], std: [0.2]}}
task: {kind: classification, labels: [cat, dog]}
blocks:
  basic:
    args: {width: null, stride: 1, wide: "${2 * width}"}
    nodes:
      - conv1: {op: conv, out: $width, kernel: $k, stride: $stride, padding: 1}
      - bn1: batch_norm
      - relu1: relu
      - down:
          when: ${stride != 1}
          from: input
          nodes:
            - "0": {op: conv, out: $width, kernel: 1, stride: $stride}
      - add: {from: [relu1, "${'down' if stride != 1 else 'input'}"]}
nodes:
  - conv1: &c {op: conv, from: image, out: 4, kernel: 3, padding: 1}
  - layer1: {block: basic, repeat: 2, width: 4}
  - layer2: {block: basic, repeat: 2, width: "${widths[1]}", stride: "${2 if i == 0 else 1}"}
  - split: {sizes: [2, 6]}
  - cat: {op: concat, from: ["split[1]", "split[0]"]}
  - pool: {op: avg_pool, kernel: [2, 2], padding: [[0, 1], [1, 0]], ceil_mode: true}
  - slice: {axes: [2], begin: [0], end: [null]}
  - global_avg_pool: {}
  - flatten: flatten
  - fc: {op: dense, out: 10}
outputs: {logits: fc}
)";

/// A few random edits: bytes changed, removed, doubled, or pieces of the text put elsewhere.
std::string mutated(std::string text, Random& random) {
  const std::string interesting = "{}[]:,-&*$'\"\n #0123456789.<=!%|>\t\x80\xff";
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.next() % n); };
  for (std::size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(12);
    switch (below(6)) {
      case 0: text[at] = interesting[below(interesting.size())]; break;
      case 1: text[at] = static_cast<char>(random.next()); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, text.substr(below(text.size()), length)); break;
      case 4: text.insert(at, 1, interesting[below(interesting.size())]); break;
      default: text.insert(at, std::to_string(random.next() >> below(64))); break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("no mutation of a model file does anything but load or throw an Error") {
  CHECK_NOTHROW((void)parse(model));
  LoadLimits limits;
  limits.max_yaml_nodes = 20'000;
  Random random(1, "yaml");
  std::size_t loaded = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = mutated(model, random);
    try {
      (void)parse(text, limits);
      ++loaded;
    } catch (const Error& error) {
      CHECK_MESSAGE(error.kind() == ErrorKind::bad_input, error.what());
      ++refused;
    } catch (const std::exception& error) {
      FAIL_CHECK(error.what() << " from:\n" << text);
    }
  }
  CHECK(loaded > 100);
  CHECK(refused > 1000);
}

TEST_CASE("no mutation of a safetensors file does anything but load or throw an Error") {
  const TemporaryFolder folder;
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b.weight":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}}   )";
  const std::string valid = safetensors(header, std::string(32, '\2'));
  Random random(2, "safetensors");
  std::size_t loaded = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string bytes = mutated(i % 2 == 0 ? valid : header, random);
    if (i % 2 == 1) bytes = safetensors(bytes, std::string(32, '\2'));
    write(folder / "w.safetensors", bytes);
    try {
      for (const auto& [name, tensor] : read_safetensors(folder / "w.safetensors")) (void)tensor.to_vector<double>();
      ++loaded;
    } catch (const Error& error) {
      CHECK_MESSAGE(error.kind() == ErrorKind::bad_input, error.what());
      ++refused;
    } catch (const std::exception& error) {
      FAIL_CHECK(error.what() << " at iteration " << i);
    }
  }
  CHECK(loaded > 10);
  CHECK(refused > 1000);
}
