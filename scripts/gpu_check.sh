#!/usr/bin/env bash
# Checks and measures the gpu device on a rented machine with a GPU, in a quarter of an hour: two calls, and time between them
# to mend what the first one shows. Nothing is built or installed: the programs come from the archive of scripts/gpu_pack.sh,
# in which this script lies too, or from build/cuda.
#
# Usage: scripts/gpu_check.sh [--seconds N] [STAGE…]
#        scripts/gpu_check.sh --fake
# The first call runs the first part: facts, the own kernels, cuDNN's ways, every op, speed, PyTorch beside it. The next
# calls run the second: networks of the zoo, tables, compute-sanitizer. Each stage has a limit of its own, and none is started
# after N seconds (default 540). Exit code 75: there is more to do, and the same command goes on where it stopped. What passed
# is not repeated; what failed is, once the programs are others. STAGE… ("speed resnet50"): these alone, whatever was before.
#
# State and results lie in build/gpu-check; after every stage all of it is packed into one archive of a few MiB,
# gpu-results.tar.xz, in the folder that $OUT names or else there. An archive at build/gpu-check.tar.xz (gpu_pack.sh takes an
# earlier call's along) is where a call without any state begins.
#
# --fake rehearses all of it on this machine, from build/dev, with the host in the GPU's place, small networks, and stages that
# hang and crash on purpose; then checks what came back.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
source "$root/scripts/lib/gpu_stages.sh"
if [[ -n ${OUT:-} ]]; then OUT=$(realpath -m "$OUT"); fi
cd "$root"

if [[ ${1:-} == --stage ]]; then
  shift
  run_stage_here "$@"
  exit
fi
if [[ ${1:-} == --fake ]]; then
  exec scripts/lib/gpu_rehearsal.sh
fi
budget=540
if [[ ${1:-} == --seconds ]]; then
  budget=$2
  shift 2
fi
find_programs

if [[ ! -d $state && -e $state.tar.xz ]]; then
  mkdir -p "$state"
  tar -xJf "$state.tar.xz" -C "$state"
fi
mkdir -p "$results" "$marks" "${OUT:-$state}"
[[ -e $state/part ]] || echo 1 >"$state/part"
part=$(<"$state/part")
# Failed stages are worth another try with other programs only.
programs=$(cat "$banoff" "$check" "$tests" | sha256sum | cut -c1-16)

# pack_results: one archive with everything, whole at any time; logs by their ends.
pack_results() {
  local to=${OUT:-$state}/gpu-results.tar.xz copy
  copy=$(mktemp -d)
  cp -r "$state/." "$copy"
  rm -f "$copy/gpu-results.tar.xz" "$copy/gpu-results.tar.xz.part"
  find "$copy" -name '*.log' -size +200k -exec sh -c 'tail -c 200000 "$1" >"$1.end" && mv "$1.end" "$1"' _ {} \;
  tar -cf - -C "$copy" . | xz -2 >"$to.part"
  mv "$to.part" "$to"
  rm -r "$copy"
}

# try_stage LIMIT NAME…: runs the stage within its limit and what is left of the call's time.
try_stage() {
  local limit=$1 started=$SECONDS status=0 left verdict name
  shift
  name=$(name_of "$@")
  left=$((budget - SECONDS))
  if ((left < limit)); then limit=$left; fi
  say "stage $* (at most $limit s)"
  rm -f "$marks/$name".*
  echo "$programs" >"$marks/$name.stopped"  # whatever ends this call
  timeout --kill-after=3 "$limit" bash "$root/scripts/gpu_check.sh" --stage "$@" >"$results/$name.log" 2>&1 || status=$?
  tail -n 6 "$results/$name.log"
  case $status in
    0) verdict=passed ;;
    77) verdict=skipped ;;
    124 | 137) verdict=stopped ;;
    *) verdict=failed ;;
  esac
  if [[ $verdict != stopped ]]; then mv "$marks/$name.stopped" "$marks/$name.$verdict"; fi
  printf '%-36s %4d s of %3d  %-8s %3d\n' "$*" $((SECONDS - started)) "$limit" "$verdict" "$status" | tee -a "$state/stages.txt"
  pack_results
  [[ $verdict == passed || $verdict == skipped ]]
}

# is_done NAME…: passed, not to be had here, or failed with these very programs. What was stopped goes on, and
# every call asks for the facts: whether this machine has a GPU.
is_done() {
  local name
  if [[ $1 == facts ]]; then return 1; fi
  name=$(name_of "$@")
  if [[ -e $marks/$name.passed || -e $marks/$name.skipped ]]; then return 0; fi
  [[ -e $marks/$name.failed ]] && grep -qx "$programs" "$marks/$name.failed"
}

# start_over NAME…: forgets what the stage found so far.
start_over() { rm -f "$results/$(name_of "$@")".*; }

failed=0
if (($#)); then
  for stage in "$@"; do
    # shellcheck disable=SC2086 # a stage is a name and its arguments
    start_over $stage
    # shellcheck disable=SC2086
    try_stage "$(limit_of $stage)" $stage || failed=1
  done
  exit $failed
fi
while read -r of limit stage; do
  ((of <= part)) || continue
  # shellcheck disable=SC2086
  if is_done $stage; then continue; fi
  # shellcheck disable=SC2086
  if ! grep -qxs "$programs" "$marks/$(name_of $stage)".*; then start_over $stage; fi
  if ((SECONDS + 5 > budget)); then
    say "more to do from '$stage' on: run this again"
    exit 75
  fi
  # shellcheck disable=SC2086
  try_stage "$limit" $stage </dev/null || failed=1
  if [[ $stage == facts && $failed == 1 ]]; then die "no GPU can be used here: see $results/facts.log"; fi
done < <(stages)
if ((part == 1)); then
  echo 2 >"$state/part"
  pack_results
  say "the first part is done; the same command goes on with the second"
  exit 75
fi
if [[ -n $(find "$marks" -name '*.failed' -o -name '*.stopped') ]]; then exit 1; fi
