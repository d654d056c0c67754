# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is used by others, and the other way round
# The stages of scripts/gpu_check.sh: which there are, in what order, within what limits, and what each does.
# With $GPU_CHECK_FAKE set they are the rehearsal's: the same programs with the host in the GPU's place, on small networks.
fake=${GPU_CHECK_FAKE:-}
state=$root/build/gpu-check$fake
results=$state/results
marks=$state/marks

# "PART LIMIT STAGE": what tells most comes first.
stages() {
  local network
  if [[ -n $fake ]]; then
    cat <<'END'
1   5 facts
1  30 own_kernels
1  45 probe
1  90 ops
1  40 speed small
1  20 peers resnet50
1   3 hang
1  20 crash
1  20 lost
2  40 network ../../tests/gpu/data/small
2  60 table rehearsal
2  60 sanitizer
END
    return
  fi
  echo "1   5 facts"
  echo "1  30 own_kernels"
  echo "1  45 probe"
  echo "1  90 ops"
  for network in resnet50 mobilenet_v2 efficientnet_b0; do echo "1  40 speed $network"; done
  for network in resnet50 mobilenet_v2 efficientnet_b0; do echo "1  15 peers $network"; done
  for network in resnet18 mobilenet_v2 efficientnet_b0 shufflenet_v2_x1_0 densenet121 unet_resnet34; do
    echo "2  25 network $network"
  done
  echo "2  90 table table4"
  echo "2  60 sanitizer"
  echo "2  90 table table3"
  echo "2  90 table table5"
  echo "2  90 table table6"
  for network in resnet50 inception_v3 deeplabv3_resnet50 yolov5s yolov8n efficientdet_d0 ssdlite320_mobilenet_v3_large \
    fasterrcnn_mobilenet_v3_large_fpn maskrcnn_resnet50_fpn convnext_tiny regnet_y_400mf nasnet_mobile espnet_cityscapes; do
    echo "2  25 network $network"
  done
}

limit_of() {
  local of limit stage
  while read -r of limit stage; do
    if [[ $stage == "$*" ]]; then echo "$limit" && return; fi
  done < <(stages)
  die "no stage '$*'"
}

# The name of a stage's files.
name_of() { tr -c 'a-zA-Z0-9_\n' _ <<<"$*"; }

find_programs() {
  if [[ -n $fake ]]; then
    banoff=$root/build/dev/tests/gpu/banoff_cli_stand_in check=$root/build/dev/tests/gpu/check_gpu_stand_in
    tests=$root/build/dev/tests/gpu/test_gpu_stand_in
  elif [[ -x $root/bin/banoff ]]; then
    banoff=$root/bin/banoff check=$root/bin/check_gpu tests=$root/bin/test_gpu
  else
    banoff=$root/build/cuda/cli/banoff check=$root/build/cuda/tests/gpu/check_gpu tests=$root/build/cuda/tests/gpu/test_gpu
  fi
  [[ -x $banoff && -x $check && -x $tests ]] || die "no programs: run scripts/gpu_pack.sh on a machine that builds"
}

# Where Python's packages of NVIDIA's libraries are, cuDNN is taken from there, unless the system has one or BANOFF_CUDNN
# names one. The library finds what it needs beside itself: Python keeps its own search path.
find_cudnn() {
  [[ -z $fake && -z ${BANOFF_CUDNN:-} ]] || return 0
  if ldconfig -p 2>/dev/null | grep -q 'libcudnn\.so\.9 '; then return 0; fi
  command -v python3 >/dev/null || return 0
  local found
  found=$(python3 -c 'import nvidia.cudnn as c; print(list(c.__path__)[0] + "/lib/libcudnn.so.9")' 2>/dev/null || true)
  if [[ -e $found ]]; then export BANOFF_CUDNN=$found; fi
}

# run_stage_here NAME…: in a process of its own, which a time limit can end.
run_stage_here() {
  find_programs
  find_cudnn
  export BANOFF_SOURCE=$root OMP_WAIT_POLICY=passive BANOFF_CACHE=$state/tunings PYTHONUNBUFFERED=1
  export CUDNN_LOGLEVEL_DBG=1 CUDNN_LOGDEST_DBG=$results/cudnn.log  # errors, with their reasons
  "stage_$1" "${@:2}"
}

stage_facts() {
  "$banoff" devices --json | tee "$results/devices.json"
  if command -v nvidia-smi >/dev/null; then nvidia-smi; fi
  if command -v python3 >/dev/null; then python3 --version; fi
  grep -q '^ *"gpu",\?$' "$results/devices.json" || die "the device gpu cannot be used here"
}

# check NAME CHECK [OPTION…]: goes on after a crash, with the case behind the one that it happened in.
check() {
  local log=$results/$1.jsonl status=0
  shift
  while :; do
    status=0
    "$check" "$1" --log "$log" "${@:2}" || status=$?
    if ((status < 128)); then return $status; fi
    echo "ended by signal $((status - 128)); going on behind it"
  done
}

stage_own_kernels() { check own_kernels ops --kernels own --precisions fp16,fp32; }
stage_probe() { check probe probe ${fake:+--shrink 16}; }
stage_ops() { check ops ops; }
stage_speed() {
  local folder=configs/models
  if [[ -n $fake ]]; then folder=tests/gpu/data; fi
  check "speed_$1" speed --network "$folder/$1.yaml" --seconds "$([[ -n $fake ]] && echo 0.05 || echo 1)"
}
stage_peers() {
  [[ -z $fake ]] || return 77
  command -v python3 >/dev/null && python3 -c 'import torch, torchvision; assert torch.cuda.is_available()' 2>/dev/null || return 77
  python3 scripts/gpu_peers.py "$1" --log "$results/peers_$1.jsonl"
}
stage_network() { BANOFF_TEST_GPU=1 BANOFF_TEST_NETWORK=$1 "$tests" -tc='*networks of the zoo*'; }
stage_table() {
  local file=configs/tables/$1.yaml status=0
  if [[ -n $fake ]]; then file=tests/gpu/data/$1.yaml; fi
  # Finished cells are kept: what is stopped goes on. One that cannot be measured makes the code, not the others.
  "$banoff" bench --table "$file" --device gpu,gpu-fp16 --quick --results "$state/cells" --json \
    --html "$results/$1.html" >"$results/$1.json.part" || status=$?
  mv "$results/$1.json.part" "$results/$1.json"
  return $status
}
stage_sanitizer() {
  [[ -z $fake ]] || return 77
  local found
  found=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null) || return 77
  "$found" --error-exitcode 9 --tool memcheck "$check" ops --kernels own --precisions fp32,fp16 --log "$results/sanitizer.jsonl"
}

# Of the rehearsal: what goes wrong on purpose.
stage_hang() { BANOFF_STAND_IN_FAULT=hang:500 check hang ops --precisions fp32; }
stage_crash() { BANOFF_STAND_IN_FAULT=crash:100 check crash ops --cases pool --precisions fp32; }
stage_lost() { BANOFF_STAND_IN_FAULT=lost:100 check lost ops --cases pool --precisions fp32; }
