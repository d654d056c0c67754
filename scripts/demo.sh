#!/usr/bin/env bash
# Installs what banoff needs, builds it, and shows the main job on three small trained nets: fold their batch norms,
# tell what became of each, prove that the outputs stay, run on pictures, measure accuracy and speed.
# Pictures land in out/demo. Usage: scripts/demo.sh [CMAKE_OPTION…]
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
install_packages "${packages_build[@]}"

cd "$root"
say "building"
cmake --preset release --log-level=WARNING -DBANOFF_TESTS=OFF "$@"
cmake --build --preset release -j "$jobs" --target banoff_cli

banoff=$(find build/release/cli -maxdepth 1 -type f -name banoff)
demo=configs/demo
out=out/demo
mkdir -p "$out"
show() {
  printf '\n$ banoff %s\n' "$*"
  "$banoff" "$@"
}

show_net() { # NET DATA_FOLDER PICTURE WHAT_RUN_PRINTS
  local net=$1 model=$demo/$1.yaml images=$demo/data/$2
  say "$net: \`run\` prints $4"
  show fold "$model" --activations clamp -o "$out/$net-folded.yaml"
  show verify "$model" "$out/$net-folded.yaml"
  local drawn=()
  [[ $2 == scenes ]] && drawn=(--out "$out/$net") # a class has nothing to draw
  show run "$out/$net-folded.yaml" --image "$images/$3" "${drawn[@]}"
  show eval "$model" --data "$images" --method all
}
show_net classifier digits 001.png "class and probability"
show_net detector scenes 00.png "class, score and box (left, top, right, bottom, in pixels)"
show_net segmenter scenes 00.png "class and its share of the pixels"

say "where in the file each batch norm stands, and what became of it"
show explain "$demo/classifier.yaml" --activations clamp

say "speed"
show bench --model "$demo"/{classifier,detector,segmenter}.yaml --methods none,banoff,optimal --device cpu --duration 2
say "pictures: $(find "$out" -name '*.png' | sort | paste -sd' ')"
