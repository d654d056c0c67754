#include "bench/html/profile_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/html/escape.hpp"
#include "bench/html/svg.hpp"
#include "bench/profile/grids.hpp"
#include "bench/profile/layer_rows.hpp"

namespace banoff::bench {

namespace {

constexpr double label_width = 210, plot_width = 640, right = 190;
constexpr double net_bar = 22, bar_height = 11, gap = 9, line = 18;
constexpr std::array palette{"#1b6ca8", "#d1622b", "#3d8a4a", "#7b4f9e", "#b8962e",
                             "#2a9d9a", "#c2447a", "#6b8f1f", "#8c5a3c", "#4a5fc1"};
constexpr const char* grey = "#9aa3b0";

/// Longer times are told in milliseconds.
struct Unit {
  std::string name;
  double us;
};
Unit unit_of(double us) { return us >= 1000 ? Unit{"ms", 1000} : Unit{"us", 1}; }

std::string in_unit(double us) {
  const Unit unit = unit_of(us);
  return fmt::format("{:.{}f} {}", us / unit.us, unit.us > 1 ? 2 : 1, unit.name);
}

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 34;
  return text.size() <= most ? text : "…" + text.substr(text.size() - most + 1);
}

/// A part of a bar from one time to another, with what is told of it.
std::string part(const Axis& axis, double unit, double from_us, double to_us, double y, double height,
                 const std::string& kind, const std::string& colour, const std::string& told) {
  constexpr double seen = 0.4;  // what is narrower would not be drawn
  const double x = axis.x(from_us / unit);
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.1f}\" fill=\"{}\" stroke=\"#fff\" "
      "stroke-width=\"0.5\"><title>{}</title></rect>\n",
      kind, x, y, std::max(axis.x(to_us / unit) - x, seen), height, colour, escaped(told));
}

std::string percent_text(std::optional<double> percent, const char* of_what) {
  return percent ? fmt::format(" ({:.1f} % of {})", *percent, of_what) : "";
}

/// Everything of a kernel, in lines.
std::string details(const Profile& profile, const ProfiledStep& each) {
  const Rates r = rates(profile, each);
  std::string text = fmt::format("{}: {}\n{}, {}\n{}", way_in_plot(profile), each.step.label, ops_of(each.step),
                                 each.step.implementation, each.step.layouts);
  for (const TensorInfo& output : each.step.outputs) text += ", " + output.shape.str();
  text += fmt::format("\n{:.1f} us (median {:.1f}), {:.1f} % of the net", each.time.least_us, each.time.median_us,
                      share_percent(profile, each.time.least_us));
  if (r.gflops) text += fmt::format("\n{:.1f} GFLOP/s{}", *r.gflops, percent_text(r.peak_percent, "the peak"));
  if (r.gb_per_s)
    text += fmt::format("\n{:.1f} GB/s{}", *r.gb_per_s, percent_text(r.bandwidth_percent, "the bandwidth"));
  return text;
}

double sum_of(const std::vector<const ProfiledStep*>& kernels) {
  double us = 0;
  for (const ProfiledStep* kernel : kernels) us += kernel->time.least_us;
  return us;
}

std::string legend(const KindColours& colours, double& y) {
  std::string svg;
  double x = 4;
  for (const std::string& kind : colours.kinds()) {
    const double width = 34 + 6.6 * static_cast<double>(kind.size());
    if (x > 4 && x + width > label_width + plot_width + right) {
      x = 4;
      y += line;
    }
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", x, y + 6,
                       colours.of(kind));
    svg += svg_text(x + 16, y + 16, "start", kind);
    x += width;
  }
  y += line;
  return svg;
}

/// One profile as a bar, its kernels together by kind.
std::string net_bar_of(const Profile& profile, const KindColours& colours, const Axis& axis, double unit, double y) {
  constexpr double least_for_text = 60;
  std::string svg = svg_text(label_width - 8, y + net_bar / 2 + 4, "end", way_in_plot(profile));
  const std::vector<ProfileGroup> groups = by_kind(profile);
  double at = 0;
  for (const std::string& kind : colours.kinds()) {
    const auto group = std::ranges::find(groups, kind, &ProfileGroup::name);
    if (group == groups.end()) continue;
    const double end = at + group->least_us;
    const double share = share_percent(profile, group->least_us);
    const std::string told =
        fmt::format("{}: {}\n{} kernel{}, {}, {:.1f} %", way_in_plot(profile), kind, group->kernels,
                    group->kernels == 1 ? "" : "s", in_unit(group->least_us), share);
    svg += part(axis, unit, at, end, y, net_bar, "kind", colours.of(kind), told);
    const double width = axis.x(end / unit) - axis.x(at / unit);
    const std::string words = fmt::format("{} {:.0f} %", kind, share);
    if (width > std::max(least_for_text, 7.5 * static_cast<double>(words.size()))) {
      svg += svg_text(axis.x(at / unit) + width / 2, y + net_bar / 2 + 4, "middle", words,
                      " class=\"inside\" pointer-events=\"none\"");
    }
    at = end;
  }
  return svg + svg_text(axis.x(at / unit) + 6, y + net_bar / 2 + 4, "start", in_unit(at));
}

}  // namespace

KindColours::KindColours(std::span<const Profile> profiles) {
  std::map<std::string, double> us;
  for (const Profile& profile : profiles) {
    for (const ProfileGroup& group : by_kind(profile)) us[group.name] += group.least_us;
  }
  for (const auto& [kind, time] : us) kinds_.push_back(kind);
  std::ranges::stable_sort(kinds_, std::greater(), [&](const std::string& kind) { return us.at(kind); });
  std::size_t next = 0;
  for (const std::string& kind : kinds_) {
    const bool moves = kind == "reorder" || kind == "copy";
    colours_[kind] = moves || next >= palette.size() ? grey : palette[next++];
  }
}

std::string way_in_plot(const Profile& profile) {
  std::string way = profile.method == "none" ? "unfolded" : profile.method;
  if (profile.activations == "clamp") way += " with clamps";
  if (profile.norms == "fused") way += ", norms fused";
  return way;
}

std::string net_svg(std::span<const Profile> profiles, const KindColours& colours) {
  double longest = 0;
  for (const Profile& profile : profiles) longest = std::max(longest, sum(profile).least_us);
  const Unit unit = unit_of(longest);
  Axis axis{label_width, plot_width, 0, longest / unit.us};
  axis.round();
  double y = 0;
  const std::string kinds = legend(colours, y);
  const double top = y += 30;
  std::string bars;
  for (const Profile& profile : profiles) {
    bars += net_bar_of(profile, colours, axis, unit.us, y);
    y += net_bar + gap;
  }
  return svg_start(label_width + plot_width + right, y, "The network's kernels by op, in " + unit.name) + kinds +
         draw(axis, top, y) + svg_text(label_width - 8, top - 10, "end", unit.name, " class=\"aside\"") + bars +
         "</svg>\n";
}

std::string layers_svg(std::span<const Profile> profiles, const KindColours& colours) {
  const std::vector<LayerRow> rows = layer_rows(profiles);
  double longest = 0;
  for (const LayerRow& row : rows) {
    for (const auto& kernels : row.kernels) longest = std::max(longest, sum_of(kernels));
  }
  const Unit unit = unit_of(longest);
  Axis axis{label_width, plot_width, 0, longest / unit.us};
  axis.round();
  const double top = 30;
  double y = top;
  std::string bars;
  for (const LayerRow& row : rows) {
    const double height = bar_height * static_cast<double>(profiles.size());
    bars += svg_text(label_width - 8, y + height / 2 + 4, "end", shortened(row.label));
    for (std::size_t p = 0; p < profiles.size(); ++p) {
      double at = 0;
      for (const ProfiledStep* kernel : row.kernels[p]) {
        const double end = at + kernel->time.least_us;
        bars += part(axis, unit.us, at, end, y, bar_height - 1, "step", colours.of(kernel->step.kind),
                     details(profiles[p], *kernel));
        at = end;
      }
      bars += svg_text(axis.x(at / unit.us) + 5, y + bar_height - 2, "start",
                       fmt::format("{} {}", in_unit(at), way_in_plot(profiles[p])), " class=\"aside\"");
      y += bar_height;
    }
    y += gap;
  }
  return svg_start(label_width + plot_width + right, y, "The network's kernels by layer, in " + unit.name) +
         draw(axis, top, y) + svg_text(label_width - 8, top - 10, "end", unit.name, " class=\"aside\"") + bars +
         "</svg>\n";
}

}  // namespace banoff::bench
