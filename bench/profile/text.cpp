// A profile as tables for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/profile/grids.hpp"

namespace banoff::bench {

namespace {

/// "-" where there is none, or where it is not known.
std::string cell(std::optional<double> value, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value) : "-";
}

std::string shapes_of(const StepInfo& step) {
  std::vector<std::string> shapes;
  for (const TensorInfo& output : step.outputs) shapes.push_back((output.bounded ? "<=" : "") + output.shape.str());
  return fmt::format("{}", fmt::join(shapes, ", "));
}

void add_rates(std::vector<std::string>& row, const Rates& rates, std::size_t bytes) {
  row.push_back(cell(rates.gflops, "{:.1f}"));
  row.push_back(cell(rates.peak_percent, "{:.1f}"));
  row.push_back(fmt::format("{:.3f}", static_cast<double>(bytes) / 1e6));
  row.push_back(cell(rates.gb_per_s, "{:.1f}"));
  row.push_back(cell(rates.bandwidth_percent, "{:.0f}"));
}

const std::vector<std::string> rate_titles{"GFLOP/s", "% peak", "MB", "GB/s", "% bandw."};

std::vector<std::string> with_rates(std::vector<std::string> head) {
  head.insert(head.end(), rate_titles.begin(), rate_titles.end());
  return head;
}

Grid group_grid(const Profile& profile, const std::string& what, const std::vector<ProfileGroup>& groups) {
  Grid grid{"", with_rates({what, "kernels", "least us", "%"}), {}};
  for (const ProfileGroup& group : groups) {
    auto& row = grid.rows.emplace_back();
    row = {group.name, std::to_string(group.kernels), fmt::format("{:.1f}", group.least_us),
           fmt::format("{:.1f}", share_percent(profile, group.least_us))};
    add_rates(row, rates(profile, group), group.bytes);
  }
  return grid;
}

}  // namespace

std::string name_of_way(const Profile& p) {
  std::string way = p.method;
  if (!p.activations.empty()) way += ", " + p.activations;
  if (p.norms == "fused" || p.norms == "separate") way += ", norms " + p.norms;
  return way;
}

std::string subject_line(const Profile& p) {
  return fmt::format("{} on {}, {} thread{}, batch {}", p.model, p.device, p.ceilings.threads,
                     p.ceilings.threads == 1 ? "" : "s", p.batch);
}

std::string machine_line(const ProfileReport& report) {
  const MachineInfo& m = report.machine;
  return fmt::format("{} ({} of {} processors), {}, load {:.2f}", m.cpu, m.usable, m.processors, m.onednn,
                     report.load_average);
}

std::string ops_of(const StepInfo& step) {
  return step.ops.empty() ? step.kind : fmt::format("{}", fmt::join(step.ops, "+"));
}

std::string ceilings_line(const Ceilings& c) {
  const std::string peak =
      c.gflops > 0 ? fmt::format("{:.1f} GFLOP/s ({} bits)", c.gflops, c.vector_bits) : "not known";
  const std::string bandwidth = c.gb_per_s > 0 ? fmt::format("{:.1f} GB/s", c.gb_per_s) : "not known";
  return fmt::format("peak {}, bandwidth {}", peak, bandwidth);
}

std::string totals_line(const Profile& p) {
  const Times kernels = sum(p);
  return fmt::format(
      "{} kernels {:.1f} us (medians: {:.1f}), a whole run {:.1f} us (median: {:.1f}): the sum is {:.1f} % of it; {} "
      "runs",
      p.steps.size(), kernels.least_us, kernels.median_us, p.run.least_us, p.run.median_us,
      p.run.least_us > 0 ? 100 * kernels.least_us / p.run.least_us : 0, p.runs);
}

Grid steps_grid(const Profile& profile, StepOrder order) {
  Grid grid{
      "", with_rates({"kernel of", "op", "implementation", "layouts", "output", "least us", "median", "%"}), {}, 5};
  std::vector<const ProfiledStep*> steps;
  for (const ProfiledStep& step : profile.steps) steps.push_back(&step);
  if (order == StepOrder::time)
    std::ranges::stable_sort(steps, std::greater(), [](const ProfiledStep* step) { return step->time.least_us; });
  for (const ProfiledStep* each : steps) {
    const StepInfo& step = each->step;
    grid.rows.push_back({step.label, ops_of(step), step.implementation, step.layouts, shapes_of(step),
                         fmt::format("{:.1f}", each->time.least_us), fmt::format("{:.1f}", each->time.median_us),
                         fmt::format("{:.1f}", share_percent(profile, each->time.least_us))});
    add_rates(grid.rows.back(), rates(profile, *each), step.bytes);
  }
  return grid;
}

Grid kinds_grid(const Profile& profile) { return group_grid(profile, "op", by_kind(profile)); }
Grid implementations_grid(const Profile& profile) {
  return group_grid(profile, "implementation", by_implementation(profile));
}

std::string to_text(const Profile& profile, StepOrder order) {
  const std::string note = profile.note.empty() ? "" : fmt::format("note: {}\n", profile.note);
  return fmt::format("{}: {}\n{}\n{}{}{}\n{}\n{}", subject_line(profile), name_of_way(profile),
                     ceilings_line(profile.ceilings), to_text(steps_grid(profile, order)), to_text(kinds_grid(profile)),
                     to_text(implementations_grid(profile)), totals_line(profile), note);
}

std::string to_text(const ProfileReport& report, StepOrder order) {
  std::string text = machine_line(report) + '\n';
  for (const Profile& profile : report.profiles) text += '\n' + to_text(profile, order);
  return text;
}

}  // namespace banoff::bench
