#include <doctest/doctest.h>

#include "bench/html/escape.hpp"
#include "bench/html/page.hpp"
#include "bench/html/panels.hpp"
#include "bench/table/grids.hpp"
#include "tests/bench/synthetic.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::bench;

namespace {
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("published stands beside measured, with their ratio") {
  const Grid grid = comparison_grid(synthetic_report().tables[0]);
  REQUIRE(grid.rows.size() == 2);
  CHECK(grid.rows[0][2] == "20.00");
  CHECK(grid.rows[0][3].starts_with("40.00 "));
  CHECK(grid.rows[0][4] == "2.00");
  CHECK(grid.rows[0][6] == "not measured");  // the column of another device
  CHECK(grid.rows[1][3] == "not measured");
  CHECK(grid.rows[1][4] == "-");
}

TEST_CASE("readings say only what the data hold") {
  const auto text = to_text(synthetic_report());
  CHECK(has(text, "first|net: BaN-OFF folds more norms than naive."));
  CHECK(has(text, "second (cpu, all threads, batch 1): not measured: second.yaml: cannot be opened"));
  CHECK(has(text, "RTX 3090: not measured: this run had cpu and no gpu."));
  CHECK_FALSE(has(text, "equally many"));
  CHECK_FALSE(has(text, "wider than an effect"));
  CHECK(has(to_text(synthetic_report(3)), "first|net: the interval (~) is wider than an effect."));
}

TEST_CASE("a report comes back from its JSON") {
  const TemporaryFolder folder;
  const Report report = synthetic_report(0.25);
  const auto json = to_json(report);
  CHECK(json["tables"][0]["rows"][0]["cells"][0]["measured"]["m3"]["value"] == doctest::Approx(40));
  CHECK(json["tables"][0]["rows"][1]["cells"][0]["results"].empty());
  const Report again = read_report(folder.write("r.json", json.dump()));
  CHECK(to_json(again) == json);
  CHECK(to_text(again) == to_text(report));
}

TEST_CASE("JSON of another kind is refused with its file's name") {
  const TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "{}", R"({"banoff": 1})"}) {
    CAPTURE(text);
    CHECK(has(input_error([&] { (void)read_report(folder.write("r.json", text)); }), "r.json"));
  }
  auto json = to_json(synthetic_report());
  json["tables"][0]["columns"][0]["quantity"] = "beauty";
  CHECK(has(input_error([&] { (void)read_report(folder.write("r.json", json.dump())); }), "beauty"));
}

TEST_CASE("results of machines stand side by side") {
  Report other = synthetic_report();
  other.machine.cpu = "another";
  other.tables[0].rows[0].row.label = "third";
  const Grid grid = merged_grid({{"a.json", synthetic_report()}, {"b.json", other}}, "table4");
  // Two published columns; the second row failed before its threads were known, so it has a setting of its own.
  CHECK(grid.head[1] == "CPU m3 (published)");
  CHECK(grid.head[3] == "CPU <fast> & cheap, cpu, 2 threads, batch 1");
  CHECK(std::ranges::count_if(grid.head, [](const std::string& h) { return h.starts_with("another"); }) > 0);
  CHECK(grid.rows[0][1] == "20.00");
  CHECK(grid.rows[0][3] == "40.00");
  CHECK(grid.rows[0].back() == "-");  // that machine did not measure it
  CHECK(has(input_error([&] { (void)merged_grid({{"a.json", other}}, "table2"); }), "a.json: has no table 'table2'"));
}

TEST_CASE("text in HTML is escaped, and bytes that are no UTF-8 are replaced") {
  CHECK(escaped("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(escaped("\xC3\xA9\xE2\x82\xAC") == "\xC3\xA9\xE2\x82\xAC");
  CHECK(escaped("\xC3") == "\xEF\xBF\xBD");
  CHECK(escaped("\xC0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(escaped(std::string("\0\n", 2)) == "\xEF\xBF\xBD\n");
}

TEST_CASE("the HTML report is one file with a plot and the table") {
  const std::string html = to_html(synthetic_report(0.1));
  CHECK(html.starts_with("<!DOCTYPE html>"));
  CHECK(has(html, "<svg "));
  CHECK(has(html, "class=\"error\""));
  CHECK(has(html, "Some &quot;nets&quot; &lt;b&gt;"));
  CHECK(has(html, "CPU &lt;fast&gt; &amp; cheap"));
  CHECK(has(html, "not measured"));
  for (const char* loads : {"<script", "http:", "https:", "src=", "@import", "url("}) CHECK_FALSE(has(html, loads));
}

TEST_CASE("with other frameworks the plot has a panel for each, where published values are marked") {
  Report report = synthetic_report(0.1);
  TableReport& table = report.tables[0];
  for (Column& column : table.spec.columns) column.device.clear();
  Cell other = synthetic_cell(0.1);
  other.stack = "keras";
  other.mode = "graph";
  table.rows[0].cells.push_back(other);
  const PanelPlot plot = panels_of(table);
  CHECK(plot.panels == std::vector<std::string>{"published", "banoff", "keras graph"});
  REQUIRE(plot.lines.size() == 2);
  CHECK(plot.lines[0].measured[1][0]->value == doctest::Approx(40).epsilon(0.02));
  CHECK_FALSE(plot.lines[1].measured[0][0]);
  const std::string html = to_html(report);
  CHECK(has(html, ">keras graph<"));
  CHECK(has(html, "class=\"published\""));
  CHECK_FALSE(has(html, "nan"));
  CHECK(panels_of(synthetic_report().tables[0]).lines.empty());
}

TEST_CASE("a plot has a bar per number, negative ones too, and room for them") {
  BarPlot plot{"p",
               "%",
               {"a", "b"},
               {true, false},
               {{"x", "s", {{-5, 0, 0, 0}, {120, 110, 130, 1}}, ""}, {"y", "s", {}, "gone"}}};
  const std::string svg = to_svg(plot);
  std::size_t rects = 0;
  for (std::size_t at = 0; (at = svg.find("<rect", at)) != std::string::npos; ++at) ++rects;
  CHECK(rects == 4);  // two of them the legend's
  CHECK(has(svg, ">gone<"));
  CHECK_FALSE(has(svg, "nan"));
}

TEST_CASE("Markdown escapes what would end a cell") { CHECK(has(to_markdown(synthetic_report()), "| first\\|net |")); }
