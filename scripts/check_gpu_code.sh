#!/usr/bin/env bash
# What the compiler made of the own GPU kernels, which needs no GPU: none spills registers, the ones below stay within
# theirs, load and store 16 bytes at a time, and wait for the kernel before them where launches overlap.
# Usage: scripts/check_gpu_code.sh [NVCC]; cuobjdump and nvdisasm are looked for beside it, else in PATH.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
nvcc=${1:-/usr/local/cuda/bin/nvcc}
PATH=${nvcc%/*}:$PATH
[[ -x $nvcc ]] || die "no $nvcc"
command -v cuobjdump nvdisasm >/dev/null || die "no cuobjdump or nvdisasm (PyPI: nvidia-cuda-cuobjdump, nvidia-cuda-nvdisasm)"

# Job, most registers, least instructions that load 16 bytes. 64 registers are 8 blocks of 128 threads on a multiprocessor.
limits='
Depthwise<.,.,1>    64 13
Depthwise<.,.,[24]> 128 13
LaneSummary         64 4
DirectConv          64 2
Dot                 64 2
Pointwise           64 2
PoolWindows         64 1
Move                64 2
Slices              32 2
'

build=$root/build/gpu-code
mkdir -p "$build"
say "compiling launch.cu for compute capability 9.0"
"$nvcc" -std=c++20 -O3 -arch=sm_90 -I"$root" -Iruntime/include -Xptxas -v -c kernels/cuda/launch.cu -o "$build/launch.o" \
  2>"$build/ptxas.txt" || { cat "$build/ptxas.txt" >&2; die "it does not compile"; }
cuobjdump -sass "$build/launch.o" >"$build/launch.sass"

# kernel, registers, bytes spilt, 16-byte loads, waits for the kernel before
awk '
  FNR == NR && /Compiling entry function/ { split($0, parts, "\047"); name = parts[2] }
  FNR == NR && /bytes spill stores/ { for (i = 2; i <= NF; ++i) if ($i == "bytes" && $(i + 1) == "spill") spilt[name] += $(i - 1) }
  FNR == NR && /Used [0-9]+ registers/ { for (i = 1; i < NF; ++i) if ($i == "Used") registers[name] = $(i + 1) }
  FNR == NR { next }
  /Function :/ { name = $3 }
  /LDG\.E.*128/ { ++wide[name] }
  /ACQBULK/ { ++waits[name] }
  END { for (name in registers) print registers[name], spilt[name] + 0, wide[name] + 0, waits[name] + 0, name }
' "$build/ptxas.txt" "$build/launch.sass" | c++filt |
  sed -nE 's/void banoff::cuda::\(anonymous namespace\):://; s/banoff::(gpu::)?//g; s/\(.*//; / probe$|cuda::/!p' |
  sed -E 's/, /,/g; s/ >/>/g' | sort -k5 >"$build/kernels.txt"

# run_elements<f16,Move> is the job Move, run_team<KeepBest> the job KeepBest.
awk -v limits="$limits" '
  BEGIN {
    count = split(limits, lines, "\n")
    for (i = 1; i <= count; ++i) if (split(lines[i], f, " ") == 3) { most[f[1]] = f[2]; least[f[1]] = f[3] }
  }
  function complain(text) { print "  " $5 ": " text; ++wrong }
  {
    ++kernels
    if ($2 > 0) complain($2 " bytes of registers spilt")
    if ($4 == 0) complain("does not wait for the kernel before it")
    job = $5
    sub(/^[a-z_]+<((float|f16|bf16),)?/, "", job); sub(/>$/, "", job)
    for (pattern in most) {
      if (job !~ ("^" pattern "$")) continue
      seen[pattern] = 1
      if ($1 > most[pattern]) complain($1 " registers, more than " most[pattern])
      if ($3 < least[pattern]) complain($3 " loads of 16 bytes, fewer than " least[pattern])
    }
  }
  END {
    for (pattern in most) if (!seen[pattern]) { print "  no kernel is called " pattern; ++wrong }
    printf "%d kernels, %d complaints\n", kernels, wrong
    exit (wrong > 0 || kernels == 0)
  }
' "$build/kernels.txt"
