// Reports for people: plain text and Markdown.
#include <fmt/format.h>

#include "bench/table/grids.hpp"

namespace banoff::bench {

std::string machine_line(const Report& report) {
  const MachineInfo& m = report.machine;
  return fmt::format("banoff {}, {}, {} ({} of {} processors; {})", report.version, m.onednn, m.cpu, m.usable,
                     m.processors, fmt::join(m.isa, " "));
}

std::string to_text(const Report& report) {
  std::string text = machine_line(report) + '\n';
  for (const TableReport& table : report.tables) {
    text += fmt::format("\n{}: {}\n{}\n", table.spec.name, table.spec.title, table.spec.source);
    if (!table.spec.note.empty()) text += table.spec.note + '\n';
    for (const Grid& grid : grids(table)) text += '\n' + to_text(grid);
    text += '\n';
    for (const std::string& sentence : readings(table)) text += sentence + '\n';
  }
  return text;
}

std::string to_markdown(const Report& report) {
  std::string text = machine_line(report) + '\n';
  for (const TableReport& table : report.tables) {
    text += fmt::format("\n## {}: {}\n\nSource: {}.\n", table.spec.name, table.spec.title, table.spec.source);
    if (!table.spec.note.empty()) text += '\n' + table.spec.note + '\n';
    for (const Grid& grid : grids(table)) text += '\n' + to_markdown(grid);
    text += '\n';
    for (const std::string& sentence : readings(table)) text += "- " + sentence + '\n';
  }
  return text;
}

}  // namespace banoff::bench
