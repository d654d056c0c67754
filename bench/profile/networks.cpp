#include <fmt/format.h>

#include <cstdlib>

#include "bench/candidates.hpp"
#include "bench/profile/profile.hpp"

namespace banoff::bench {

ProfileReport profile_networks(const BenchOptions& options, const std::function<void(const std::string&)>& say,
                               const std::function<void(double)>& progress) {
  ProfileReport report;
  report.machine = machine();
  if (::getloadavg(&report.load_average, 1) != 1) report.load_average = 0;
  std::vector<Candidate> rows = candidates(options, say);
  std::vector<ProfileSubject> subjects;
  for (Candidate& row : rows) {
    if (!row.session) continue;
    const Result& r = row.result;
    ProfileSubject& subject = subjects.emplace_back();
    subject.about.model = r.model;
    subject.about.method = r.method;
    subject.about.activations = r.activations;
    subject.about.norms = r.norms;
    subject.about.device = r.device;
    subject.about.batch = r.batch;
    subject.plan = std::move(row.plan);
    subject.session = row.session.get();
  }
  say(fmt::format("profiling {} variants", subjects.size()));
  report.profiles = profile(std::move(subjects), options.timing, progress);
  return report;
}

}  // namespace banoff::bench
