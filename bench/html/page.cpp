#include "bench/html/page.hpp"

#include <fmt/format.h>

#include "bench/html/document.hpp"
#include "bench/html/escape.hpp"
#include "bench/html/panels.hpp"
#include "bench/table/grids.hpp"

namespace banoff::bench {

namespace {

std::string section(const TableReport& table) {
  const TableSpec& spec = table.spec;
  std::string html = fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p class=\"source\">{}</p>\n", escaped(spec.name),
                                 escaped(spec.title), escaped(spec.source));
  if (!spec.note.empty()) html += "<p>" + escaped(spec.note) + "</p>\n";
  const PanelPlot panels = panels_of(table);
  const BarPlot plot = plot_of(table);
  if (!panels.lines.empty()) html += to_svg(panels);
  else if (!plot.groups.empty()) html += to_svg(plot);
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
  std::string html = "<h1>Published and measured</h1>\n<p>" + escaped(machine_line(report)) + "</p>\n";
  html +=
      "<p>Time saved is (T<sub>old</sub> - T<sub>new</sub>) / T<sub>old</sub>, against the unfolded network in the "
      "same "
      "runtime with every norm in a pass of its own; beside it, against norms that share a pass with their activation. "
      "It is the centre, by Hodges and Lehmann, of what passes beside each other saved; error bars are its exact 95 % "
      "interval; ~ marks effects that are smaller than half of that. With one thread it is processor time, with more "
      "the "
      "wall's.</p>\n";
  for (const TableReport& table : report.tables) html += section(table);
  return html_document("banoff: published and measured", html);
}

}  // namespace banoff::bench
