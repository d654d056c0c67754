#!/usr/bin/env python3
"""Checks quantised ONNX files: those that ONNX Runtime's quantiser makes must give in banoff what they give there, and
what banoff writes of them must give in ONNX Runtime what it gives in banoff, as many of its layers in integers.

Small networks with made-up weights (residual sums, concatenations of one grid and of several, pools, a grouped and a strided
convolution, dense layers) are quantised from seeded inputs: as pairs of quantize and dequantize with weights per channel and
per tensor, as operators on integers, and with grids found when the network runs. Differences are relative to the norm of the
outputs about their mean. Needs onnx and onnxruntime from PyPI; exits 1 on a difference.
"""
import argparse
import logging
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

import comparison
from onnx_files import LEVELS, session

SHAPE = [1, 3, 32, 32]


def network(seed):
    """A float network, drawn."""
    rng = np.random.default_rng(seed)
    nodes, weights = [], []

    def constant(values):
        weights.append(numpy_helper.from_array(np.asarray(values, np.float32), f"w{len(weights)}"))
        return weights[-1].name

    def node(op, inputs, **attributes):
        nodes.append(helper.make_node(op, inputs, [f"v{len(nodes)}"], name=f"{op}{len(nodes)}", **attributes))
        return nodes[-1].output[0]

    def conv(x, channels, out, kernel=3, stride=1, group=1):
        size = (out, channels // group, kernel, kernel)
        scale = np.exp(rng.normal(0, 0.4, (out, 1, 1, 1))) / np.sqrt(np.prod(size[1:]))
        return node("Conv", [x, constant(rng.normal(0, 1, size) * scale * 1.4), constant(rng.normal(0, 0.3, out))],
                    kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=group)

    def relu(x):
        return node("Relu", [x])

    x = relu(conv("x", 3, 16, stride=2))
    x = node("MaxPool", [x], kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    branch = conv(relu(conv(x, 16, 16, group=16)), 16, 16, 1)
    x = relu(node("Add", [x, branch]))
    if rng.random() < 0.5:
        x = node("Concat", [x, relu(conv(x, 16, 8, 1)), conv(x, 16, 8)], axis=1)
    else:
        x = relu(conv(x, 16, 32, 3, 2))
    if rng.random() < 0.5:
        x = node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
    if rng.random() < 0.5:
        x = node("Clip", [conv(x, 32, 32, 3, 1, 4), constant(0), constant(6)])
    x = node("Flatten", [node("GlobalAveragePool", [x])])
    nodes.append(helper.make_node("Gemm", [x, constant(rng.normal(0, 0.3, (10, 32))), constant(rng.normal(0, 1, 10))], ["y"],
                                  name="Gemm", transB=1))
    graph = helper.make_graph(nodes, "made", [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


class Inputs(CalibrationDataReader):
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.left = [{"x": rng.normal(0, 1, SHAPE).astype(np.float32)} for _ in range(8)]

    def get_next(self):
        return self.left.pop() if self.left else None


def static(form, **options):
    def quantize(source, target, seed):
        quantize_static(str(source), str(target), Inputs(seed), quant_format=form, **options)
    return quantize


FORMS = {
    "pairs": static(QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8),
    "pairs, per tensor": static(QuantFormat.QDQ, weight_type=QuantType.QInt8, activation_type=QuantType.QInt8),
    "pairs, uint8 weights": static(QuantFormat.QDQ, weight_type=QuantType.QUInt8, activation_type=QuantType.QUInt8),
    "integers": static(QuantFormat.QOperator, per_channel=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8),
    "at run time": lambda source, target, seed: quantize_dynamic(str(source), str(target), weight_type=QuantType.QUInt8),
}


def relative(actual, expected):
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected - expected.mean()))


def layers(file):
    """How many layers ONNX Runtime computes in integers."""
    return sum(node.op_type in ("QLinearConv", "QGemm") for node in onnx.load(str(file)).graph.node)


def check(form, seed, arguments, folder):
    """A row of the table, and whether all is right."""
    files = {name: folder / f"{name}.onnx" for name in ("float", "quantised", "written", "optimised")}
    onnx.save(network(seed), str(files["float"]))
    FORMS[form](files["float"], files["quantised"], seed)
    x = np.random.default_rng(seed + 1000).normal(0, 1, SHAPE).astype(np.float32)
    np.save(folder / "x.npy", x)

    def ours(file):
        comparison.run_banoff(arguments, "run", file, "--device", arguments.device, "--input", f"x={folder / 'x.npy'}", "--output",
                              f"y={folder / 'y.npy'}")
        return np.load(folder / "y.npy")

    there = session(files["quantised"]).run(None, {"x": x})[0]
    here = ours(files["quantised"])
    comparison.run_banoff(arguments, "export", files["quantised"], "-o", files["written"])
    onnx.checker.check_model(onnx.load(str(files["written"])))
    written = session(files["written"], LEVELS.ORT_ENABLE_EXTENDED, files["optimised"]).run(None, {"x": x})[0]
    again = ours(files["written"])
    differences = [relative(here, there), relative(written, here), relative(again, here)]
    found = layers(files["optimised"])
    session(files["quantised"], LEVELS.ORT_ENABLE_EXTENDED, files["optimised"])
    own = layers(files["optimised"])
    right = max(differences) < arguments.tolerance and found >= own
    row = f"{form:21} {seed:4}" + "".join(f" {value:11.1e}" for value in differences) + f" {found:8} {own:8}"
    return row + ("" if right else "  WRONG"), right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    comparison.add_arguments(parser)
    parser.add_argument("--networks", type=int, default=4, help="how many are drawn")
    parser.set_defaults(tolerance=0.05)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"{'form':21} {'seed':>4} {'read':>11} {'written':>11} {'again':>11} {'integers':>8} {'its own':>8}")
    wrong = 0
    for form in FORMS:
        for seed in range(arguments.networks):
            with tempfile.TemporaryDirectory() as folder:
                row, right = check(form, seed, arguments, pathlib.Path(folder))
            print(row, flush=True)
            wrong += not right
    if wrong:
        sys.exit(f"{wrong} networks differ from ONNX Runtime")


if __name__ == "__main__":
    main()
