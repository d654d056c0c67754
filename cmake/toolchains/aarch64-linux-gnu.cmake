# For 64-bit Arm, by Debian's g++-aarch64-linux-gnu. Libraries come from BANOFF_AARCH64_PREFIX, where Debian's arm64
# packages are unpacked, and programs run under QEMU, on a processor with NEON and no wider vectors
# (scripts/check_neon.sh).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -cpu cortex-a72 -L ${BANOFF_AARCH64_PREFIX})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES BANOFF_AARCH64_PREFIX)

# Where those libraries find each other.
set(CMAKE_EXE_LINKER_FLAGS_INIT -Wl,-rpath-link,${BANOFF_AARCH64_PREFIX}/usr/lib/aarch64-linux-gnu)

set(CMAKE_FIND_ROOT_PATH ${BANOFF_AARCH64_PREFIX})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
