// Runs a job as a GPU would, one thread after the other.
#pragma once

#include <vector>

#include "kernels/gpu/job.hpp"

namespace banoff::test {

/// A team of threads that take turns.
struct HostTeam {
  std::vector<std::uint64_t> memory = std::vector<std::uint64_t>(gpu::team_space / 2);

  template <class F>
  void each(int n, const F& f) {
    for (int i = 0; i < n; ++i) f(i);
  }
  int* space() { return reinterpret_cast<int*>(memory.data()); }
  template <class F>
  void once(const F& f) {
    f();
  }
  template <class Alive, class Better>
  int best(int n, const Alive& alive, const Better& better) {
    int found = -1;
    for (int i = 0; i < n; ++i) {
      if (alive(i) && (found < 0 || better(i, found))) found = i;
    }
    return found;
  }
};

/// The parts of a result are joined as a block of threads joins them: halves onto halves.
template <class T, class J>
void reduce_on_host(const J& job) {
  for (int o = 0; o < job.shares.outputs; ++o) {
    std::vector<typename gpu::PartialOf<J, T>::type> parts;
    for (int p = 0; p < job.shares.height; ++p) parts.push_back(job.template part<T>(o, p, job.shares.height));
    for (int half = job.shares.height / 2; half > 0; half /= 2) {
      for (int p = 0; p < half; ++p) {
        const auto i = static_cast<std::size_t>(p);
        parts[i] = job.join(parts[i], parts[i + static_cast<std::size_t>(half)]);
      }
    }
    for (int p = 0; p < job.shares.height; ++p) job.template finish<T>(o, p, job.shares.height, parts[0]);
  }
}

inline void run_on_host(const gpu::Job& any) {
  std::visit(
      [](const auto& job) {
        using J = std::decay_t<decltype(job)>;
        gpu::with_storage(job.type, [&]<class T>(T) {
          if constexpr (gpu::ElementJob<J>) {
            const int items = job.template items<T>();
            for (int i = 0; i < items; ++i) job.template operator()<T>(i);
          } else if constexpr (gpu::ReduceJob<J>) {
            reduce_on_host<T>(job);
          } else {
            HostTeam team;
            for (int i = 0; i < job.teams(); ++i) job(team, i);
          }
        });
      },
      any);
}

}  // namespace banoff::test
