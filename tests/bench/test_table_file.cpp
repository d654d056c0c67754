#include <doctest/doctest.h>

#include "bench/table/spec.hpp"
#include "tests/files.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;
using namespace banoff::bench;
namespace fs = std::filesystem;

namespace {
const char* const table = R"(name: mine
title: My nets
source: me
settings: {batch: [1, 8], threads: 2, duration: 0.5}
columns:
  naive: {title: Naive, quantity: speedup, method: naive}
  count: {quantity: folded, device: gpu}
rows:
  - {label: One, group: g, model: one.yaml, shape: {N: 2, image: [1, 3, 8, 9]}, published: {naive: -1.5, count: 7}}
  - {model: two.yaml}
)";

std::string error_of(const std::string& text) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("t.yaml", text);
  return input_error([&] { (void)read_table(file); });
}
}  // namespace

TEST_CASE("a table file says which networks, under which settings, and what was published of them") {
  const TemporaryFolder folder;
  const TableSpec spec = read_table(folder.write("t.yaml", table));
  CHECK(spec.name == "mine");
  CHECK(spec.batches == std::vector<std::int64_t>{1, 8});
  CHECK(spec.threads == std::vector{2});
  CHECK(spec.duration_s == 0.5);
  REQUIRE(spec.columns.size() == 2);
  CHECK(spec.columns[0].method == Method::naive);
  CHECK(spec.columns[1].title == "count");
  CHECK(spec.columns[1].device == "gpu");
  REQUIRE(spec.rows.size() == 2);
  CHECK(spec.rows[0].published.at("naive") == -1.5);
  CHECK(spec.rows[0].symbols.at("N") == 2);
  CHECK(spec.rows[0].shapes.at("image") == Shape{1, 3, 8, 9});
  CHECK(spec.rows[1].label == "two");
  CHECK(spec.rows[1].model.filename() == "two.yaml");
}

TEST_CASE("what is wrong with a table file is told with its line") {
  const std::string columns = "columns: {a: {quantity: speedup}}\n";
  CHECK(error_of("rows: [").find("t.yaml:1: ") != std::string::npos);
  CHECK(error_of("rows: []\n").find("no columns") != std::string::npos);
  CHECK(error_of(columns + "rows: []\n").find("no rows") != std::string::npos);
  CHECK(error_of("name: x\nnonsense: 1\n").find("t.yaml:2: unknown key 'nonsense'") != std::string::npos);
  CHECK(error_of("columns:\n  a: {quantity: beauty}\n").find("t.yaml:2: unknown quantity 'beauty'") !=
        std::string::npos);
  CHECK(error_of("columns:\n  a: {quantity: speedup, method: magic}\n").find("t.yaml:2: ") != std::string::npos);
  CHECK(error_of(columns + "rows:\n  - {label: x}\n").find("t.yaml:3: the row has no model") != std::string::npos);
  CHECK(error_of(columns + "rows:\n  - {model: m, published: {b: 1}}\n").find("no column 'b'") != std::string::npos);
  CHECK(error_of(columns + "rows:\n  - {model: m, published: {a: many}}\n").find("t.yaml:3: 'many' is not a number") !=
        std::string::npos);
  CHECK(error_of(columns + "settings: {batch: 0}\n").find("t.yaml:2: 0 is not in 1..") != std::string::npos);
  CHECK(error_of("name: x\nname: y\n").find("twice") != std::string::npos);
  CHECK(error_of("[1, 2]").find("t.yaml:1: ") != std::string::npos);
  CHECK(input_error([] { (void)read_table("no-such.yaml"); }).find("no-such.yaml") != std::string::npos);
}

TEST_CASE("tables are found by number, by name and by file") {
  const TemporaryFolder folder;
  folder.write("table7.yaml", table);
  folder.write("mine.yaml", table);
  const std::vector<fs::path> folders{folder / "nowhere", folder.path()};
  CHECK(find_tables("7", folders) == std::vector{folder / "table7.yaml"});
  CHECK(find_tables("mine", folders) == std::vector{folder / "mine.yaml"});
  CHECK(find_tables("a/b.yaml", folders) == std::vector{fs::path("a/b.yaml")});
  CHECK(find_tables("all", folders).size() == 2);
  try {
    (void)find_tables("8", folders);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()).find("mine, table7") != std::string::npos);
  }
}

TEST_CASE("the tables of the source tree are read, and their published numbers have columns") {
  const auto files = find_tables("all", {banoff::test::source_dir() / "configs/tables"});
  CHECK(files.size() >= 11);
  for (const fs::path& file : files) {
    CAPTURE(file);
    const TableSpec spec = read_table(file);
    CHECK(spec.name == file.stem().string());
    CHECK_FALSE(spec.source.empty());
  }
}

TEST_CASE("improvements in the paper's tables 5 and 6 are differences of their columns, to a rounding") {
  for (const char* name : {"table5", "table6"}) {
    for (const Row& row :
         read_table(banoff::test::source_dir() / "configs/tables" / (std::string(name) + ".yaml")).rows) {
      CAPTURE(row.label);
      const auto& p = row.published;
      CHECK(p.at("improvement") == doctest::Approx(p.at("banoff") - p.at("naive")).epsilon(0.02));
    }
  }
}
