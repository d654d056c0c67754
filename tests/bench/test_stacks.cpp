#include <doctest/doctest.h>

#include "bench/stacks/line_process.hpp"
#include "bench/table/grids.hpp"
#include "tests/bench/synthetic.hpp"
#include "tests/bench/tiny_table.hpp"

using namespace banoff;
using namespace banoff::bench;
namespace fs = std::filesystem;

namespace {

/// Stands for the environment's Python: tells `header`, then 20 ms for every run of the unfolded network and 15 ms for
/// the others.
const char* const frameworks = R"(#!/bin/sh
echo '%HEADER%'
while read mode method runs; do
  time=15
  [ "$method" = none ] && time=20
  list=$time
  while [ "$runs" -gt 1 ]; do list="$list,$time"; runs=$((runs - 1)); done
  echo "{\"wall_ms\": [$list], \"cpu_ms\": [$list]}"
done
)";

const std::string answers = R"({"max_abs": 1e-6, "mean_abs": 1e-7, "max_relative": 3e-7})";

/// A table with an environment whose frameworks all say `header`.
struct StackTable : TinyTable {
  explicit StackTable(const std::string& header) {
    std::string script = frameworks;
    script.replace(script.find("%HEADER%"), 8, header);
    fs::create_directories(folder / "env/venv/bin");
    const fs::path python = folder.write("env/venv/bin/python", script);
    fs::permissions(python, fs::perms::owner_all);
    options.stacks_folder = folder / "env";
    options.stacks = {{"keras", "graph"}, {"keras", "eager"}};
    options.tables[0].rows.resize(1);
  }
};

std::string header(const std::string& modes, const std::string& more = "") {
  return R"({"stack": "keras", "versions": {"keras": "3"}, "modes": {)" + modes + "}" + more + "}";
}

const std::string both = R"("graph": {"none": )" + answers + R"(, "naive": )" + answers + R"(}, "eager": {"none": )" +
                         answers + R"(, "naive": )" + answers + "}";

}  // namespace

TEST_CASE("a program answers line by line, and its end is told with its last words") {
  const TemporaryFolder folder;
  LineProcess echo({"sh", "-c", "while read line; do echo \"$WORD $line\"; done"}, {"WORD=heard"}, folder / "log");
  echo.tell("one");
  CHECK(echo.answer(10) == "heard one");
  echo.tell("two");
  CHECK(echo.answer(10) == "heard two");
  LineProcess ends({"sh", "-c", "echo first >&2; echo no module >&2; exit 3"}, {}, folder / "log");
  CHECK_THROWS_WITH_AS((void)ends.answer(10), "ended with exit code 3: no module", Error);
  LineProcess killed({"sh", "-c", "kill -9 $$"}, {}, folder / "log");
  CHECK_THROWS_WITH_AS((void)killed.answer(10), doctest::Contains("signal 9"), Error);
  LineProcess sleeps({"sleep", "60"}, {}, folder / "log");
  CHECK_THROWS_WITH_AS((void)sleeps.answer(0.05), doctest::Contains("took longer than"), Error);
  CHECK_THROWS_WITH_AS(LineProcess({"/no/such/program"}, {}, folder / "log"), doctest::Contains("cannot be started"),
                       Error);
}

TEST_CASE("stacks are known by name, and all have their modes") {
  CHECK(modes_of("keras").size() == 3);
  CHECK(modes_of("keras")[0].title() == "keras graph");
  CHECK(modes_of("pytorch")[0].title() == "pytorch");
  CHECK_THROWS_WITH_AS((void)modes_of("caffe"), doctest::Contains("known: keras, pytorch"), Error);
}

TEST_CASE("other frameworks stand beside banoff, each mode in a column") {
  const StackTable table(header(both));
  const Report report = run_tables(table.options, deaf);
  const auto& cells = report.tables[0].rows[0].cells;
  REQUIRE(cells.size() == 3);
  CHECK(cells[1].not_measured == "");
  const Result* naive = find_result(cells[1], Method::naive);
  REQUIRE(naive != nullptr);
  CHECK(naive->difference.max_relative == 3e-7);
  CHECK(naive->bn.folded == 2);
  CHECK(find_result(cells[1], Method::banoff)->same_as == "naive");
  CHECK(cells[1].versions == "keras 3");
  const std::vector<Grid> grids = stack_grids(report.tables[0]);
  REQUIRE(grids.size() == 2);
  CHECK(grids[0].head ==
        std::vector<std::string>{"network", "measured with", "published", "banoff, cpu", "keras graph", "keras eager"});
  CHECK(grids[0].rows[0][4] == "25.00 ±0.00");
  CHECK(grids[1].rows[0][3] == "3.0e-07");
  // Kept, and read again as it was.
  const Report again = run_tables(table.options, deaf);
  CHECK(again.tables[0].rows[0].cells[2].resumed);
  const TemporaryFolder folder;
  const Report read = read_report(folder.write("r.json", to_json(report).dump()));
  CHECK(to_json(read) == to_json(report));
  const Grid merged = merged_grid({{"a.json", read}}, report.tables[0].spec.name);
  CHECK(std::ranges::count_if(merged.head,
                              [](const auto& h) { return h.ends_with("keras graph, 1 thread, batch 1"); }) == 1);
}

TEST_CASE("what a framework cannot run is told with its reason, and the rest goes on") {
  const std::string graph = R"("graph": {"none": )" + answers + "}";
  const StackTable table(
      header(graph, R"(, "failures": {"eager": "no eager here", "naive": "operator Foo has no layer"})"));
  const Report report = run_tables(table.options, deaf);
  const auto& cells = report.tables[0].rows[0].cells;
  CHECK(cells[0].not_measured == "");
  REQUIRE(cells[1].notes.size() == 1);
  CHECK(cells[1].notes[0] == "naive not measured: operator Foo has no layer");
  CHECK_FALSE(measured({"c", "c", "speedup", Method::naive, ""}, cells[1]));
  CHECK(cells[2].not_measured == "no eager here");
  const std::string text = to_text(report);
  CHECK(text.find("operator Foo has no layer") != std::string::npos);
  CHECK(text.find("no eager here") != std::string::npos);
}

TEST_CASE("an error of the framework's program is the reason of all of its modes, and of other tables' cells") {
  StackTable table(R"({"error": "keras is not installed: bench/stacks/install.py"})");
  table.options.tables.push_back(table.options.tables[0]);
  table.options.tables[1].name = "again";
  std::string said;
  const Report report =
      run_tables(table.options, {[&](const std::string& what) { said += what + "\n"; }, deaf.progress});
  const auto cells = report.tables[0].rows[0].cells;
  CHECK(said.find("loading in keras") == said.rfind("loading in keras"));
  CHECK(report.tables[1].rows[0].cells[2].not_measured == cells[1].not_measured);
  CHECK(cells[1].not_measured == "keras is not installed: bench/stacks/install.py");
  CHECK(cells[2].not_measured == cells[1].not_measured);
}

TEST_CASE("what folds by itself is told by its own counts") {
  StackTable table(header(R"("graph": {"none": )" + answers + R"(, "banoff": )" + answers + "}",
                          R"(, "folded": {"banoff": [1, 1]}, "failures": {"naive": "it crashed"})"));
  table.options.stacks = {{"package", "graph"}};
  const auto report = run_tables(table.options, deaf);
  const Cell& cell = report.tables[0].rows[0].cells[1];
  CHECK(find_result(cell, Method::banoff)->bn.folded == 1);
  CHECK(find_result(cell, Method::naive) == nullptr);
  CHECK(find_result(cell, Method::optimal) == nullptr);
  CHECK(cell.notes == std::vector<std::string>{"naive not measured: it crashed"});
  CHECK(stack_grids(report.tables[0]).back().rows[0][3] == "3.0e-07 (banoff 1/2)");
}

TEST_CASE("without their environment frameworks are refused before anything is measured") {
  TinyTable table;
  table.options.stacks = modes_of("ort-off");
  table.options.stacks_folder = table.folder / "nowhere";
  CHECK_THROWS_WITH_AS((void)run_tables(table.options, deaf), doctest::Contains("install.py --work"), Error);
}
