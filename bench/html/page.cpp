#include "bench/html/page.hpp"

#include <fmt/format.h>

#include "bench/html/escape.hpp"
#include "bench/table/grids.hpp"

namespace banoff::bench {

namespace {

constexpr const char* style = R"(
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2330; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid #c9d0da }
h3 { font-size: 1rem; margin-bottom: .4rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .85rem }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #e3e7ed; white-space: nowrap }
th { background: #f2f4f7; white-space: normal } th:first-child, td:first-child { text-align: left }
p.source { color: #566173 } svg { max-width: 100%; height: auto; font: 11px system-ui, sans-serif }
svg .tick { stroke: #e3e7ed } svg .zero { stroke: #566173 } svg .error { stroke: #1c2330; fill: none }
svg .section { font-weight: bold } svg .missing { fill: #8a93a3; font-style: italic }
)";

std::string section(const TableReport& table) {
  const TableSpec& spec = table.spec;
  std::string html = fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"source\">{}</p>\n", escaped(spec.name),
                                 escaped(spec.title), escaped(spec.source));
  if (!spec.note.empty()) html += "<p>" + escaped(spec.note) + "</p>\n";
  const BarPlot plot = plot_of(table);
  if (!plot.groups.empty()) html += to_svg(plot);
  const std::vector<std::string> sentences = readings(table);
  if (!sentences.empty()) {
    html += "<ul>\n";
    for (const std::string& sentence : sentences) html += "<li>" + escaped(sentence) + "</li>\n";
    html += "</ul>\n";
  }
  for (const Grid& grid : grids(table)) html += to_html(grid);
  return html + "</section>\n";
}

}  // namespace

std::string to_html(const Report& report) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>banoff: published and measured</title>\n<style>";
  html += style;
  html += "</style>\n</head>\n<body>\n<h1>Published and measured</h1>\n<p>" + escaped(machine_line(report)) + "</p>\n";
  html +=
      "<p>Time saved is (T<sub>old</sub> - T<sub>new</sub>) / T<sub>old</sub> of the medians, against the unfolded "
      "network in the same runtime with every norm in a pass of its own; beside it, against norms that share a pass "
      "with their activation. Error bars are what the 95 % intervals of both medians leave possible; ~ marks "
      "effects that this spread exceeds.</p>\n";
  for (const TableReport& table : report.tables) html += section(table);
  return html + "</body>\n</html>\n";
}

}  // namespace banoff::bench
