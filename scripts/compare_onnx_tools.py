#!/usr/bin/env python3
"""How many batch norms of ONNX networks are left after onnxoptimizer, onnxsim, ONNX Runtime's own fusion, and banoff.

Each tool's result is run in ONNX Runtime on the same input as the network as it was (with ONNX Runtime's optimisations
off); the table gives the batch norms left and the largest difference, relative to the largest output. banoff's files must
pass onnx.checker and hold as many BatchNormalization nodes as `banoff fold` reports. Needs onnx, onnxruntime,
onnxoptimizer and onnxsim; exits 1 on a wrong answer or count of banoff's, or a refusal to fold.

--data names the folder of trained networks (net_*/*.onnx); names given are networks of configs/models, which get
made-up weights. --time N also measures each file in ONNX Runtime, which may optimise it further as it likes, on one thread: the
median of N runs of all files in turn, in milliseconds; and prints a second table: the seconds that each tool took to make it, reading and writing included.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxoptimizer
import onnxsim

from comparison import run_banoff
from onnx_files import LEVELS, largest_difference, norms, session

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Options of `banoff fold`.
METHODS = {"naive": ("--method", "naive"), "banoff": ("--method", "banoff"), "optimal": ("--method", "optimal"),
           "optimal, clamps": ("--activations", "clamp")}


def by_optimizer(source, to):
    passes = [name for name in onnxoptimizer.get_fuse_and_elimination_passes() if "rename" not in name]
    onnx.save(onnxoptimizer.optimize(onnx.load(str(source)), passes), str(to))


def by_onnxsim(source, to):
    simplified, _ = onnxsim.simplify(onnx.load(str(source)))
    onnx.save(simplified, str(to))


def by_runtime(source, to):
    session(source, LEVELS.ORT_ENABLE_ALL, to)


def by_banoff(method, arguments):
    def fold(source, to):
        report = json.loads(run_banoff(arguments, "fold", source, *METHODS[method], "--no-check", "--json", "-o", to))
        onnx.checker.check_model(str(to))
        left = report["bn"]["left"]
        if left != norms(to):
            raise RuntimeError(f"{left} norms are reported to be left, the file has {norms(to)}")

    return fold


def inputs_of(model, given, seed):
    rng = np.random.default_rng(seed)
    feeds = {}
    for value in model.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in value.shape]
        feeds[value.name] = rng.standard_normal(shape).astype(np.float32)
    if given and len(feeds) == 1:
        feeds = {name: np.load(given).astype(np.float32) for name in feeds}
    return feeds


def milliseconds(sessions, feeds, runs):
    """The median of each session, all run in turn."""
    times = [[] for _ in sessions]
    for _ in range(runs + 1):
        for each, measured in zip(sessions, times):
            start = time.perf_counter()
            each.run(None, feeds)
            measured.append(1000 * (time.perf_counter() - start))
    return [statistics.median(measured[1:]) for measured in times]


def compare(name, source, given, arguments, folder):
    """Prints the network's row. Returns whether banoff's part of it is right, and how long each tool took."""
    original = session(source)
    feeds = inputs_of(original, given, arguments.seed)
    expected = original.run(None, feeds)
    tools = {"onnxoptimizer": by_optimizer, "onnxsim": by_onnxsim, "ONNX Runtime": by_runtime,
             **{method: by_banoff(method, arguments) for method in METHODS}}
    cells, files, taken, right = [], [source], [], True
    for tool, make in tools.items():
        file = folder / f"{name}.{len(files)}.onnx"
        start = time.perf_counter()
        try:
            make(source, file)
            taken.append(f"{time.perf_counter() - start:.2f}")
            made = session(file)
            error = largest_difference(made.run(None, feeds), expected)
            cells.append(f"{norms(file)} ({error:.0e})")
            files.append(file)
            right &= tool not in METHODS or error < arguments.tolerance
        except Exception as failure:  # whatever a tool does, the others are compared
            cells.append("fails")
            taken[len(cells) - 1:] = ["fails"]
            files.append(None)
            right &= tool not in METHODS
            print(f"{name}: {tool}: {failure}", file=sys.stderr)
    if arguments.time:
        measured = iter(milliseconds([session(each, LEVELS.ORT_ENABLE_ALL) for each in files if each], feeds, arguments.time))
        times = [f"{next(measured):.2f}" if each else "" for each in files]
        cells = [times[0], *(f"{cell} {when}" for cell, when in zip(cells, times[1:]))]
    print(f"| {name} | {norms(source)} | " + " | ".join(cells) + " |", flush=True)
    return right, taken


def print_header(columns):
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|", flush=True)


def networks(arguments, folder):
    """Name, file and input of every network asked for."""
    if arguments.data:
        for file in sorted(pathlib.Path(arguments.data).glob("net_*/*.onnx")):
            given = file.parent / "ref" / (file.stem + ".in.npy")
            yield file.stem, file, given if given.exists() else None
    for name in arguments.nets:
        file = folder / f"{name}.onnx"
        try:
            run_banoff(arguments, "export", ROOT / f"configs/models/{name}.yaml", "--weights", f"random:{arguments.seed}", "-o", file)
        except RuntimeError as refused:
            print(f"{name}: not exported: {refused}", file=sys.stderr)
            continue
        yield name, file, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="networks of configs/models")
    parser.add_argument("--data", help="folder of trained networks")
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative to the largest output")
    parser.add_argument("--time", type=int, default=0, metavar="N", help="measure N runs of each")
    arguments = parser.parse_args()
    tools = ["onnxoptimizer", "onnxsim", "ONNX Runtime", *METHODS]
    print_header(["net", "batch norms", *(["as it was"] if arguments.time else []), *tools])
    wrong, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, source, given in networks(arguments, pathlib.Path(folder)):
            right, taken = compare(name, source, given, arguments, pathlib.Path(folder))
            seconds.append([name, *taken])
            if not right:
                wrong.append(name)
            for file in pathlib.Path(folder).glob(f"{name}.*"):
                file.unlink()
    if arguments.time:
        print()
        print_header(["net", *tools])
        for row in seconds:
            print("| " + " | ".join(row) + " |")
    if wrong:
        sys.exit(f"wrong: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
