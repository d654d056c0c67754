#!/usr/bin/env bash
# The rehearsal of scripts/gpu_check.sh --fake: both calls, the second on a machine that has nothing but the programs and the
# first call's archive, and a look at what came back. Every stage that goes wrong does so on purpose.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"
if [[ ! -e build/dev/CMakeCache.txt ]]; then cmake --preset dev --log-level=WARNING; fi
cmake --build --preset dev -j "$jobs" --target banoff_cli_stand_in check_gpu_stand_in test_gpu_stand_in

export GPU_CHECK_FAKE=-fake OUT=$root/build/gpu-check-fake-out
state=$root/build/gpu-check-fake
rm -rf "$state" "$state.tar.xz" "$OUT"
mkdir -p "$OUT"

# call EXPECTED-CODE
call() {
  local code=0
  (cd build && ../scripts/gpu_check.sh) || code=$?  # from wherever it is called
  ((code == $1)) || die "scripts/gpu_check.sh ended with $code, expected $1"
}

say "first call"
call 75
mv "$OUT/gpu-results.tar.xz" "$state.tar.xz"
rm -rf "$state"
say "second call"
call 1

say "what came back"
mapfile -t files < <(find "$OUT" -type f)
((${#files[@]} == 1)) || die "one archive expected, not ${files[*]}"
(($(stat -c %s "${files[0]}") < 4 << 20)) || die "the archive is larger than 4 MiB"
back=$(mktemp -d)
trap 'rm -rf "$back"' EXIT
tar -xJf "${files[0]}" -C "$back"
# As the stages ended, those of both calls in order; Python may have PyTorch for a GPU or not.
diff - <(awk '{$0 = substr($0, 1, 36) $(NF - 1); $1 = $1; print}' "$back/stages.txt") <<'END' || die "other verdicts than expected"
facts passed
own_kernels passed
probe passed
ops passed
speed small passed
peers resnet50 skipped
hang stopped
crash failed
lost failed
facts passed
hang stopped
network ../../tests/gpu/data/small passed
table rehearsal passed
sanitizer skipped
END
for name in devices.json own_kernels.jsonl probe.jsonl ops.jsonl speed_small.jsonl hang.jsonl crash.jsonl lost.jsonl \
  network_______tests_gpu_data_small.log rehearsal.json rehearsal.html; do
  [[ -s $back/results/$name ]] || die "$name is missing or empty"
done
# What a hang or a crash left unfinished is named, and what came after it is there too.
grep -q 'the process ended while it ran' "$back/results/hang.jsonl" || die "the hang is not told"
grep -q 'the process ended while it ran' "$back/results/crash.jsonl" || die "the crash is not told"
grep -q 'an illegal memory access' "$back/results/lost.jsonl" || die "the lost device is not told"
python3 - "$back/results" <<'END'
import json, pathlib, sys

results = pathlib.Path(sys.argv[1])
lines = {name: [json.loads(line) for line in (results / f"{name}.jsonl").read_text().splitlines()]
         for name in ("ops", "crash", "lost", "probe", "speed_small")}
ended = {name: [line for line in each if "begun" not in line] for name, each in lines.items()}
wanted = {line["key"] for line in ended["ops"] if line["key"].startswith("fp32") and "pool" in line["key"]}
assert len(wanted) > 10, wanted
for name in ("crash", "lost"):
    assert sorted(line["key"] for line in ended[name]) == sorted(wanted), f"{name}: not every case once"
assert len(ended["probe"]) == 30 and all(any("us" in way for way in line["ways"]) for line in ended["probe"])
for line in ended["speed_small"]:
    assert line["steps"] and line["from_the_host"]["runs"] and line["on_the_device"]["runs"], line
table = json.loads((results / "rehearsal.json").read_text())["tables"][0]
assert all(cell["not_measured"] is None and cell["results"] for row in table["rows"] for cell in row["cells"])
END
say "the rehearsal passed"
