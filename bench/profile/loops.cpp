#include "bench/profile/loops.hpp"

#include <omp.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace banoff::bench {

namespace {

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) float fma_of_8(std::int64_t rounds) {
  __m256 sums[fma_chains];
  for (__m256& sum : sums) sum = _mm256_set1_ps(1.0F);
  const __m256 factor = _mm256_set1_ps(0.999999F);
  const __m256 term = _mm256_set1_ps(1e-6F);
  for (std::int64_t i = 0; i < rounds; ++i) {
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, term);
  }
  float total = 0;
  for (const __m256& sum : sums) total += _mm256_cvtss_f32(sum);
  return total;
}

__attribute__((target("avx512f"))) float fma_of_16(std::int64_t rounds) {
  __m512 sums[fma_chains];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1.0F);
  const __m512 factor = _mm512_set1_ps(0.999999F);
  const __m512 term = _mm512_set1_ps(1e-6F);
  for (std::int64_t i = 0; i < rounds; ++i) {
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, term);
  }
  float total = 0;
  for (const __m512& sum : sums) total += _mm512_cvtss_f32(sum);
  return total;
}
#endif

struct Range {
  std::size_t begin, end;
};

/// What of these elements the calling thread has to do.
Range share_of_thread(std::size_t begin, std::size_t count) {
  const auto thread = static_cast<std::size_t>(omp_get_thread_num());
  const auto threads = static_cast<std::size_t>(omp_get_num_threads());
  return {begin + count * thread / threads, begin + count * (thread + 1) / threads};
}

}  // namespace

FmaLoop fma_loop(int vector_bits) {
#if defined(__x86_64__)
  if (vector_bits == 256) return fma_of_8;
  if (vector_bits == 512) return fma_of_16;
#endif
  (void)vector_bits;
  return nullptr;
}

double rounds_per_second(int threads, FmaLoop loop, std::int64_t rounds) {
  double rate = 0;
#pragma omp parallel num_threads(threads) reduction(+ : rate)
  {
#pragma omp barrier
    const double start = omp_get_wtime();
    volatile const float kept = loop(rounds);
    (void)kept;
    rate += static_cast<double>(rounds) / (omp_get_wtime() - start);
  }
  return rate;
}

Arrays::Arrays(std::size_t parts, std::size_t count_of_part, int threads)
    : parts_(parts),
      count_of_part_(count_of_part),
      a_(std::make_unique_for_overwrite<float[]>(parts * count_of_part)),
      b_(std::make_unique_for_overwrite<float[]>(parts * count_of_part)),
      c_(std::make_unique_for_overwrite<float[]>(parts * count_of_part)) {
#pragma omp parallel num_threads(threads)
  for (std::size_t part = 0; part < parts_; ++part) {
    const Range mine = share_of_thread(part * count_of_part_, count_of_part_);
    for (std::size_t i = mine.begin; i < mine.end; ++i) {
      a_[i] = 0;
      b_[i] = 1;
      c_[i] = 2;
    }
  }
}

double Arrays::triad(std::size_t part, int threads) const {
  float* const a = a_.get();
  const float* const b = b_.get();
  const float* const c = c_.get();
  double rate = 0;
#pragma omp parallel num_threads(threads) reduction(+ : rate)
  {
    const Range mine = share_of_thread(part * count_of_part_, count_of_part_);
#pragma omp barrier
    const double start = omp_get_wtime();
    for (std::size_t i = mine.begin; i < mine.end; ++i) a[i] = b[i] + 0.5F * c[i];
    rate += static_cast<double>(mine.end - mine.begin) / (omp_get_wtime() - start);
  }
  return rate;
}

}  // namespace banoff::bench
