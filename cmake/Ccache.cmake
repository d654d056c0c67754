# Recompiling what was compiled before is what ccache is for. A launcher given from outside wins.
find_program(BANOFF_CCACHE ccache)
if(BANOFF_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BANOFF_CCACHE})
endif()
