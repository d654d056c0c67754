#include <doctest/doctest.h>

#include <csignal>

#include "bench/table/store.hpp"
#include "tests/bench/synthetic.hpp"
#include "tests/bench/tiny_table.hpp"

using namespace banoff;
using namespace banoff::bench;
namespace fs = std::filesystem;

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
    CHECK(row.medians.size() == 12);  // three sittings of two rounds, each forth and back
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
  CHECK(second.results.at(0).medians == first.results.at(0).medians);

  tiny.options.fresh = true;
  CHECK_FALSE(tiny.first().resumed);
  tiny.options.fresh = false;
  tiny.options.timing.iterations = 4;
  CHECK_FALSE(tiny.first().resumed);
  tiny.options.seed = 2;
  CHECK_FALSE(tiny.first().resumed);
  tiny.folder.write("tiny.yaml", std::string(tiny_net) + "# changed\n");
  CHECK_FALSE(tiny.first().resumed);
  CHECK(tiny.first().resumed);
  for (const auto& entry : fs::directory_iterator(tiny.options.results)) CHECK(entry.path().extension() == ".json");
}

TEST_CASE("networks that two methods fold alike are timed once") {
  const TinyTable tiny;
  const Cell cell = tiny.first();
  CHECK(find_result(cell, Method::banoff)->same_as == "naive");
  CHECK(find_result(cell, Method::banoff)->medians == find_result(cell, Method::naive)->medians);
  CHECK(find_result(cell, Method::none)->same_as.empty());
  CHECK(quick_timing(300'000'000'000).rounds == 3);
}

TEST_CASE("a table may ask for counts only") {
  TinyTable tiny;
  tiny.options.tables[0].timed = false;
  const Cell cell = tiny.first();
  CHECK(find_result(cell, Method::naive)->bn.folded == 2);
  CHECK(find_result(cell, Method::naive)->medians.empty());
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
