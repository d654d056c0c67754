#include "kernels/cpu/choose_isa.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include "runtime/core/fail.hpp"

namespace banoff::cpu {

#if defined(__x86_64__)

namespace {

/// oneDNN's choice, whose limit (DNNL_MAX_CPU_ISA) may lie below what the processor has, and for whose vectors of 16
/// the layout nChw16c is made.
Isa of_onednn() {
  const bool avx512 = (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
  return avx512 ? Isa::avx512 : Isa::avx2;
}

}  // namespace

Isa isa_of(const std::string& wanted) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    throw Error(ErrorKind::refused, "the cpu device needs a processor with AVX2 and FMA; use --device reference");
  if (wanted.empty()) return of_onednn();
  if (wanted != name_of(Isa::avx2) && wanted != name_of(Isa::avx512))
    fail_usage("unknown instruction set '{}' (there are avx2 and avx512)", wanted);
  if (wanted == name_of(Isa::avx512) && !__builtin_cpu_supports("avx512dq"))
    fail(ErrorKind::refused, "this processor has no AVX-512");
  // Not before an instruction set is asked for: asking settles it.
  if (wanted == name_of(Isa::avx2)) static_cast<void>(dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2));
  const Isa taken = of_onednn();
  if (name_of(taken) != wanted)
    fail(ErrorKind::refused,
         "oneDNN uses {} in this process already; ask for {} before anything else runs, or set DNNL_MAX_CPU_ISA",
         name_of(taken), wanted);
  return taken;
}

#else

Isa isa_of(const std::string& wanted) {
  if (!wanted.empty() && wanted != name_of(Isa::neon))
    fail_usage("unknown instruction set '{}' (there is neon)", wanted);
  return Isa::neon;
}

#endif

}  // namespace banoff::cpu
