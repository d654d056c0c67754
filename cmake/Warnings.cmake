# Warnings and sanitizers for banoff's own code; never exported.
# GCC's -Wshadow takes the enumerators of a scoped enum for shadowing declarations; Clang's does not.
add_library(banoff_warnings INTERFACE)
# What nvcc hands to the host's compiler is its own output: -Wpedantic would find fault with that.
set(banoff_host_warnings -Wall -Wextra -Wpedantic -Wconversion
  $<IF:$<CXX_COMPILER_ID:GNU>,-Wshadow=local,-Wshadow> $<$<BOOL:${BANOFF_WERROR}>:-Werror>)
target_compile_options(banoff_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:C,CXX>:${banoff_host_warnings}>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra;$<$<BOOL:${BANOFF_WERROR}>:-Werror=all-warnings>>")
if(BANOFF_SANITIZE)
  add_compile_options(-fsanitize=${BANOFF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BANOFF_SANITIZE})
endif()
# Counters that tell libFuzzer where an input led to; without it they do nothing.
if(BANOFF_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "BANOFF_FUZZERS needs Clang: libFuzzer is part of it")
elseif(BANOFF_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
