// The files of the network that is being measured.
#pragma once

#include "bench/stacks/session.hpp"
#include "bench/table/child.hpp"

namespace banoff::bench {

/// Pixels at which made-up norms are calibrated: at 64 the deepest EfficientNet loses all its digits at its own size.
constexpr std::int64_t calibrated_side = 224;

/// One network at one batch size for as long as its cells are measured: weights are made up once for all of them, and
/// what other frameworks read is written once. The files go with this.
class NetworkFiles {
 public:
  /// `bench` has the network file, how to load it, the batch, and how to fold. Without weights in it they are made up
  /// from `seed`. Nothing is done until it is asked for.
  NetworkFiles(BenchOptions bench, std::uint64_t seed, std::filesystem::path folder);
  ~NetworkFiles();
  NetworkFiles(const NetworkFiles&) = delete;
  NetworkFiles& operator=(const NetworkFiles&) = delete;

  [[nodiscard]] const std::filesystem::path& network() const { return network_; }
  /// Points these options at the network's files. Throws what loading throws.
  void prepare(BenchOptions& bench, const Ears& ears);
  /// The network as ONNX, folded in every way; one file for ways that come to the same. Throws what loading, folding or
  /// writing throws.
  [[nodiscard]] const OnnxFiles& onnx(const Ears& ears);

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& ending) const;

  BenchOptions bench_;
  std::uint64_t seed_;
  std::filesystem::path network_, base_;
  bool made_up_ = false;
  OnnxFiles onnx_;
};

}  // namespace banoff::bench
