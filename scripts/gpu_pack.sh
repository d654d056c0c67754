#!/usr/bin/env bash
# Puts what a machine with a GPU needs to run scripts/gpu_check.sh into build/gpu: the command and the GPU tests, stripped,
# and the libraries they load that such a machine may lack. Nothing has to be installed there but NVIDIA's driver and cuDNN.
# Usage: scripts/gpu_pack.sh [ARCHITECTURE…]; the architectures are 90 (H100, H200) unless given, as CMake calls them.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
architectures=90
if (($#)); then architectures=$(IFS=';' && echo "$*"); fi

say "building for $architectures"
cmake --preset cuda --log-level=WARNING "-DCMAKE_CUDA_ARCHITECTURES=$architectures"
cmake --build --preset cuda -j "$jobs" --target banoff_cli test_gpu

say "packing"
pack=$root/build/gpu
rm -rf "$pack"
mkdir -p "$pack/bin" "$pack/lib"
for program in build/cuda/cli/banoff build/cuda/tests/gpu/test_gpu; do
  strip -o "$pack/bin/$(basename "$program")" "$program"
done
# The C library and what comes with every compiler is the machine's own.
ldd "$pack"/bin/* | awk '/=> \// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux[^/]*)\.so' |
  while read -r library; do strip -o "$pack/lib/$(basename "$library")" "$(readlink -f "$library")"; done
du -sh "$pack" >&2
