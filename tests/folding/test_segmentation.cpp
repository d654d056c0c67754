// The segmentation networks of configs/models, an eighth as wide and high: how many batch norms each method folds, and
// that every answer stays the same in float64.
#include <fstream>
#include <iterator>

#include "runtime/load/load.hpp"
#include "tests/folding/check.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr std::int64_t factor = 8;

std::int64_t less(std::int64_t size) { return (size + factor - 1) / factor; }

/// An eighth of all widths, pictures a multiple of 8 pixels high and wide.
void shrink(Graph& graph) {
  for (GraphInput& input : graph.inputs) {
    for (std::size_t i = 2; i < input.dims.size(); ++i) input.dims[i].size = input.dims[i].size / factor / 8 * 8;
  }
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.op)) {
      if (conv->groups > 1) conv->groups = less(conv->groups);
      conv->out = less(conv->out);
    } else if (auto* transposed = std::get_if<ConvTranspose>(&node.op)) {
      transposed->out = less(transposed->out);
    } else if (auto* norm = std::get_if<GroupNorm>(&node.op)) {
      norm->groups = less(norm->groups);
    } else if (auto* resize = std::get_if<Resize>(&node.op)) {
      for (std::int64_t& size : resize->size) size /= factor;
    }
  }
}

/// The network with random weights, in float64 so that folding rounds next to nothing.
Graph small_net(const std::string& name) {
  const std::string file = source_dir().string() + "/configs/models/" + name + ".yaml";
  std::ifstream stream(file);
  Graph graph = parse_yaml(std::string((std::istreambuf_iterator<char>(stream)), {}), file).graph;
  shrink(graph);
  randomize_weights(graph, 3, infer_types(graph), reference::compute<double>);
  for (Param& param : graph.params) {
    param.value = Tensor::of<double>(param.value.shape(), param.value.to_vector<double>());
  }
  return graph;
}

Outcome optimum(const Graph& graph, Activations activations) {
  FoldOptions options;
  options.method = Method::optimal;
  options.objective = Objective::count;
  options.activations = activations;
  options.borders = false;
  return fold_with(graph, options);
}

struct Row {
  const char* name;
  std::size_t norms, naive, banoff, literal, clamp;
};

constexpr Row table[] = {
    {"bisenet_resnet18", 34, 34, 34, 34, 34}, {"deeplabv3_resnet50", 60, 60, 60, 60, 60},
    {"espnet_cityscapes", 16, 4, 5, 5, 9},    {"fpn_resnet34", 36, 36, 36, 36, 36},
    {"industrial_deep", 20, 20, 20, 20, 20},  {"industrial_deep_relu_first", 20, 1, 1, 1, 20},
    {"industrial_shallow", 5, 5, 5, 5, 5},    {"industrial_shallow_relu_first", 5, 1, 1, 1, 5},
    {"pspnet_resnet34", 20, 20, 20, 20, 20},  {"unet_efficientnet_b0", 58, 58, 58, 58, 58},
    {"unet_resnet34", 46, 46, 46, 46, 46},
};

}  // namespace

TEST_CASE("segmentation networks fold as far as each method goes, and answer the same") {
  for (const Row& row : table) {
    CAPTURE(row.name);
    const Graph net = small_net(row.name);
    const auto expect = [&](const Outcome& outcome, std::size_t folded) {
      CHECK(outcome.report.norms.size() == row.norms);
      CHECK(outcome.report.folded() == folded);
      CHECK(outcome.error < 1e-9);
      for (const FoldedNorm& norm : outcome.report.norms) {
        INFO(norm.name << ": " << norm.reason);
        CHECK(norm.blocker != Blocker::self_check);
      }
    };
    expect(fold_with(net, Method::naive), row.naive);
    expect(fold_with(net, Method::banoff), row.banoff);
    expect(optimum(net, Activations::literal), row.literal);
    expect(optimum(net, Activations::clamp), row.clamp);
  }
}
