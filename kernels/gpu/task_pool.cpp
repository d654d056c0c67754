#include "kernels/gpu/task_pool.hpp"

#include <algorithm>

namespace banoff::gpu {

TaskPool::TaskPool(std::size_t most_threads)
    : most_threads_(std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most_threads)) {}

TaskPool::~TaskPool() {
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  some_to_do_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void TaskPool::run(std::vector<std::function<void()>> tasks) {
  std::unique_lock lock(mutex_);
  // Before the tasks: when there is no thread to be had, none of them may wait for one.
  while (threads_.size() < std::min(most_threads_, tasks.size())) threads_.emplace_back([this] { work(); });
  std::size_t left = tasks.size();
  for (auto& task : tasks) {
    waiting_.push([this, &left, task = std::move(task)] {
      task();
      const std::scoped_lock done(mutex_);
      if (--left == 0) some_done_.notify_all();
    });
  }
  some_to_do_.notify_all();
  some_done_.wait(lock, [&] { return left == 0; });
}

void TaskPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    some_to_do_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto task = std::move(waiting_.front());
    waiting_.pop();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace banoff::gpu
