#!/usr/bin/env python3
"""Checks folded networks written as ONNX: onnx.checker must accept them, and ONNX Runtime compute what banoff does.

Each network of configs/models gets made-up weights with batch norms far from the identity, is folded by each method and
written. ONNX Runtime's outputs of the file must be those of the network as it was, in float64 by the reference kernels.
Needs onnx and onnxruntime from PyPI; exits 1 on a difference. Without names the quick ones are checked, which among them
have every construct that takes several ONNX operators: clamps and kinks per channel, padding values, layer norm, shuffles.
"""
import argparse
import json
import pathlib

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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="networks of configs/models (default: the quick ones)")
    comparison.add_arguments(parser)
    arguments = parser.parse_args()
    comparison.check_all(arguments.nets or QUICK, lambda name, folder: check(name, arguments, folder), METHODS, "what they were")


if __name__ == "__main__":
    main()
