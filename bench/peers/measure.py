#!/usr/bin/env python3
"""Times one runtime on one network, in this process alone: warms up, then runs it for a time. Answers in JSON.

With --check its output is compared with the right one first; a wrong one is told as its `error`, and not timed.
"""
import argparse
import gc
import json
import pathlib
import statistics
import tempfile
import time

import numpy as np

import children
from catalogue import LEAST_RUNS, RUNTIMES, TOLERANCE, WARM_UP_SECONDS, use_scripts

use_scripts()
from comparison import difference


def error_of(actual, folder):
    """Relative to the largest value; batches of one may be left out of a shape."""
    expected = np.load(folder / "expected.npy")
    return difference(actual.reshape(expected.shape) if actual.size == expected.size else actual, expected)


def milliseconds(run, seconds, least=LEAST_RUNS):
    """Of single runs, one after the other."""
    samples = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < least:
        start = time.perf_counter()
        run()
        samples.append(1e3 * (time.perf_counter() - start))
    return samples


def peer(arguments):
    from engines import ENGINES

    picture = np.load(arguments.folder / "input.npy")
    start = time.perf_counter()
    run, output = ENGINES[arguments.runtime](arguments.folder, picture, arguments.threads, arguments.spin)
    run()
    answer = {"load_ms": 1e3 * (time.perf_counter() - start)}
    if arguments.check:
        answer["error"] = error_of(output(), arguments.folder)
        if answer["error"] > TOLERANCE:
            return answer
    gc.disable()
    milliseconds(run, WARM_UP_SECONDS, 3)
    samples = milliseconds(run, arguments.seconds)
    return {**answer, "min_ms": min(samples), "median_ms": statistics.median(samples), "runs": len(samples)}


def own(arguments):
    """banoff, which warms up and takes the time itself."""
    answer, file = {}, arguments.folder / "net.onnx"
    if arguments.check:
        with tempfile.TemporaryDirectory() as scratch:
            made = pathlib.Path(scratch) / "out.npy"
            children.run([arguments.banoff, "run", file, "--input", arguments.folder / "input.npy", "--output", made,
                          "--threads", arguments.threads])
            answer["error"] = error_of(np.load(made), arguments.folder)
        if answer["error"] > TOLERANCE:
            return answer
    told = json.loads(children.run([
        arguments.banoff, "bench", "--model", file, "--methods", "optimal", "--threads", arguments.threads,
        "--norms", "fused", "--rounds", 1, "--warmup", 1e3 * WARM_UP_SECONDS, "--duration", arguments.seconds,
        "--iterations", LEAST_RUNS, "--json"]))
    result, = told["results"]
    load = sum(result[part] for part in ("load_ms", "fold_ms", "compile_ms", "first_run_ms"))
    return {**answer, "load_ms": load, "min_ms": result["min_ms"], "median_ms": result["median_ms"],
            "runs": sum(result["repetition_sizes"]), "bn_left": result["bn"]["total"] - result["bn"]["folded"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runtime", choices=RUNTIMES)
    parser.add_argument("folder", type=pathlib.Path, help="with the network's files and input")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--spin", action="store_true", help="idle workers spin")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--banoff", default="banoff")
    arguments = parser.parse_args()
    children.serve(lambda: own(arguments) if arguments.runtime == "banoff" else peer(arguments))


if __name__ == "__main__":
    main()
