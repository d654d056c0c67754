// A team of threads: one block.
#pragma once

#include "kernels/gpu/jobs/select.hpp"

namespace banoff::cuda {

inline constexpr int team_threads = 1024;

/// What jobs ask of a team (kernels/gpu/jobs/select.hpp). Compiled for the host as well, where it is never called.
struct BlockTeam {
  int* shared;  ///< an int for each thread, and the team's space behind them

  BANOFF_HD int* space() { return shared + team_threads; }

  template <class F>
  BANOFF_HD void each(int n, const F& f) {
    for (int i = rank(); i < n; i += team_threads) f(i);
    sync();
  }
  template <class F>
  BANOFF_HD void once(const F& f) {
    if (rank() == 0) f();
    sync();
  }
  template <class Alive, class Better>
  BANOFF_HD int best(int n, const Alive& alive, const Better& better) {
    int found = -1;
    for (int i = rank(); i < n; i += team_threads) {
      if (alive(i) && (found < 0 || better(i, found))) found = i;
    }
    return joined(found, [&](int a, int b) { return a < 0 || (b >= 0 && better(b, a)) ? b : a; });
  }

 private:
  template <class Join>
  BANOFF_HD int joined(int mine, const Join& join) {
    const int me = rank();
    shared[me] = mine;
    for (int half = team_threads / 2; half > 0; half /= 2) {
      sync();
      if (me < half) shared[me] = join(shared[me], shared[me + half]);
    }
    sync();
    const int result = shared[0];
    sync();
    return result;
  }
  BANOFF_HD static int rank() {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(threadIdx.x);
#else
    return 0;
#endif
  }
  BANOFF_HD static void sync() {
#if defined(__CUDA_ARCH__)
    __syncthreads();
#endif
  }
};

}  // namespace banoff::cuda
