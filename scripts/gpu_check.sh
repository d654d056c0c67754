#!/usr/bin/env bash
# Checks and measures the gpu device on this machine: every op, networks of the zoo, compute-sanitizer where it is found,
# tables 3 to 6, and other runtimes side by side where Python can import them. Nothing is built or installed: the programs
# come from build/gpu (scripts/gpu_pack.sh) or build/cuda.
# Usage: scripts/gpu_check.sh [SECONDS]; no stage is started after SECONDS (default 420), and exit code 75 says that there
# is more to do: the same command goes on where it stopped. Results lie in bench/results/gpu, or in $GPU_RESULTS.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
budget=${1:-420}
results=${GPU_RESULTS:-$root/bench/results/gpu}
state=$results/state
mkdir -p "$state"
export BANOFF_SOURCE=$root BANOFF_TEST_GPU=1 OMP_WAIT_POLICY=passive
export BANOFF_CACHE=${BANOFF_CACHE:-$state}

if [[ -x build/gpu/bin/banoff ]]; then
  banoff=$root/build/gpu/bin/banoff tests=$root/build/gpu/bin/test_gpu
  export LD_LIBRARY_PATH=$root/build/gpu/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
else
  banoff=$root/build/cuda/cli/banoff tests=$root/build/cuda/tests/gpu/test_gpu
fi
[[ -x $banoff && -x $tests ]] || die "no programs: run scripts/gpu_pack.sh on a machine that builds"

# Python's packages of NVIDIA's libraries are where cuDNN lies on machines made for them.
if [[ -z ${BANOFF_CUDNN:-} ]] && command -v python3 >/dev/null; then
  cudnn=$(python3 -c 'import nvidia.cudnn as c; print(list(c.__path__)[0] + "/lib")' 2>/dev/null || true)
  if [[ -n $cudnn ]]; then export LD_LIBRARY_PATH=$cudnn:$LD_LIBRARY_PATH; fi
fi

devices() { "$banoff" devices --json | tee "$results/machine.json"; }
ops() { "$tests" -tc='*table of op cases in every precision*'; }
sanitizer() {
  local found
  found=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null) || return 77
  "$found" --error-exitcode 9 --tool memcheck "$tests" -tc='*table of op cases in every precision*'
}
network() { BANOFF_TEST_NETWORK=$1 "$tests" -tc='*networks of the zoo*'; }
table() {
  # Finished cells are kept: what is stopped here goes on in the next run.
  timeout 440 "$banoff" bench --table "configs/tables/table$1.yaml" --device gpu,gpu-fp16 --quick --results "$state/cells" --json \
    --html "$results/table$1.html" >"$results/table$1.json.part"
  mv "$results/table$1.json.part" "$results/table$1.json"
}
# The same networks recorded as one graph and launched step by step.
speed() {
  local name=$1 graph
  for graph in graph steps; do
    if [[ $graph == steps ]]; then export BANOFF_NO_GRAPH=1; fi
    "$banoff" bench --model "configs/models/$name.yaml" --weights random:0 --device gpu,gpu-tf32,gpu-fp16,gpu-bf16 \
      --methods none,optimal --batch 1,64 --duration 1 --json >"$results/speed_${name}_$graph.json.part"
    mv "$results/speed_${name}_$graph.json.part" "$results/speed_${name}_$graph.json"
  done
}
peers() {
  command -v python3 >/dev/null && python3 -c 'import torch, torchvision' 2>/dev/null || return 77
  python3 scripts/gpu_peers.py "$1" >"$results/peers_$1.json.part"
  mv "$results/peers_$1.json.part" "$results/peers_$1.json"
}

stages=(devices ops)
for name in resnet18 resnet50 mobilenet_v2 efficientnet_b0 shufflenet_v2_x1_0 densenet121 unet_resnet34 inception_v3 \
  deeplabv3_resnet50 yolov5s yolov8n efficientdet_d0 ssdlite320_mobilenet_v3_large fasterrcnn_mobilenet_v3_large_fpn \
  maskrcnn_resnet50_fpn convnext_tiny regnet_y_400mf nasnet_mobile espnet_cityscapes; do
  stages+=("network $name")
done
for name in resnet50 mobilenet_v2 efficientnet_b0; do stages+=("speed $name" "peers $name"); done
stages+=("table 4" "table 3" "table 5" "table 6" sanitizer)

failed=0
for stage in "${stages[@]}"; do
  mark=$state/${stage// /_}
  if [[ -e $mark.passed || -e $mark.skipped ]]; then continue; fi
  if ((SECONDS >= budget)); then
    say "more to do from '$stage' on: run this again"
    exit 75
  fi
  say "stage $stage"
  started=$SECONDS status=0
  # shellcheck disable=SC2086 # a stage is a function and its argument
  (set -e; $stage) >"$mark.log" 2>&1 &
  wait $! || status=$?
  tail -n 5 "$mark.log"
  case $status in
    0) touch "$mark.passed" ;;
    77) touch "$mark.skipped" ;;
    124) say "'$stage' goes on in the next run" && exit 75 ;;
    *) failed=$((failed + 1)) ;;
  esac
  printf '%-40s %4d s  %s\n' "$stage" $((SECONDS - started)) "$(case $status in 0) echo passed ;; 77) echo skipped ;;
    *) echo "FAILED ($status), see $mark.log" ;; esac)" | tee -a "$results/stages.txt"
done
((failed == 0))
