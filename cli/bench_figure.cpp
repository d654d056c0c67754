#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/file.hpp"
#include "bench/figure/figure5.hpp"
#include "cli/bench.hpp"
#include "cli/progress.hpp"

namespace banoff::cli {

int bench_figure5(const BenchCommand& command) {
  const bench::BenchOptions& b = command.bench;
  if (!command.html.empty()) fail_usage("--figure 5 is drawn by --svg");
  if (b.devices.size() > 1 || b.threads.size() > 1) fail_usage("--figure 5 takes one device and one number of threads");
  DeviceOptions device{
      .name = b.devices.front(), .threads = b.threads.front(), .exact_convolutions = b.exact_convolutions};
  if (device.name == "cpu") device.isa = b.isa;
  bench::Timing timing = b.timing;
  if (b.quick) timing = bench::quick_timing(0);
  bench::Figure5 figure;
  {
    Progress progress("measuring", 1000);
    figure = bench::run_figure5(
        bench::figure5_exams(), bench::figure5_approaches(), device, timing,
        [&](const std::string& what) { progress.say(what); }, [&](double share) { progress.set_share(share); });
  }
  if (!command.svg.empty()) write_file_atomically(command.svg, bench::to_svg(figure));
  if (command.json) print_json(bench::to_json(figure));
  else fmt::print("{}", command.markdown ? bench::to_markdown(figure) : bench::to_text(figure));
  return 0;
}

}  // namespace banoff::cli
