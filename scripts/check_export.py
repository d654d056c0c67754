#!/usr/bin/env python3
"""Checks folded networks written as ONNX: onnx.checker must accept them, and ONNX Runtime compute what banoff does.

Each network of configs/models gets made-up weights with batch norms far from the identity, is folded by each method and
written. ONNX Runtime's outputs of the file must be those of the network as it was, in float64 by the reference kernels.
Needs onnx and onnxruntime from PyPI; exits 1 on a difference. Without names the quick ones are checked, which among them
have every construct that takes several ONNX operators: clamps and kinks per channel, padding values, layer norm, shuffles.
--cases FOLDER checks the table of op cases instead, as `BANOFF_EXPORTED=FOLDER test_onnx` wrote them, against PyTorch's results.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import onnx

import comparison
from onnx_files import largest_difference, norms, session

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Side of the picture where a net's own takes longer than seconds.
SIDES = dict.fromkeys(("convnext_tiny", "efficientnet_b0", "espnet_cityscapes", "ghostnet", "mobilenet_v3_small", "resnet18",
                       "shufflenet_v2_x1_0", "unet_resnet34"), 64)
QUICK = ("paper_fig2a", "paper_fig2b", "paper_fig2c", "paper_fig4a", "paper_fig4b", "resnet20_v2", *SIDES)
# Options of `banoff fold`.
METHODS = {"none": ("--method", "none"), "naive": ("--method", "naive"), "banoff": ("--method", "banoff"),
           "literal": ("--activations", "literal"), "clamp": ("--activations", "clamp")}


def check(name, arguments, folder):
    """A row of the table, and whether all is right."""
    given = [ROOT / f"configs/models/{name}.yaml", "--weights", "random:1"]
    net = comparison.inspected(arguments, given)
    shapes = {each["name"]: each["shape"] for each in net["inputs"]}
    side = SIDES.get(name)
    for each, shape in shapes.items():
        if side:
            shape[2:] = [side, side]
        given += ["--shape", f"{each}:{'x'.join(map(str, shape))}"]
    rng = np.random.default_rng(2)
    feeds = {each: rng.standard_normal(shape).astype(np.float32) for each, shape in shapes.items()}
    outputs = [each["name"] for each in net["outputs"]]
    files = []
    for each, values in feeds.items():
        np.save(folder / f"{each}.in.npy", values)
        files += ["--input", f"{each}={folder}/{each}.in.npy"]
    for each in outputs:
        files += ["--output", f"{each}={folder}/{each}.out.npy"]
    comparison.run_banoff(arguments, "run", *given, "--method", "none", "--device", "reference-f64", *files)
    expected = [np.load(folder / f"{each}.out.npy") for each in outputs]
    differences, right = [], True
    for method, options in METHODS.items():
        file = folder / f"{name}.onnx"
        told = json.loads(comparison.run_banoff(arguments, "fold", *given, *options, "--no-check", "--json", "-o", file))
        onnx.checker.check_model(str(file), full_check=True)
        differences.append(largest_difference(session(file).run(outputs, feeds), expected))
        right = right and differences[-1] <= arguments.tolerance and norms(file) == told["bn"]["left"]
    return comparison.verdict(name, next(iter(shapes.values()))[2:], net["parameters"], given[:3], differences, right, arguments)


def tensors_of(file):
    """The tensors of a safetensors file, by name."""
    types = {"F64": "f8", "F32": "f4", "F16": "f2", "BOOL": "?", **{f"{kind.upper()}{8 * size}": f"{kind}{size}" for kind in "iu"
                                                                    for size in (1, 2, 4, 8)}}
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    return {name: np.frombuffer(data, types[each["dtype"]], int(np.prod(each["shape"])), start + each["data_offsets"][0])
            .reshape(each["shape"]) for name, each in json.loads(data[8:start]).items() if name != "__metadata__"}


def check_cases(folder, tolerance):
    """Op cases that ONNX Runtime computes otherwise than PyTorch; how many it was given and refused to run are printed."""
    base = ROOT / "tests/data/op_cases"
    tensors = tensors_of(base.with_suffix(".safetensors"))
    checked, refused, wrong = 0, [], []
    for case in json.loads(base.with_suffix(".json").read_text()):
        file = folder / (case["name"] + ".onnx")
        if not file.exists():
            continue
        try:
            onnx.checker.check_model(str(file), full_check=True)
        except Exception as failure:
            wrong.append(f"{case['name']}: {str(failure).splitlines()[0]}")
            continue
        try:
            written = session(file)
            given = {each.name: tensors[case["inputs"][int(each.name[2:])]] for each in written.get_inputs()}
            results = written.run(None, {name: value.astype(np.float32) if value.dtype == np.float64 else value
                                         for name, value in given.items()})
        except Exception as failure:  # an operator that it lacks for the element type or number of dimensions
            refused.append(f"{case['name']}: {str(failure).splitlines()[0][:160]}")
            continue
        checked += 1
        for key, actual in zip(case["outputs"], results):
            same = actual.shape == tensors[key].shape
            error = np.abs(actual.astype(np.float64) - tensors[key]).max(initial=0) / case["magnitude"] if same else np.inf
            if not error <= tolerance:
                wrong.append(f"{case['name']}: {error:.1e}")
    print(f"{checked} op cases run, {len(refused)} that ONNX Runtime has no kernel for", *refused, sep="\n  ")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="networks of configs/models (default: the quick ones)")
    comparison.add_arguments(parser)
    parser.add_argument("--cases", type=pathlib.Path, help="folder of op cases written as ONNX, to check instead")
    arguments = parser.parse_args()
    if arguments.cases:
        wrong = check_cases(arguments.cases, arguments.tolerance)
        sys.exit("\n  ".join(["wrong:", *wrong]) if wrong else 0)
    comparison.check_all(arguments.nets or QUICK, lambda name, folder: check(name, arguments, folder), METHODS, "what they were")


if __name__ == "__main__":
    main()
