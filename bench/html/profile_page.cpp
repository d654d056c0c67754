// A profile as one HTML file.
#include <fmt/format.h>

#include <algorithm>

#include "bench/html/document.hpp"
#include "bench/html/escape.hpp"
#include "bench/html/profile_plots.hpp"
#include "bench/profile/grids.hpp"

namespace banoff::bench {

namespace {

bool same_but_for_the_way(const Profile& a, const Profile& b) {
  return a.model == b.model && a.device == b.device && a.ceilings.threads == b.ceilings.threads && a.batch == b.batch;
}

std::string tables(const Profile& profile) {
  return "<details>\n<summary>" + escaped(name_of_way(profile)) + ": " + escaped(totals_line(profile)) +
         "</summary>\n" + to_html(kinds_grid(profile)) + to_html(implementations_grid(profile)) +
         to_html(steps_grid(profile, StepOrder::plan)) + "</details>\n";
}

/// A network on one device, in all the ways in which it was folded.
std::string section(std::span<const Profile> profiles) {
  const Profile& first = profiles.front();
  const KindColours colours(profiles);
  std::string html = fmt::format("<section>\n<h2>{}</h2>\n<p class=\"source\">{}</p>\n", escaped(subject_line(first)),
                                 escaped(ceilings_line(first.ceilings)));
  html += "<h3>The whole network</h3>\n" + net_svg(profiles, colours) + "<h3>Layer by layer</h3>\n" +
          layers_svg(profiles, colours) + "<h3>All numbers</h3>\n";
  for (const Profile& profile : profiles) html += tables(profile);
  return html + "</section>\n";
}

}  // namespace

std::string to_html(const ProfileReport& report) {
  std::string html = "<h1>Where the time goes</h1>\n<p>" + escaped(machine_line(report)) + "</p>\n";
  html +=
      "<p>A part of a bar is a kernel, coloured by the op that does most of its work; hold the pointer over it for all "
      "that is known of it. Times are the least of all runs. A layer's bars stand below each other, way by way: "
      "kernels are paired by the nodes that they compute, and a norm that other ways have folded stands with the "
      "kernel before it.</p>\n";
  const std::vector<Profile>& all = report.profiles;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find_if(begin, all.end(), [&](const Profile& p) { return !same_but_for_the_way(*begin, p); });
    html += section({begin, end});
    begin = end;
  }
  return html_document("banoff: where the time goes", html);
}

}  // namespace banoff::bench
