#!/usr/bin/env bash
# Puts what a machine with a GPU needs for scripts/gpu_check.sh into one archive, build/banoff-gpu.tar.xz: the programs,
# stripped, the libraries that such a machine may lack, which the programs find beside themselves (../lib), the networks,
# tables and op cases, the scripts, and what an earlier call brought back, its measured choices of convolutions with it.
# Nothing has to be installed there but NVIDIA's driver and cuDNN:
#   tar -xf banoff-gpu.tar.xz && OUT=results banoff-gpu/scripts/gpu_check.sh
# Usage: scripts/gpu_pack.sh [--results EARLIER.tar.xz] [ARCHITECTURE…]; the architectures are 90 (H100, H200) unless given,
# as CMake calls them.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
earlier=
if [[ ${1:-} == --results ]]; then
  earlier=$(realpath "$2")
  shift 2
fi
architectures=90
if (($#)); then architectures=$(IFS=';' && echo "$*"); fi
limit_mib=40

say "building for $architectures"
# An rpath of the old kind serves the libraries' own needs too.
cmake --preset cuda --log-level=WARNING "-DCMAKE_CUDA_ARCHITECTURES=$architectures" "-DCMAKE_BUILD_RPATH=\$ORIGIN/../lib" \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags
cmake --build --preset cuda -j "$jobs" --target banoff_cli test_gpu check_gpu

say "packing"
folder=$root/build/gpu-pack/banoff-gpu
rm -rf "$root/build/gpu-pack"
mkdir -p "$folder/bin" "$folder/lib" "$folder/tests/data" "$folder/build"
for program in build/cuda/cli/banoff build/cuda/tests/gpu/test_gpu build/cuda/tests/gpu/check_gpu; do
  strip -o "$folder/bin/$(basename "$program")" "$program"
done
# The C library and what comes with every compiler is the machine's own.
ldd "$folder"/bin/* | awk '/=> \// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux[^/]*)\.so' |
  while read -r library; do strip -o "$folder/lib/$(basename "$library")" "$(readlink -f "$library")"; done
cp -r configs scripts "$folder"
find "$folder/scripts" -name __pycache__ -prune -exec rm -r {} +
cp tests/data/op_cases.json tests/data/op_cases.safetensors "$folder/tests/data"
if [[ -n $earlier ]]; then cp "$earlier" "$folder/build/gpu-check.tar.xz"; fi

# What was packed runs with what was packed: no path of this machine, none but the C library's from outside.
for program in "$folder"/bin/*; do
  found=$(env -u LD_LIBRARY_PATH ldd "$program")
  if grep -q 'not found' <<<"$found"; then die "$program lacks libraries: $found"; fi
  outside=$(awk '/=> \// {print $3}' <<<"$found" | grep -v "^$folder/bin/../lib/" |
    grep -vE '/(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux[^/]*)\.so' || true)
  if [[ -n $outside ]]; then die "$program takes libraries from elsewhere: $outside"; fi
done
"$folder/bin/banoff" devices >/dev/null

archive=$root/build/banoff-gpu.tar.xz
tar -cf - -C "$root/build/gpu-pack" banoff-gpu | xz -T0 -6 >"$archive"
size=$(stat -c %s "$archive")
((size < limit_mib << 20)) || die "$archive has $((size >> 20)) MiB, $limit_mib are the limit"
printf '%s: %d.%d MiB\n' "$archive" $((size >> 20)) $(((size >> 10) % 1024 * 10 / 1024))
