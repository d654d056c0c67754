// Figure 5 as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "bench/figure/figure5.hpp"
#include "bench/html/svg.hpp"

namespace banoff::bench {

namespace {

constexpr double left = 54, width = 620, height = 300, top = 84, gap = 90, right = 20;

struct Look {
  std::string_view name;
  const char* colour;
};
/// The colour tells the fold, the shape the family.
constexpr std::array folds{Look{"none", "#8a93a3"}, Look{"naive", "#d1622b"}, Look{"banoff", "#1b6ca8"},
                           Look{"optimal", "#3d8a4a"}};

constexpr const char* style =
    "<style>svg { font: 11px system-ui, sans-serif } .tick { stroke: #e3e7ed } .zero { stroke: #566173 } "
    ".section { font-weight: bold } .published { stroke: #1c2330; stroke-dasharray: 4 3 }</style>\n";

std::string colour_of(std::string_view fold) {
  const auto* found = std::ranges::find(folds, fold, &Look::name);
  return found == folds.end() ? "#1c2330" : found->colour;
}

/// The families in the order in which they come.
std::vector<std::string> families_of(const Figure5& figure) {
  std::vector<std::string> names;
  for (const Point& point : figure.points) {
    if (std::ranges::find(names, point.family) == names.end()) names.push_back(point.family);
  }
  return names;
}

/// A disc, a square, a triangle, a diamond, a triangle on its head, a ring, and then again.
std::string mark(std::size_t shape, double x, double y, const std::string& colour) {
  constexpr double r = 4.5;
  const std::string paint = fmt::format("fill=\"{}\" fill-opacity=\"0.8\"", colour);
  switch (shape % 6) {
    case 0: return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" {}/>\n", x, y, r + 1, paint);
    case 1:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" {}/>\n", x - r + 0.5, y - r + 0.5,
                         2 * r - 1, 2 * r - 1, paint);
    case 2: return fmt::format("<path d=\"M{:.1f} {:.1f}l{} {}h{}z\" {}/>\n", x, y - r, r, 2 * r - 1, -2 * r, paint);
    case 4: return fmt::format("<path d=\"M{:.1f} {:.1f}l{} {}h{}z\" {}/>\n", x, y + r, r, -2 * r + 1, -2 * r, paint);
    case 5:
      return fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", x, y, r,
          colour);
    default:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l{} {}l{} {}l{} {}z\" {}/>\n", x, y - r - 1, r, r + 1, -r, r + 1, -r,
                         -r - 1, paint);
  }
}

/// Time saved to the right.
Axis time_axis(const Figure5& figure) {
  Axis axis{left, width, 0, 0, 1};
  for (const Point& point : figure.points) {
    if (!point.saved) continue;
    axis.low = std::min(axis.low, point.saved->value), axis.high = std::max(axis.high, point.saved->value);
  }
  for (const Published& each : published_in_figure5()) axis.high = std::max(axis.high, each.high);
  axis.round();
  return axis;
}

/// Accuracy upwards, from 0 to 100 %.
double y_of(double accuracy, double panel_top) { return panel_top + height * (1 - accuracy); }

std::string draw_panel(const Figure5& figure, const std::string& network, std::size_t pictures, double panel_top) {
  const Axis axis = time_axis(figure);
  const std::vector<std::string> families = families_of(figure);
  std::string svg =
      svg_text(left, panel_top - 26, "start", fmt::format("{}, {} pictures", network, pictures), " class=\"section\"") +
      draw(axis, panel_top, panel_top + height + 6);
  for (int tick = 0; tick <= 100; tick += 20) {
    const double y = y_of(tick / 100.0, panel_top);
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}h{:.1f}\" class=\"tick\"/>\n", left, y, width);
    svg += svg_text(left - 6, y + 4, "end", fmt::format("{}", tick));
  }
  for (const Published& each : published_in_figure5()) {
    svg += fmt::format("<path d=\"M{0:.1f} {1:.1f}v{2:.1f}\" class=\"published\"><title>{3}</title></path>\n",
                       axis.x(each.high), panel_top, height, each.what);
  }
  for (const Point& point : figure.points) {
    if (point.network != network || !point.refused.empty()) continue;
    const auto shape = static_cast<std::size_t>(std::ranges::find(families, point.family) - families.begin());
    svg += mark(shape, axis.x(point.saved ? point.saved->value : 0), y_of(point.accuracy, panel_top),
                colour_of(point.fold));
  }
  return svg + svg_text(left + width, panel_top + height + 18, "end", "time saved, %");
}

std::string draw_legend(const Figure5& figure) {
  std::string svg;
  double x = 8;
  const std::vector<std::string> families = families_of(figure);
  for (std::size_t f = 0; f < families.size(); ++f) {
    svg += mark(f, x, 14, "#1c2330") +
           svg_text(x + 10, 18, "start", families[f] == "none" ? "folding alone" : families[f]);
    x += 40 + 7 * static_cast<double>(families[f].size() + 4);
  }
  x = 8;
  for (const Look& fold : folds) {
    svg += mark(0, x, 32, fold.colour) + svg_text(x + 10, 36, "start", std::string(fold.name));
    x += 70;
  }
  svg += fmt::format("<path d=\"M{:.1f} 25v14\" class=\"published\"/>\n", x);
  return svg + svg_text(x + 10, 36, "start", "published for ResNet-56: pruning, both, quantised and folded");
}

}  // namespace

std::string to_svg(const Figure5& figure) {
  std::string panels;
  double y = top;
  std::size_t n = 0;
  std::string last;
  for (const Point& point : figure.points) {
    if (point.network == last) continue;
    last = point.network;
    panels += draw_panel(figure, last, figure.pictures[n++], y);
    y += height + gap;
  }
  std::string start = svg_start(left + width + right, y - gap + 40, "Accuracy (%) against time saved (%)");
  start.insert(4, " xmlns=\"http://www.w3.org/2000/svg\"");
  return start + style + draw_legend(figure) + panels + "</svg>\n";
}

}  // namespace banoff::bench
