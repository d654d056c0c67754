// The paper's toy nets as model files, with random weights calibrated as the loader does it.
#include "runtime/load/load.hpp"
#include "tests/folding/check.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("the model files of the paper's figures fold as the paper says, and answer the same") {
  struct Row {
    const char* name;
    std::size_t norms, naive, banoff;
  };
  for (const Row& row : {Row{"paper_fig2a", 6, 6, 6}, Row{"paper_fig2b", 3, 2, 2}, Row{"paper_fig2c", 1, 0, 1},
                         Row{"paper_fig4a", 1, 0, 1}, Row{"paper_fig4b", 1, 0, 0}}) {
    CAPTURE(row.name);
    WeightSource weights;
    weights.seed = 5;
    weights.executor = reference::compute<float>;
    const std::string file = source_dir().string() + "/configs/models/" + row.name + ".yaml";
    const Graph net = load_model(file, weights).graph;
    const Outcome naive = fold_with(net, Method::naive);
    const Outcome banoff = fold_with(net, Method::banoff);
    CHECK(banoff.report.norms.size() == row.norms);
    CHECK(naive.report.folded() == row.naive);
    CHECK(banoff.report.folded() == row.banoff);
    CHECK(naive.error < 1e-5);
    CHECK(banoff.error < 1e-5);
    CHECK(banoff.report.max_relative_error < 1e-12);
  }
}
