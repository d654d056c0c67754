#include "bench/figure/figure5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "bench/measure/log.hpp"

namespace banoff::bench {

namespace {

/// A network to be timed, and the point that is told of it.
struct Entry {
  Point point;
  std::unique_ptr<Session> session;
};

Model made_by(const Approach& approach, const Model& given, const DeviceOptions& device) {
  FoldOptions fold;
  fold.method = approach.fold;
  QuantizeOptions integers;
  integers.threads = device.threads;
  if (approach.integers && !approach.compress) {
    integers.fold.method = approach.fold;
    return given.quantize(integers).first;
  }
  Model model = approach.fold == Method::none ? given : given.fold(fold, device).first;
  if (approach.compress) model = approach.compress(model);
  if (!approach.integers) return model;
  integers.fold.method = Method::none;
  return model.quantize(integers).first;
}

Entry enter(const Exam& exam, const Approach& approach, DeviceOptions device) {
  Entry entry;
  Point& point = entry.point;
  point.network = exam.model.name();
  point.family = approach.family, point.setting = approach.setting, point.fold = name_of(approach.fold);
  device.fuse_norms = approach.fuse_norms;
  std::optional<Model> made;
  try {
    made = made_by(approach, exam.model, device);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    point.refused = error.what();
    return entry;
  }
  const Model& model = *made;
  for (const LayerInfo& layer : model.layers()) point.parameters += layer.parameters, point.flops += layer.flops;
  point.accuracy = accuracy_of(model, exam.examples, device);
  entry.session = std::make_unique<Session>(CompiledModel::compile(model, device));
  return entry;
}

/// Times all sessions in turn, and tells what each saves against the first.
void time_all(std::vector<Entry>& entries, const DeviceOptions& device, const Timing& timing,
              const std::function<void(double)>& progress) {
  std::vector<Subject> subjects;
  std::vector<Point*> points;
  for (Entry& entry : entries) {
    if (!entry.session) continue;
    points.push_back(&entry.point);
    subjects.push_back(subject_of(
        fmt::format("{}/{}/{}/{}", entry.point.network, entry.point.family, entry.point.setting, entry.point.fold),
        [session = entry.session.get()] { session->run(); }));
  }
  const Clock clock = clock_for(device.name, device.threads);
  Log log;
  const std::vector<Passes> passes = measure(subjects, timing, clock, log, progress);
  std::vector<std::vector<Sample>> medians(passes.size());
  for (std::size_t i = 0; i < passes.size(); ++i) {
    double least = at(passes[i].front().front(), clock);
    for (const Block& block : passes[i]) {
      medians[i].push_back(median_of(block));
      for (const auto& sample : block) least = std::min(least, at(sample, clock));
    }
    points[i]->min_ms = least;
    if (i > 0) points[i]->saved = saved_percent(medians.front(), medians[i], clock);
  }
}

}  // namespace

const std::vector<Published>& published_in_figure5() {
  static const std::vector<Published> published{{"pruning alone, at most", 50.23, 50.23},
                                                {"pruning and folding, at most", 59.2, 59.2},
                                                {"quantisation and folding", 50.5, 65.8}};
  return published;
}

Figure5 run_figure5(const std::vector<Exam>& exams, const std::vector<Approach>& approaches,
                    const DeviceOptions& device, const Timing& timing,
                    const std::function<void(const std::string&)>& say, const std::function<void(double)>& progress) {
  Figure5 figure{machine(), device, {}, {}};
  for (std::size_t e = 0; e < exams.size(); ++e) {
    const Exam& exam = exams[e];
    say(fmt::format("{}: {} approaches on {} pictures", exam.model.name(), approaches.size(),
                    exam.examples.images.size()));
    std::vector<Entry> entries;
    for (const Approach& approach : approaches) entries.push_back(enter(exam, approach, device));
    time_all(entries, device, timing,
             [&](double share) { progress((static_cast<double>(e) + share) / static_cast<double>(exams.size())); });
    for (Entry& entry : entries) figure.points.push_back(std::move(entry.point));
    figure.pictures.push_back(exam.examples.images.size());
  }
  return figure;
}

}  // namespace banoff::bench
