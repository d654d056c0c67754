#include "kernels/cpu/team.hpp"

#include <hwy/cache_control.h>
#include <omp.h>

#include <algorithm>
#include <exception>

namespace banoff::cpu {

namespace {

using Clock = std::chrono::steady_clock;

/// Some times what waking a thread takes, and little of the time that a scheduler gives to a thread at once.
constexpr Clock::duration longest = std::chrono::microseconds(50);

}  // namespace

Team::Patience::Patience() : left_(longest) {}

void Team::Patience::await_change(const std::atomic<std::uint32_t>& word, std::uint32_t old) {
  const auto changed = [&] { return word.load(std::memory_order_acquire) != old; };
  if (changed()) return;
  const Clock::time_point end = Clock::now() + left_;
  do {
    for (int i = 0; i < 16; ++i) {
      if (changed()) {
        left_ = std::min(longest, 2 * left_ + longest / 16);
        return;
      }
      hwy::Pause();
    }
  } while (Clock::now() < end);
  left_ /= 2;
  word.wait(old, std::memory_order_acquire);
}

constinit thread_local Team* Team::led_ = nullptr;

void Team::run(const std::function<void()>& work) {
  Team team;
  std::exception_ptr failure;  // no exception may leave a parallel region
#pragma omp parallel
  if (const int thread = omp_get_thread_num(); thread > 0) {
    team.follow(thread);
  } else {
    try {
      team.lead(omp_get_num_threads(), work);
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void Team::lead(int threads, const std::function<void()>& work) {
  if (threads == 1) return work();
  class Leading {
   public:
    explicit Leading(Team& team) : team_(team) { led_ = &team; }
    ~Leading() {
      led_ = nullptr;
      team_.hand_out({});
    }
    Leading(const Leading&) = delete;
    Leading& operator=(const Leading&) = delete;

   private:
    Team& team_;
  };
  threads_ = threads;
  const Leading leading(*this);
  work();
}

void Team::follow(int thread) {
  Patience patience;
  for (std::uint32_t turn = 0;; ++turn) {
    patience.await_change(turn_, turn);
    if (loop_.part == nullptr) return;
    loop_.part(loop_.context, thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void Team::share(const Loop& loop) {
  hand_out(loop);
  led_ = nullptr;  // a loop inside this one is for the thread that comes to it
  loop.part(loop.context, 0);
  led_ = this;
  for (std::uint32_t busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) patience_.await_change(busy_, busy);
}

void Team::hand_out(const Loop& loop) {
  loop_ = loop;
  busy_.store(static_cast<std::uint32_t>(threads_ - 1), std::memory_order_relaxed);
  turn_.fetch_add(1);
  turn_.notify_all();
}

}  // namespace banoff::cpu
