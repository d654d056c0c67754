# What nearly every source includes, compiled once for each kind of target: `layer`, `parallel` (a layer with OpenMP),
# `onnx` (the layer with the schema's headers), `library` (what sees all packages), `program` (compiled for another place
# in memory) and `test` (a program with doctest and all packages). Sources include what they use all the same:
# CMAKE_DISABLE_PRECOMPILE_HEADERS builds without.
function(banoff_add_precompiled kind)
  set(target banoff_precompiled_${kind})
  set(source ${PROJECT_BINARY_DIR}/precompiled/${kind}.cpp)  # CMake wants one
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${target} OBJECT ${source})
  set(packages_of_layer banoff_package_fmt)
  set(packages_of_parallel banoff_package_fmt banoff_package_openmp)
  set(packages_of_onnx banoff_package_fmt banoff_package_onnx)
  set(headers_of_onnx <onnx/onnx_pb.h>)
  set(packages_of_program banoff_package_fmt)
  set(packages_of_library banoff_dependencies)
  set(packages_of_test banoff_dependencies)
  target_link_libraries(${target} PRIVATE ${packages_of_${kind}} banoff_warnings)
  target_precompile_headers(${target} PRIVATE ${ARGN} ${headers_of_${kind}} <algorithm> <array> <cmath> <cstdint> <filesystem> <functional>
    <map> <memory> <optional> <set> <span> <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
  if(kind MATCHES "program|test")
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
