#include "bench/table/grid.hpp"

#include <algorithm>

#include "bench/html/escape.hpp"

namespace banoff::bench {

namespace {

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, length_of(text)), ' ');
  return left ? text + space : space + text;
}

std::string piped(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (std::string cell : cells) {
    for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2) cell.insert(at, 1, '\\');
    line += ' ' + cell + " |";
  }
  return line + '\n';
}

/// Of columns of text the style aligns the first one.
std::string html_row(const std::vector<std::string>& cells, const std::string& tag, std::size_t left) {
  std::string line = "<tr>";
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const char* words = c > 0 && c < left ? " class=\"words\"" : "";
    line += '<' + tag + words + '>' + escaped(cells[c]) + "</" + tag + '>';
  }
  return line + "</tr>\n";
}

}  // namespace

std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string to_text(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < grid.head.size(); ++c) {
    widths.push_back(length_of(grid.head[c]));
    for (const auto& row : grid.rows) widths[c] = std::max(widths[c], length_of(row[c]));
  }
  std::string text = grid.title + '\n';
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) line += padded(cells[c], widths[c], c < grid.left) + "  ";
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  add(grid.head);
  for (const auto& row : grid.rows) add(row);
  return text;
}

std::string to_markdown(const Grid& grid) {
  std::string text = grid.title + "\n\n" + piped(grid.head) + '|';
  for (std::size_t c = 0; c < grid.head.size(); ++c) text += c < grid.left ? "---|" : "---:|";
  text += '\n';
  for (const auto& row : grid.rows) text += piped(row);
  return text;
}

std::string to_html(const Grid& grid) {
  std::string html = grid.title.empty() ? "" : "<h3>" + escaped(grid.title) + "</h3>\n";
  html += "<div class=\"wide\"><table>\n<thead>" + html_row(grid.head, "th", grid.left) + "</thead>\n<tbody>\n";
  for (const auto& row : grid.rows) html += html_row(row, "td", grid.left);
  return html + "</tbody>\n</table></div>\n";
}

}  // namespace banoff::bench
