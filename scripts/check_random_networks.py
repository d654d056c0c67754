#!/usr/bin/env python3
"""Checks random networks, and what banoff makes of them, in ONNX Runtime.

`banoff_network_fuzz --keep FOLDER` leaves a folder for each network: network.onnx, the same written again, folded by each
method (METHOD.onnx), and what it was fed and answered in float64. ONNX Runtime must give that answer for the network itself,
and for every file that was made of it, within the factor that the program grants, of ONNX Runtime's own error. Files must
have the types of the network's inputs and outputs. Needs onnx and onnxruntime from PyPI; exits 1 on a difference.
"""
import argparse
import collections
import pathlib
import sys

import numpy as np
import onnx

from onnx_files import is_lacking, session

# As in tests/networks/network_check.cpp: of the error of the unfolded network, which is at least `LEAST`. ONNX Runtime rounds
# every value of half precision, each time anew.
WORSE, LEAST = 64, {"tensor(float)": 2e-6, "tensor(float16)": 2e-3}
RIGHT = {"tensor(float)": 1e-3, "tensor(float16)": 0.2}


def error(actual, expected):
    """The largest difference, relative to the largest finite number; what is infinite or no number must be so in both."""
    actual = actual.astype(np.float64)
    if actual.shape != expected.shape:
        return np.inf
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(actual)):
        return np.inf
    size = np.abs(expected[finite]).max(initial=2.0**-10)  # ONNX Runtime's sigmoid is right to 1e-9, not to seven digits
    if not expected.any():  # a ReLU let nothing through
        size = 1
    return np.abs(actual[finite] - expected[finite]).max(initial=0) / size


def answer(file, feeds, outputs):
    """What ONNX Runtime computes, and the types of inputs and outputs; it declares some that it cannot run."""
    net = session(file)
    types = {each.name: each.type for each in [*net.get_inputs(), *net.get_outputs()]}
    return dict(zip(outputs, net.run(list(outputs), feeds))), types


def check(folder, counts):
    """Complaints about one network."""
    feeds = {file.name[3:-4]: np.load(file) for file in folder.glob("in.*.npy")}
    expected = {file.name[4:-4]: np.load(file).astype(np.float64) for file in folder.glob("out.*.npy")}
    element = onnx.load(str(folder / "network.onnx")).graph.input[0].type.tensor_type.elem_type
    if element == onnx.TensorProto.BFLOAT16:
        counts["in bfloat16, which ONNX Runtime lacks"] += 1
        return []
    half = element == onnx.TensorProto.FLOAT16
    feeds = {name: values.astype(np.float16 if half else np.float32) for name, values in feeds.items()}
    try:
        onnx.checker.check_model(str(folder / "network.onnx"), full_check=True)
        own, types = answer(folder / "network.onnx", feeds, expected)
    except Exception as failure:
        if is_lacking(failure):
            counts["networks that ONNX Runtime has no kernels for"] += 1
            return []
        return [f"{folder.name}: network.onnx: {str(failure).splitlines()[0][:200]}"]
    kind = next(iter(types.values()))
    off = max(error(own[name], expected[name]) for name in expected)
    if not off <= RIGHT[kind]:
        if half and not all(np.isfinite(each).all() for each in own.values()):
            counts["overflows half precision by itself"] += 1
            return []
        return [f"{folder.name}: network.onnx: {off:.2g}"]
    counts["networks"] += 1
    wrong = []
    for file in sorted(folder.glob("*.onnx")):
        if file.name in ("network.onnx", "other_bits.onnx"):
            continue
        try:
            onnx.checker.check_model(str(file), full_check=True)
            made, made_types = answer(file, feeds, expected)
        except Exception as failure:
            if is_lacking(failure):
                counts["files that ONNX Runtime has no kernels for"] += 1
                continue
            wrong.append(f"{folder.name}: {file.name}: {str(failure).splitlines()[0][:200]}")
            continue
        worst = max(error(made[name], expected[name]) for name in expected)
        counts[f"files, {kind}"] += 1
        if made_types != types:
            wrong.append(f"{folder.name}: {file.name}: {made_types}, the network has {types}")
        if not worst <= WORSE * max(off, LEAST[kind]):
            wrong.append(f"{folder.name}: {file.name}: {worst:.2g}, the network {off:.2g}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="what `banoff_network_fuzz --keep` left")
    arguments = parser.parse_args()
    counts, wrong = collections.Counter(), []
    for folder in sorted(arguments.folder.iterdir(), key=lambda each: int(each.name)):
        wrong += check(folder, counts)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    sys.exit("\n  ".join(["wrong:", *wrong]) if wrong or not counts["networks"] else 0)


if __name__ == "__main__":
    main()
