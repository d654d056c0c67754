# Third-party libraries, all from the distribution. Each is a target banoff_package_NAME, which layers ask for by name
# (Layers.cmake). banoff_dependencies is all of them, for programs that look inside; of OpenMP, which changes how a source
# is compiled, only what there is to link.
# Libraries that are linked also reach the package config and the pkg-config file, for users of a static banoff.
add_library(banoff_dependencies INTERFACE)
set(BANOFF_LINKED_TARGETS "")
set(BANOFF_FIND_DEPENDENCIES "")
set(BANOFF_LINK_FLAGS "")

# banoff_package(NAME header…): a package, and the headers by which it is included if layers that do not ask for it are
# to be kept from it.
function(banoff_package name)
  add_library(banoff_package_${name} INTERFACE)
  set_target_properties(banoff_package_${name} PROPERTIES BANOFF_HEADERS "${ARGN}")
  if(name STREQUAL openmp)
    target_link_libraries(banoff_dependencies INTERFACE $<LINK_ONLY:banoff_package_openmp>)
  else()
    target_link_libraries(banoff_dependencies INTERFACE banoff_package_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY BANOFF_PACKAGES ${name})
endfunction()

# banoff_dependency(NAME TARGET FLAG package [CONFIG] …): finds a library of the package called NAME and links its target.
# FLAG is the same for a bare linker. TARGET may be a list of names, of which the first that exists is taken.
macro(banoff_dependency name candidates flag)
  find_package(${ARGN} REQUIRED)
  unset(banoff_found)
  foreach(banoff_candidate ${candidates})
    if(NOT banoff_found AND TARGET ${banoff_candidate})
      set(banoff_found ${banoff_candidate})
    endif()
  endforeach()
  target_link_libraries(banoff_package_${name} INTERFACE ${banoff_found})
  list(APPEND BANOFF_LINKED_TARGETS ${banoff_found})
  string(REPLACE ";" " " banoff_arguments "${ARGN}")
  string(APPEND BANOFF_FIND_DEPENDENCIES "  find_dependency(${banoff_arguments})\n")
  string(APPEND BANOFF_LINK_FLAGS " ${flag}")
endmacro()

banoff_package(fmt fmt/core.h fmt/format.h fmt/ranges.h)
banoff_dependency(fmt fmt::fmt -lfmt fmt)
banoff_package(yaml yaml-cpp/yaml.h yaml-cpp/parser.h yaml-cpp/eventhandler.h yaml-cpp/exceptions.h)
banoff_dependency(yaml "yaml-cpp::yaml-cpp;yaml-cpp" -lyaml-cpp yaml-cpp)
banoff_package(onednn dnnl.h dnnl.hpp oneapi/dnnl/dnnl.h oneapi/dnnl/dnnl.hpp)
banoff_dependency(onednn DNNL::dnnl -ldnnl dnnl CONFIG)
banoff_package(openmp omp.h)
banoff_dependency(openmp OpenMP::OpenMP_CXX -fopenmp OpenMP COMPONENTS CXX)
banoff_package(spng spng.h)
banoff_dependency(spng SPNG::SPNG -lspng SPNG)
banoff_package(turbojpeg turbojpeg.h)
banoff_dependency(turbojpeg TurboJPEG::TurboJPEG -lturbojpeg TurboJPEG)
banoff_package(threads)
banoff_dependency(threads Threads::Threads -pthread Threads)

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
  banoff_package(onnx onnx/onnx_pb.h onnx/onnx-ml.pb.h google/protobuf/message.h google/protobuf/io/coded_stream.h
    google/protobuf/io/zero_copy_stream_impl_lite.h)
  banoff_dependency(onnx protobuf::libprotobuf -lprotobuf Protobuf)
  banoff_dependency(onnx onnx_proto -lonnx_proto ONNX CONFIG)
endif()

# Header-only: nothing for users of the library to find.
find_package(nlohmann_json REQUIRED)
find_path(STB_INCLUDE_DIR stb_easy_font.h PATH_SUFFIXES stb REQUIRED)
find_path(HIGHWAY_INCLUDE_DIR hwy/highway.h REQUIRED)
banoff_package(highway hwy/highway.h hwy/foreach_target.h)
target_include_directories(banoff_package_highway SYSTEM INTERFACE ${HIGHWAY_INCLUDE_DIR})
# Under sanitizers Highway checks the indices of table look-ups, and calls into its library where they are wrong.
target_compile_definitions(banoff_package_highway INTERFACE HWY_IS_DEBUG_BUILD=0)
banoff_package(json nlohmann/json.hpp nlohmann/json_fwd.hpp)
target_link_libraries(banoff_package_json INTERFACE nlohmann_json::nlohmann_json)
banoff_package(stb stb_easy_font.h)
target_include_directories(banoff_package_stb SYSTEM INTERFACE ${STB_INCLUDE_DIR})

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
  banoff_package(cuda cuda_runtime.h cuda_runtime_api.h cuda.h cudnn.h cublasLt.h)
  banoff_dependency(cuda CUDA::cudart_static "-lcudart_static -ldl -lrt" CUDAToolkit)
  find_path(CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS} REQUIRED)
  target_include_directories(banoff_package_cuda SYSTEM INTERFACE ${CUDNN_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
endif()
