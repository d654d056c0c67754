#!/usr/bin/env python3
"""Loads one network, unfolded and folded, into one other framework, and runs it on request.

  serve.py STACK --threads T --batch B [--size H=224 ...] none=net.onnx banoff=net-banoff.onnx ...

STACK is keras, pytorch, pytorch-compile, ort-off, ort-basic, ort-all, or package (the paper's own package, which folds
the Keras network of `none` itself). The unfolded network is first compared with ONNX Runtime without optimisations, the
folded ones with it. The first line on stdout tells what there is, as JSON: stack, versions, modes (by mode and method
the largest differences from the unfolded network of that mode) and failures (by mode or method why it is not there).
Then every line `MODE METHOD RUNS` on stdin is answered by {"wall_ms": [...], "cpu_ms": [...]}, a number per run; the
CPU time is that of all threads of the process. Whatever goes wrong is one line {"error": "..."} and exit code 1.
What libraries print goes to stderr.
"""
import argparse
import gc
import importlib
import importlib.metadata
import json
import os
import sys
import time

from failed import Failed, one_line

MODULES = {"keras": "keras_engine", "package": "package", "pytorch": "pytorch", "pytorch-compile": "pytorch",
           "ort-off": "ort", "ort-basic": "ort", "ort-all": "ort"}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failed(f"{message}: see serve.py --help")


def parsed():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stack", choices=MODULES, metavar="STACK", help=", ".join(MODULES))
    parser.add_argument("--threads", type=int, required=True, metavar="T")
    parser.add_argument("--batch", type=int, required=True, metavar="B", help="what open first sizes become")
    parser.add_argument("--size", action="append", default=[], metavar="NAME=N", help="what another open size becomes")
    parser.add_argument("files", nargs="+", metavar="METHOD=FILE.onnx", help="`none` first")
    options = parser.parse_args()
    if options.threads < 1 or options.batch < 1:
        parser.error("threads and batch are 1 or more")
    if not all("=" in text for text in options.files + options.size):
        parser.error("files are METHOD=FILE.onnx, sizes NAME=N")
    options.files = dict(text.split("=", 1) for text in options.files)
    if next(iter(options.files)) != "none":
        parser.error("the first file is none=FILE.onnx")
    try:
        options.size = {name: int(number) for name, number in (text.split("=", 1) for text in options.size)}
    except ValueError:
        parser.error("a size is no number")
    return options


def set_environment(stack, threads):
    """What libraries read once, when they are loaded."""
    os.environ.update(OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive", TF_CPP_MIN_LOG_LEVEL="2",
                      KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="")
    if stack == "package":
        os.environ["TF_USE_LEGACY_KERAS"] = "1"


def version_of(name):
    """Of an installed package; TensorFlow comes under two names."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return importlib.metadata.version(f"{name}-cpu")


def ways_by_method(engine, options, failures):
    """A Way by mode, by method; and the norms that a stack which folds by itself tells of."""
    import network

    unfolded = network.load(options.files["none"], options.batch, options.size)
    inputs = network.seeded_inputs(unfolded)
    ways, folded = {"none": engine.load(unfolded, inputs, options.threads)}, {}
    for method, file in options.files.items():
        if method == "none":
            continue
        try:
            if engine.derive:
                ways[method], folded[method] = engine.derive(method)
            else:
                ways[method] = engine.load(network.load(file, options.batch, options.size), inputs, options.threads)
        except Exception as error:  # the frameworks raise what they like; the other methods are still timed
            failures[method] = one_line(error)
    return ways, folded, unfolded, inputs


def compared(ways, unfolded, inputs, failures):
    """The differences by mode and method; what is another network, or fails, is left out and told of."""
    import answers
    import ort

    right = ort.right_answer(unfolded, inputs)
    if not answers.finite(right):
        raise Failed("ONNX Runtime's outputs of the unfolded network are not finite: nothing can be compared. "
                     "Other weights, or norms calibrated at this size, can be")
    limit, remark = answers.limit(right, ort.right_answer(unfolded, answers.rounded_otherwise(inputs)))
    modes = {}
    for mode, way in ways["none"].items():
        try:
            own = way.outputs(way.run())
            off = answers.difference(right, own)
            if off is None:
                raise Failed("outputs of other sizes than ONNX Runtime's")
            if not answers.finite(own):
                raise Failed("an output is not finite")
            if off["max_relative"] > limit:
                raise Failed(f"not the same network: {off['max_relative']:.2g} of the largest output off ONNX "
                             f"Runtime's{remark}")
        except Exception as error:
            failures[mode] = one_line(error)
            continue
        modes[mode] = {"none": answers.difference(own, own)}
        for method in [method for method in ways if method != "none" and method not in failures]:
            way = ways[method][mode]
            try:
                found = way.outputs(way.run())
                if not answers.finite(found):
                    raise Failed("an output is not finite")
                modes[mode][method] = answers.difference(own, found)
            except Exception as error:
                failures[method] = one_line(error)
    for differences in modes.values():
        for method in failures:
            differences.pop(method, None)
    return modes


def timed(run, runs):
    """Milliseconds of each run: by the wall's clock, and of the process's CPU time."""
    gc.collect()
    gc.disable()
    wall, cpu = [], []
    for _ in range(runs):
        used, began = time.process_time_ns(), time.perf_counter_ns()
        answer = run()
        ended, used_then = time.perf_counter_ns(), time.process_time_ns()
        wall.append((ended - began) / 1e6)
        cpu.append((used_then - used) / 1e6)
        del answer
    gc.enable()
    return {"wall_ms": wall, "cpu_ms": cpu}


def answer(line, ways, modes):
    words = line.split()
    if len(words) != 3 or not words[2].isdigit() or int(words[2]) < 1:
        raise Failed(f"a line is MODE METHOD RUNS, not: {line.strip()}")
    mode, method, runs = words
    if method not in modes.get(mode, {}):
        raise Failed(f"{mode} {method} is not there: the first line tells what is")
    return timed(ways[method][mode].run, int(runs))


def work(say):
    options = parsed()
    set_environment(options.stack, options.threads)
    failures = {}
    try:
        engine = importlib.import_module(MODULES[options.stack]).engine(options.stack)
        ways, folded, unfolded, inputs = ways_by_method(engine, options, failures)
        modes = compared(ways, unfolded, inputs, failures)
    except ModuleNotFoundError as error:
        raise Failed(f"{error.name} is not installed: bench/stacks/install.py makes an environment with it") from None
    if not modes:
        raise Failed("; ".join(failures.values()))
    header = {"stack": options.stack, "versions": {name: version_of(name) for name in engine.distributions},
              "modes": modes, "failures": failures}
    say({**header, "folded": folded} if engine.derive else header)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        say(answer(line, ways, modes))


def main():
    sys.stdout.flush()
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(line):
        stdout.write(json.dumps(line) + "\n")
        stdout.flush()

    try:
        work(say)
    except Failed as failure:
        say({"error": one_line(failure)})
        sys.exit(1)
    except Exception as error:
        say({"error": one_line(error)})
        raise


if __name__ == "__main__":
    main()
