# What nearly every source includes, compiled once for each kind of target: `library`, `program` (compiled for another
# place in memory) and `test` (a program with doctest). Sources include what they use all the same:
# CMAKE_DISABLE_PRECOMPILE_HEADERS builds without.
function(banoff_add_precompiled kind)
  set(target banoff_precompiled_${kind})
  set(source ${PROJECT_BINARY_DIR}/precompiled/${kind}.cpp)  # CMake wants one
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${target} OBJECT ${source})
  target_link_libraries(${target} PRIVATE banoff_dependencies banoff_warnings)
  target_precompile_headers(${target} PRIVATE ${ARGN} <algorithm> <array> <cmath> <cstdint> <filesystem> <functional>
    <map> <memory> <optional> <set> <span> <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
  if(NOT kind STREQUAL library)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE ${CMAKE_CXX_COMPILE_OPTIONS_PIE})
  endif()
endfunction()

# banoff_precompiled(KIND TARGET…): the sources of these targets begin with the headers of that kind.
function(banoff_precompiled kind)
  if(NOT TARGET banoff_precompiled_${kind})
    banoff_add_precompiled(${kind})
  endif()
  foreach(target ${ARGN})
    target_precompile_headers(${target} REUSE_FROM banoff_precompiled_${kind})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
      # What GCC 12 wrongly says of std::string's own copying, it no longer keeps to itself.
      target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:\
-Wno-array-bounds;-Wno-restrict;-Wno-stringop-overflow;-Wno-stringop-overread>")
    endif()
  endforeach()
endfunction()
