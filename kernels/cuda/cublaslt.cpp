#include "kernels/cuda/cublaslt.hpp"

#include <dlfcn.h>

#include <cstdlib>

namespace banoff::cuda {

namespace {

/// The library stays loaded: handles may outlive any owner of ours.
void* open_library() {
  if (const char* named = std::getenv("BANOFF_CUBLASLT")) {  // read once, when the first product is asked for
    if (void* library = ::dlopen(named, RTLD_NOW | RTLD_LOCAL)) return library;
  } else {
    for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12"})
      if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  const char* why = ::dlerror();
  fail(ErrorKind::refused, "no cuBLASLt: {} (BANOFF_CUBLASLT may name the library)", why == nullptr ? "" : why);
}

CublasLt load() {
  void* const library = open_library();
  CublasLt table;
#define BANOFF_LOAD(name)                                                       \
  table.name = reinterpret_cast<decltype(table.name)>(::dlsym(library, #name)); \
  if (table.name == nullptr) fail(ErrorKind::refused, "this cuBLASLt has no function {}", #name);
  BANOFF_CUBLASLT_FUNCTIONS(BANOFF_LOAD)
#undef BANOFF_LOAD
  return table;
}

}  // namespace

const CublasLt& cublaslt() {
  static const CublasLt table = load();
  return table;
}

std::string cublaslt_version() {
  try {
    const std::size_t v = cublaslt().cublasLtGetVersion();
    return fmt::format("cuBLASLt {}.{}.{}", v / 10000, v / 100 % 100, v % 100);
  } catch (const Error&) {
    return "no cuBLASLt";
  }
}

}  // namespace banoff::cuda
