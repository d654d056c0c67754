// Choosing between ways to compute the same thing by measuring them, once per machine.
#pragma once

#include <map>
#include <mutex>

#include "kernels/gpu/backend.hpp"
#include "kernels/gpu/tuning_file.hpp"

namespace banoff::gpu {

class Tuner {
 public:
  /// `file` may be empty: then nothing is kept. Without `measure` the first way is taken, unless the file knows better.
  Tuner(std::shared_ptr<const Backend> backend, std::filesystem::path file, bool measure);

  /// The place in `names` of the fastest way to compute what `key` describes. `run` queues way i.
  [[nodiscard]] std::size_t choose(const std::string& key, const std::vector<std::string>& names,
                                   const std::function<void(std::size_t, Queue&)>& run);

 private:
  std::shared_ptr<const Backend> backend_;
  std::filesystem::path file_;
  bool measure_;
  std::mutex mutex_;
  Tunings known_;
};

}  // namespace banoff::gpu
