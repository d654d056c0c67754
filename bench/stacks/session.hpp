// One network's files in another framework, ready to be timed.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "bench/bench.hpp"
#include "bench/stacks/catalogue.hpp"
#include "bench/stacks/line_process.hpp"

namespace banoff::bench {

/// A network as ONNX, folded one way.
struct OnnxFile {
  Result about;  ///< method, activations, what folded; `same_as` names the earlier method whose file this is as well
  std::filesystem::path file;
};

struct OnnxFiles {
  std::vector<OnnxFile> files;                ///< the unfolded one first
  std::map<std::string, std::int64_t> sizes;  ///< of what the files leave open, by name
  std::vector<std::string> without;  ///< nodes that the files lack, with all behind them: they have no ONNX form
};

/// What a framework's program is started with.
struct StackJob {
  std::string stack;
  const OnnxFiles& network;
  int threads = 1;
  std::int64_t batch = 1;
};

/// A process of serve.py that has loaded the files and compared their answers. bench/README.md has what is said.
class StackSession {
 public:
  /// Throws refused where the framework cannot take the network, with its reason.
  StackSession(const StackPrograms& programs, const StackJob& job, const std::filesystem::path& errors);

  /// Why the mode or the method is not there; empty where it is.
  [[nodiscard]] std::string missing(const std::string& mode, const std::string& method) const;
  [[nodiscard]] bool has_or_explains(const std::string& mode, const std::string& method) const {
    return about_.at("modes").value(mode, nlohmann::json::object()).contains(method) ||
           about_.value("failures", nlohmann::json::object()).contains(method);
  }
  /// How far the answers are from the unfolded network's in the same mode.
  [[nodiscard]] Difference difference(const std::string& mode, const std::string& method) const;
  /// How many norms the framework itself folded with this method and how many it left, if it is the one that folds.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> folded(const std::string& method) const;
  /// "keras 3.15.1, tensorflow 2.21.0".
  [[nodiscard]] std::string versions() const;
  [[nodiscard]] Block run(const std::string& mode, const std::string& method, int runs);

 private:
  [[nodiscard]] nlohmann::json ask(double seconds);

  LineProcess process_;
  nlohmann::json about_;
};

/// The file's method as the program is told it: "optimal-clamp" with clamps.
[[nodiscard]] std::string method_of(const Result& about);

}  // namespace banoff::bench
