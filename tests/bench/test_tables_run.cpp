#include <doctest/doctest.h>

#include <csignal>

#include "bench/table/run.hpp"
#include "bench/table/store.hpp"
#include "tests/bench/synthetic.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::bench;
namespace fs = std::filesystem;

namespace {

const Ears deaf{[](const std::string&) {}, [](double) {}};

const char* const net = R"(name: tiny
inputs: {x: [N=1, 3, 8, 8]}
nodes:
  - conv: {op: conv, out: 4, kernel: 3, padding: 1}
  - bn: batch_norm
  - relu: relu
  - conv2: {op: conv, from: relu, out: 4, kernel: 1}
  - bn2: batch_norm
  - tanh: tanh
outputs: {y: tanh}
)";

/// A folder with a table of one network that exists and one that does not, measured as fast as can be.
struct TinyTable {
  TemporaryFolder folder;
  TableOptions options;
  TinyTable() {
    folder.write("tiny.yaml", net);
    options.tables = {read_table(folder.write("t.yaml", R"(columns: {b: {quantity: speedup, method: banoff}}
rows:
  - {model: tiny.yaml, published: {b: 10}}
  - {model: gone.yaml}
)"))};
    options.timing = {.warmup_ms = 0, .duration_s = 0, .iterations = 3, .repetitions = 3};
    options.results = folder / "kept";
    options.threads = {1};
    options.version = "test";
  }
  [[nodiscard]] Cell first(const Ears& ears = deaf) const {
    return run_tables(options, ears).tables.at(0).rows.at(0).cells.at(0);
  }
};

}  // namespace

TEST_CASE("a table's network is measured in every way, and one that is missing is told as such") {
  const TinyTable tiny;
  double progress = 0;
  const Report report = run_tables(tiny.options, {deaf.say, [&](double share) { progress = share; }});
  CHECK(progress == doctest::Approx(1));
  const TableReport& table = report.tables.at(0);
  const Cell& cell = table.rows.at(0).cells.at(0);
  CHECK(cell.not_measured.empty());
  REQUIRE(find_result(cell, Method::none) != nullptr);
  REQUIRE(find_result(cell, Method::banoff) != nullptr);
  CHECK(fused_baseline(cell) != nullptr);
  CHECK(find_result(cell, Method::banoff)->bn.folded == 2);
  CHECK(find_result(cell, Method::banoff)->bn.norm_percent ==
        doctest::Approx(find_result(cell, Method::banoff)->bn.removed_percent));
  for (const Result& row : cell.results) {
    CHECK(row.samples_ms.size() == 3);
    CHECK(row.peak_rss_kb > 1000);
    CHECK(row.difference.max_relative < 1e-4);
  }
  CHECK(find_result(cell, Method::naive)->difference.max_abs > 0);
  const Cell& gone = table.rows.at(1).cells.at(0);
  CHECK(gone.results.empty());
  CHECK(gone.not_measured.find("gone.yaml") != std::string::npos);
  CHECK(gone.exit_code == 3);
}

TEST_CASE("a rerun takes what is kept, and measures again what changed or what it is told to") {
  TinyTable tiny;
  const Cell first = tiny.first();
  CHECK_FALSE(first.resumed);
  std::string said;
  const Cell second = tiny.first({[&](const std::string& what) { said += what; }, deaf.progress});
  CHECK(second.resumed);
  CHECK(said.find("1 of 2 measurements are kept") != std::string::npos);
  CHECK(second.results.at(0).samples_ms == first.results.at(0).samples_ms);

  tiny.options.fresh = true;
  CHECK_FALSE(tiny.first().resumed);
  tiny.options.fresh = false;
  tiny.options.timing.iterations = 4;
  CHECK_FALSE(tiny.first().resumed);
  tiny.options.seed = 2;
  CHECK_FALSE(tiny.first().resumed);
  tiny.folder.write("tiny.yaml", std::string(net) + "# changed\n");
  CHECK_FALSE(tiny.first().resumed);
  CHECK(tiny.first().resumed);
  for (const auto& entry : fs::directory_iterator(tiny.options.results)) CHECK(entry.path().extension() == ".json");
}

TEST_CASE("--quick times networks once that two methods fold alike") {
  TinyTable tiny;
  tiny.options.quick = true;
  const Cell cell = tiny.first();
  CHECK(find_result(cell, Method::banoff)->same_as == "naive");
  CHECK(find_result(cell, Method::banoff)->samples_ms == find_result(cell, Method::naive)->samples_ms);
  CHECK(find_result(cell, Method::none)->same_as.empty());
  CHECK(quick_timing(300'000'000'000).repetitions == 3);
}

TEST_CASE("a table may ask for counts only") {
  TinyTable tiny;
  tiny.options.tables[0].timed = false;
  const Cell cell = tiny.first();
  CHECK(find_result(cell, Method::naive)->bn.folded == 2);
  CHECK(find_result(cell, Method::naive)->samples_ms.empty());
}

TEST_CASE("a device that is not built in is refused, or told beside those that are") {
  TinyTable tiny;
  tiny.options.devices = {"toaster"};
  CHECK_THROWS_WITH_AS((void)tiny.first(), doctest::Contains("no device 'toaster'"), Error);
  tiny.options.devices = {"cpu", "toaster"};
  const Report report = run_tables(tiny.options, deaf);
  const auto& cells = report.tables[0].rows[0].cells;
  REQUIRE(cells.size() == 2);
  CHECK_FALSE(cells[0].results.empty());
  CHECK(cells[1].results.empty());
  CHECK(cells[1].exit_code == 4);
}

TEST_CASE("kept results that are damaged or another's are measured again") {
  const TemporaryFolder folder;
  const Store store(folder / "kept");
  const nlohmann::json key{{"a", 1}};
  store.keep("net", key, synthetic_cell());
  REQUIRE(store.find("net", key));
  CHECK(store.find("net", key)->results.size() == 5);
  CHECK_FALSE(store.find("net", {{"a", 2}}));
  for (const auto& entry : fs::directory_iterator(store.folder())) std::ofstream(entry.path()) << "{\"key\": {";
  CHECK_FALSE(store.find("net", key));
  CHECK_THROWS_AS(Store(folder.write("file", "x") / "below"), Error);
}

TEST_CASE("a child hands back its result, its words and its failures") {
  std::string heard;
  double share = 0;
  const ChildResult result = in_child(
      [](const Ears& ears) {
        ears.say("hello");
        ears.progress(0.5);
        return std::string(100'000, 'x');
      },
      {[&](const std::string& what) { heard = what; }, [&](double s) { share = s; }});
  CHECK(result.text.size() == 100'000);
  CHECK(result.peak_rss_kb > 0);
  CHECK(heard == "hello");
  CHECK(share == 0.5);
  CHECK_THROWS_WITH_AS((void)in_child([](const Ears&) -> std::string { throw Error(ErrorKind::refused, "no"); }, deaf),
                       "no", Error);
  const auto dies = [](const Ears&) -> std::string {
    ::raise(SIGKILL);
    return "";
  };
  CHECK_THROWS_WITH_AS((void)in_child(dies, deaf), doctest::Contains("signal 9"), Error);
}
