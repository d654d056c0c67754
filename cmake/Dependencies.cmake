# Third-party libraries, all from the distribution. banoff_dependencies is what banoff's own code links.
# Libraries that are linked also reach the package config and the pkg-config file, for users of a static banoff.
add_library(banoff_dependencies INTERFACE)
set(BANOFF_LINKED_TARGETS "")
set(BANOFF_FIND_DEPENDENCIES "")
set(BANOFF_LINK_FLAGS "")

# banoff_dependency(TARGET FLAG package [CONFIG] …): finds the package and links its target. FLAG is the same for a
# bare linker. TARGET may be a list of names, of which the first that exists is taken.
macro(banoff_dependency candidates flag)
  find_package(${ARGN} REQUIRED)
  unset(banoff_found)
  foreach(banoff_candidate ${candidates})
    if(NOT banoff_found AND TARGET ${banoff_candidate})
      set(banoff_found ${banoff_candidate})
    endif()
  endforeach()
  target_link_libraries(banoff_dependencies INTERFACE ${banoff_found})
  list(APPEND BANOFF_LINKED_TARGETS ${banoff_found})
  string(REPLACE ";" " " banoff_arguments "${ARGN}")
  string(APPEND BANOFF_FIND_DEPENDENCIES "  find_dependency(${banoff_arguments})\n")
  string(APPEND BANOFF_LINK_FLAGS " ${flag}")
endmacro()

banoff_dependency(fmt::fmt -lfmt fmt)
banoff_dependency("yaml-cpp::yaml-cpp;yaml-cpp" -lyaml-cpp yaml-cpp)
banoff_dependency(DNNL::dnnl -ldnnl dnnl CONFIG)
banoff_dependency(OpenMP::OpenMP_CXX -fopenmp OpenMP COMPONENTS CXX)
banoff_dependency(Threads::Threads -pthread Threads)

# ONNX networks are read where its schema's library is there (Debian: libonnx-dev, libprotobuf-dev).
find_package(Protobuf QUIET)
find_package(ONNX CONFIG QUIET)
if(Protobuf_FOUND AND ONNX_FOUND)
  set(banoff_onnx_found ON)
else()
  set(banoff_onnx_found OFF)
endif()
option(BANOFF_ONNX "Read ONNX networks (needs libonnx-dev and libprotobuf-dev)" ${banoff_onnx_found})
if(BANOFF_ONNX)
  banoff_dependency(protobuf::libprotobuf -lprotobuf Protobuf)
  banoff_dependency(onnx_proto -lonnx_proto ONNX CONFIG)
endif()

# Header-only: nothing for users of the library to find.
find_package(nlohmann_json REQUIRED)
find_path(STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb REQUIRED)
target_link_libraries(banoff_dependencies INTERFACE nlohmann_json::nlohmann_json)
target_include_directories(banoff_dependencies SYSTEM INTERFACE ${STB_INCLUDE_DIR})

# NVIDIA GPUs. The runtime is linked in; the driver and cuDNN, of which only the headers are needed here, are loaded when
# a program asks for the gpu device.
option(BANOFF_CUDA "Build the gpu device (needs the CUDA toolkit and cuDNN's headers)" OFF)
if(BANOFF_CUDA)
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # which CMake 3.25 does not know of nvcc
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
  banoff_dependency(CUDA::cudart_static "-lcudart_static -ldl -lrt" CUDAToolkit)
  find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS} REQUIRED)
  target_include_directories(banoff_dependencies SYSTEM INTERFACE ${CUDNN_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
endif()
