#!/usr/bin/env python3
"""Whether folding ever makes a network slower: unfolded against the default fold, for every model file.

Each network is timed by one `banoff bench` at one thread, unfolded (norms that share a pass with their activation, the
faster baseline) and folded in turn, and the least times are compared. Writes a Markdown table; exits 1 where a folded
network takes more than --bound times as long.

  bench/never_slower.py --banoff build/release/cli/banoff
  bench/never_slower.py --banoff build/release/cli/banoff --data DATA configs/models/resnet*.yaml
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def model_files(data):
    """The zoo, the demo and, where there is a folder of data, its trained networks."""
    files = sorted((ROOT / "configs/models").glob("*.yaml")) + sorted((ROOT / "configs/demo").glob("*.yaml"))
    return files + (sorted(data.glob("net_*/*.onnx")) if data else [])


def least_times(arguments, file):
    """Milliseconds by method, or why there are none."""
    made_up = [] if file.suffix == ".onnx" or file.parent.name == "demo" else ["--weights", "random:0"]
    command = [arguments.banoff, "bench", "--model", str(file), *made_up, "--methods", "none,optimal", "--norms", "fused",
               "--threads", "1", "--duration", str(arguments.seconds), "--rounds", "3", "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=arguments.limit,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive"})
    except subprocess.TimeoutExpired:
        return f"not done within {arguments.limit} s"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return {row["method"]: row["min_ms"] for row in json.loads(done.stdout)["results"]}


def row(name, times):
    if isinstance(times, str):
        return f"| {name} | {times} | | |"
    unfolded, folded = times["none"], times["optimal"]
    return f"| {name} | {unfolded:.3f} | {folded:.3f} | {folded / unfolded:.3f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=pathlib.Path, help="model files (default: all there are)")
    parser.add_argument("--banoff", default="banoff", help="the command-line tool (default: the one on the PATH)")
    parser.add_argument("--data", type=pathlib.Path, help="folder with trained networks, net_*/*.onnx")
    parser.add_argument("--seconds", type=float, default=0.6, help="of timing per variant (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=120, help="seconds for a network in all (default: %(default)s)")
    parser.add_argument("--bound", type=float, default=1.03, help="folded / unfolded (default: %(default)s)")
    parser.add_argument("--output", type=pathlib.Path, help="file for the table (default: standard output)")
    arguments = parser.parse_args()
    rows, slower = [], []
    files = arguments.models or model_files(arguments.data)
    for number, file in enumerate(files, 1):
        times = least_times(arguments, file)
        rows.append(row(file.stem, times))
        print(f"{number}/{len(files)} {rows[-1]}", file=sys.stderr, flush=True)
        if not isinstance(times, str) and times["optimal"] > arguments.bound * times["none"]:
            slower.append(file.stem)
    table = "\n".join(["| network | unfolded, ms | folded, ms | folded / unfolded |", "|---|---|---|---|", *rows]) + "\n"
    if arguments.output:
        arguments.output.write_text(table)
    else:
        print(table, end="")
    if slower:
        sys.exit(f"slower when folded: {', '.join(slower)}")


if __name__ == "__main__":
    main()
