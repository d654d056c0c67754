#!/usr/bin/env python3
"""Runs networks in ONNX Runtime, unoptimised, on inputs that onnxruntime_answers.hpp makes too, and prints what they give: a
line per network with its file, the number of elements of the first output, and 32 of them, evenly spaced; or its file and
"refused". Needs onnxruntime.

    tests/onnx/make_expected.py DATA/suite_ort_bn_fusion/*.onnx DATA/net_espnet_cityscapes/*.onnx > tests/onnx/data/onnxruntime.csv
"""
import pathlib
import sys

import numpy as np
import onnxruntime


def made_up(shape):
    """Numbers between -1 and 1 that every language computes the same."""
    index = np.arange(np.prod(shape), dtype=np.int64)
    return ((index * 7919 % 1009) / 504.0 - 1).reshape(shape)


def main():
    for file in map(pathlib.Path, sys.argv[1:]):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(str(file), options)
        value = session.get_inputs()[0]
        try:
            given = made_up(value.shape).astype(np.float16 if "16" in value.type else np.float32)
            out = session.run(None, {value.name: given})[0].ravel()
        except onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument:
            print(f"{file.name},refused")
            continue
        picked = out[np.arange(32) * len(out) // 32]
        print(f"{file.name},{len(out)}," + ",".join(f"{float(v):.9g}" for v in picked))


if __name__ == "__main__":
    main()
