# Third-party libraries, all from the distribution. banoff_dependencies is what banoff's own code links.
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(dnnl CONFIG REQUIRED)
find_package(Threads REQUIRED)
find_path(STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb REQUIRED)

add_library(banoff_dependencies INTERFACE)
target_link_libraries(banoff_dependencies INTERFACE fmt::fmt yaml-cpp nlohmann_json::nlohmann_json DNNL::dnnl Threads::Threads)
target_include_directories(banoff_dependencies SYSTEM INTERFACE ${STB_INCLUDE_DIR})
