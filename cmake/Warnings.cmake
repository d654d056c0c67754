# Warnings and sanitizers for banoff's own code; never exported.
add_library(banoff_warnings INTERFACE)
target_compile_options(banoff_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion
  $<$<BOOL:${BANOFF_WERROR}>:-Werror>)
if(BANOFF_SANITIZE)
  add_compile_options(-fsanitize=${BANOFF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BANOFF_SANITIZE})
endif()
