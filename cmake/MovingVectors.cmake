# A std::vector that moves whenever it grows, so that the address sanitizer sees every reference, span and iterator that
# was kept across the growth; otherwise such a fault shows only where the capacity happens to be used up. From 64
# elements on it grows as ever: by then it has moved 64 times. Made from the compiler's own libstdc++.
if(NOT BANOFF_MOVING_VECTORS)
  return()
endif()
find_file(BANOFF_STL_VECTOR bits/stl_vector.h PATHS ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES} NO_DEFAULT_PATH REQUIRED)
file(READ "${BANOFF_STL_VECTOR}" text)
string(REPLACE "size() + (std::max)(size(), __n)" "size() + (size() < 64 ? __n : (std::max)(size(), __n))" moving "${text}")
if(moving STREQUAL text)
  message(FATAL_ERROR "BANOFF_MOVING_VECTORS: ${BANOFF_STL_VECTOR} grows vectors in another way than expected")
endif()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/moving_vectors/bits/stl_vector.h CONTENT "@moving@" @ONLY NEWLINE_STYLE UNIX)
include_directories(BEFORE SYSTEM ${PROJECT_BINARY_DIR}/moving_vectors)
