#!/usr/bin/env python3
"""Checks the light graphs of the ONNX project against ONNX Runtime, with made-up weights in place of their constant ones.

The graphs are well-known classifiers whose weights ConstantOfShape nodes make, all elements alike, so that hardly any
mistake would show. Here each becomes a seeded random tensor: batch norms far from the identity, other weights small
enough that activations stay finite. What ONNX Runtime computes must be what banoff does, unfolded and folded by each
method, and what ONNX Runtime makes of the folded network written as ONNX.

Needs onnx and onnxruntime from PyPI. Usage: check_light_onnx.py FOLDER [NET…] [--banoff FILE]; exits 1 on a difference.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

from comparison import run_banoff
from onnx_files import LEVELS, largest_difference, norms, session

METHODS = ("none", "naive", "banoff", "optimal")


def uses(graph):
    """Which node and input each value goes to first, past Unsqueeze."""
    found = {}
    for node in graph.node:
        for i, name in enumerate(node.input):
            found.setdefault(name, (node, i))
    def final(name):
        node, i = found[name]
        return final(node.output[0]) if node.op_type == "Unsqueeze" else (node.op_type, i)
    return final


def drawn(rng, shape, op, place):
    if op == "BatchNormalization":
        if place == 4:  # variance
            return 10 ** rng.uniform(-1, 1, shape)
        return rng.choice([-1, 1], shape) * rng.uniform(0.5, 1.5, shape) if place == 1 else rng.normal(size=shape)
    if op == "Mul" and len(shape) == 1:
        return rng.choice([-1, 1], shape) * rng.uniform(0.5, 1.5, shape)
    fan_in = np.prod(shape[1:]) if len(shape) > 1 else 1
    return rng.normal(size=shape) * np.sqrt(2 / fan_in) if len(shape) > 1 else 0.1 * rng.normal(size=shape)


def with_random_weights(model, seed):
    graph = model.graph
    shapes = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    final = uses(graph)
    rng = np.random.default_rng(seed)
    for node in [node for node in graph.node if node.op_type == "ConstantOfShape"]:
        shape = tuple(shapes[node.input[0]].tolist())
        values = drawn(rng, shape, *final(node.output[0])).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values.reshape(shape), node.output[0]))
        graph.node.remove(node)
    last = graph.node[-1]
    if last.op_type == "Softmax":  # probabilities of weights like these are 0 and 1: what goes in tells more
        graph.output[0].name = last.input[0]
        graph.output[0].type.tensor_type.ClearField("shape")
        graph.node.remove(last)
    return model


def check(file, parsed, folder):
    """Per method: norms folded, how far banoff's float64 and float32 and ONNX Runtime's run of the folded file are off."""
    model = with_random_weights(onnx.load(file), 1)
    random = folder / "random.onnx"
    onnx.save(model, random)
    original = session(random, LEVELS.ORT_ENABLE_ALL)
    live = {each.name for each in original.get_inputs()} - {each.name for each in model.graph.initializer}
    rng = np.random.default_rng(2)
    feeds = {each.name: rng.normal(size=each.shape).astype(np.float32) for each in original.get_inputs() if each.name in live}
    expected = original.run(None, feeds)
    arguments = []
    for i, (name, values) in enumerate(feeds.items()):
        np.save(folder / f"in{i}.npy", values)
        arguments += ["--input", f"{name}={folder}/in{i}.npy"]
    outputs = [each.name for each in original.get_outputs()]
    arguments += [part for i, name in enumerate(outputs) for part in ("--output", f"{name}={folder}/out{i}.npy")]
    for method in METHODS:
        written = folder / "folded.onnx"
        told = run_banoff(parsed, "fold", random, "--method", method, "-o", written, "--no-check", "--json")
        errors = []
        for device in ("reference-f64", "cpu"):
            run_banoff(parsed, "run", random, "--method", method, "--device", device, *arguments)
            actual = [np.load(folder / f"out{i}.npy") for i in range(len(outputs))]
            errors.append(largest_difference(actual, expected))
        onnx.checker.check_model(str(written))
        errors.append(largest_difference(session(written, LEVELS.ORT_ENABLE_ALL).run(None, feeds), expected))
        yield method, json.loads(told)["bn"], norms(written), errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("nets", nargs="*", help="such as resnet50 (default: all)")
    parser.add_argument("--banoff", default="banoff")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative to the largest value")
    arguments = parser.parse_args()
    files = [file for file in sorted(arguments.folder.glob("light_*.onnx"))
             if not arguments.nets or file.stem.removeprefix("light_") in arguments.nets]
    print(f"{'net':16} {'method':8} {'BN':>4} {'folded':>6} {'left in file':>12} {'float64':>9} {'float32':>9} {'written':>9}")
    wrong = 0
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            for method, bn, left, errors in check(file, arguments, pathlib.Path(folder)):
                right = max(errors) <= arguments.tolerance and left == bn["left"]
                wrong += not right
                print(f"{file.stem.removeprefix('light_'):16} {method:8} {bn['total']:4} {bn['folded']:6} {left:12} "
                      + " ".join(f"{error:9.1e}" for error in errors) + ("" if right else "  WRONG"), flush=True)
    if wrong:
        sys.exit(f"{wrong} rows differ from ONNX Runtime's")


if __name__ == "__main__":
    main()
