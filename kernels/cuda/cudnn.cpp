#include "kernels/cuda/cudnn.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace banoff::cuda {

namespace {

constexpr const char* library_name = "libcudnn.so.9";

/// The library stays loaded: cuDNN keeps threads and handles that outlive any owner of ours.
void* open_library() {
  const char* named = std::getenv("BANOFF_CUDNN");  // read once, when the first device is made
  if (void* library = ::dlopen(named == nullptr ? library_name : named, RTLD_NOW | RTLD_LOCAL)) return library;
  const char* why = ::dlerror();
  fail(ErrorKind::refused, "no cuDNN 9: {} (BANOFF_CUDNN may name the library)", why == nullptr ? library_name : why);
}

Cudnn load() {
  void* const library = open_library();
  Cudnn table;
#define BANOFF_LOAD(name)                                                       \
  table.name = reinterpret_cast<decltype(table.name)>(::dlsym(library, #name)); \
  if (table.name == nullptr) fail(ErrorKind::refused, "this cuDNN has no function {}", #name);
  BANOFF_CUDNN_FUNCTIONS(BANOFF_LOAD)
#undef BANOFF_LOAD
  constexpr std::size_t oldest = 90000;
  if (table.cudnnGetVersion() < oldest) fail(ErrorKind::refused, "cuDNN {} is older than 9", table.version());
  return table;
}

}  // namespace

std::string Cudnn::version() const {
  const std::size_t v = cudnnGetVersion();
  return fmt::format("{}.{}.{}", v / 10000, v / 100 % 100, v % 100);
}

const Cudnn& cudnn() {
  static const Cudnn table = load();
  return table;
}

void check(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  constexpr std::size_t most = 1024;
  std::array<char, most> why{};
  cudnn().cudnnGetLastErrorString(why.data(), most - 1);
  std::string text = why.data();
  std::ranges::replace(text, '\n', ' ');
  fail(ErrorKind::refused, "{}: {} ({}){}{}", call, cudnn().cudnnGetErrorString(status), static_cast<int>(status),
       text.empty() ? "" : ": ", text);
}

}  // namespace banoff::cuda
