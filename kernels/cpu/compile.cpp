#include "kernels/cpu/kernels.hpp"

namespace banoff::cpu {

std::unique_ptr<Kernel> compile(const Region& region, int threads) {
  const auto family = std::visit(
      []<class T>(const T&) -> std::unique_ptr<Kernel> (*)(const Region&, int) {
        if constexpr (std::is_same_v<T, Pool>) return pool;
        else if constexpr (std::is_same_v<T, GlobalPool>) return global_pool;
        else return pointwise;
      },
      node(region, 0).op);
  return family(region, threads);
}

}  // namespace banoff::cpu
