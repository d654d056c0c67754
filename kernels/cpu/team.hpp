// Threads that stay awake from one own kernel to the next, so that no loop has to wake them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace banoff::cpu {

/// The threads of one OpenMP parallel region. Thread 0, the leader, runs kernels; the others, the followers, wait for
/// the loops in them, awake for a while and then asleep.
class Team {
 public:
  /// Calls `work` on the calling thread, as the leader of as many threads as a parallel region has here; where that is
  /// one, as inside another parallel region, without a team. Throws what `work` throws.
  static void run(const std::function<void()>& work);

  /// The team that the calling thread leads, or null.
  [[nodiscard]] static Team* led() { return led_; }

  [[nodiscard]] int threads() const { return threads_; }

  /// Calls f(thread) on every thread, and returns when all are done. f must not throw.
  template <class F>
  void on_all(const F& f) {
    share({[](const void* context, int thread) noexcept { (*static_cast<const F*>(context))(thread); }, &f});
  }

  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

 private:
  struct Loop {
    void (*part)(const void* context, int thread) noexcept = nullptr;
    const void* context = nullptr;
  };

  /// How long a thread waits awake: less after it did so in vain, as on a machine with other work to do.
  class Patience {
   public:
    Patience();
    /// Returns when `word` is no longer `old`.
    void await_change(const std::atomic<std::uint32_t>& word, std::uint32_t old);

   private:
    std::chrono::steady_clock::duration left_;
  };

  Team() = default;
  ~Team() = default;
  void lead(int threads, const std::function<void()>& work);
  void follow(int thread);
  void share(const Loop& loop);
  void hand_out(const Loop& loop);

  static constinit thread_local Team* led_;
  int threads_ = 1;  ///< with the leader, who alone writes it, and what follows
  Loop loop_;        ///< the present one; without `part`: the team is dissolved
  Patience patience_;
  alignas(64) std::atomic<std::uint32_t> turn_{0};  ///< how many loops were handed out
  alignas(64) std::atomic<std::uint32_t> busy_{0};  ///< followers that have not finished theirs
};

}  // namespace banoff::cpu
