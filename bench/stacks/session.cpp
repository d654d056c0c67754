#include "bench/stacks/session.hpp"

#include <fmt/format.h>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

/// torch.compile may take minutes for a network of some hundred layers.
constexpr double seconds_to_load = 1200, seconds_to_run = 600;

std::vector<std::string> command_of(const StackPrograms& programs, const StackJob& job) {
  std::vector<std::string> words{
      programs.python.string(), programs.serve.string(), job.stack, "--threads", std::to_string(job.threads), "--batch",
      std::to_string(job.batch)};
  for (const auto& [name, size] : job.network.sizes) {
    words.emplace_back("--size");
    words.push_back(fmt::format("{}={}", name, size));
  }
  // What folds by itself makes the paper's methods' networks of the unfolded file, whatever banoff makes of it.
  const bool itself = folds_itself(job.stack);
  for (const OnnxFile& file : job.network.files) {
    if (itself ? file.about.method == "optimal" : !file.about.same_as.empty()) continue;
    const std::filesystem::path& given = itself ? job.network.files.front().file : file.file;
    words.push_back(fmt::format("{}={}", method_of(file.about), given.string()));
  }
  return words;
}

}  // namespace

std::string method_of(const Result& about) {
  return about.activations == "clamp" ? about.method + "-clamp" : about.method;
}

StackSession::StackSession(const StackPrograms& programs, const StackJob& job, const std::filesystem::path& errors)
    : process_(command_of(programs, job), {fmt::format("OMP_NUM_THREADS={}", job.threads)}, errors),
      about_(ask(seconds_to_load)) {}

Json StackSession::ask(double seconds) {
  const std::string line = process_.answer(seconds);
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) fail(ErrorKind::refused, "an answer that is no JSON: {}", line.substr(0, 200));
  if (json.contains("error")) fail(ErrorKind::refused, "{}", json["error"].get<std::string>());
  return json;
}

std::string StackSession::missing(const std::string& mode, const std::string& method) const {
  const Json failures = about_.value("failures", Json::object());
  for (const std::string& name : {mode, method}) {
    if (failures.contains(name)) return failures[name].get<std::string>();
  }
  const Json& modes = about_.at("modes");
  if (!modes.contains(mode)) return fmt::format("no mode '{}'", mode);
  return modes[mode].contains(method) ? "" : fmt::format("'{}' is not folded there", method);
}

Difference StackSession::difference(const std::string& mode, const std::string& method) const {
  return difference_from_json(about_.at("modes").at(mode).at(method));
}

std::optional<std::pair<std::size_t, std::size_t>> StackSession::folded(const std::string& method) const {
  const Json folded = about_.value("folded", Json::object());
  if (!folded.contains(method)) return std::nullopt;
  return std::pair{folded[method].at(0).get<std::size_t>(), folded[method].at(1).get<std::size_t>()};
}

std::string StackSession::versions() const {
  std::vector<std::string> texts;
  const Json versions = about_.value("versions", Json::object());
  for (const auto& [name, version] : versions.items())
    texts.push_back(fmt::format("{} {}", name, version.get<std::string>()));
  return fmt::format("{}", fmt::join(texts, ", "));
}

Block StackSession::run(const std::string& mode, const std::string& method, int runs) {
  process_.tell(fmt::format("{} {} {}", mode, method, runs));
  const Json times = ask(seconds_to_run * runs);
  const auto wall = times.at("wall_ms").get<std::vector<double>>(), cpu = times.at("cpu_ms").get<std::vector<double>>();
  if (wall.size() != static_cast<std::size_t>(runs) || cpu.size() != wall.size())
    fail(ErrorKind::refused, "{} times for {} runs", wall.size(), runs);
  return block_of(wall, cpu);
}

}  // namespace banoff::bench
