// A few threads for work that waits for a library's compiler.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace banoff::gpu {

/// Its threads start with the first tasks, sleep between tasks, and end with it.
class TaskPool {
 public:
  /// At most so many threads, and no more than the machine has cores.
  explicit TaskPool(std::size_t most_threads);
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// Returns when all are done. Tasks do not throw.
  void run(std::vector<std::function<void()>> tasks);
  [[nodiscard]] std::size_t most_threads() const { return most_threads_; }

 private:
  void work();

  std::size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable some_to_do_, some_done_;
  std::queue<std::function<void()>> waiting_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace banoff::gpu
