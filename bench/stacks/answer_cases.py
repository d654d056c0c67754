#!/usr/bin/env python3
"""Runs the tests' networks at batch 2: answer_cases.py STACK. One JSON object: by case and mode the largest difference
from ONNX Runtime over the largest output, null for outputs of other sizes; by case the error where there was one.

A program of its own since TensorFlow and PyTorch cannot both compile in one process (each brings an LLVM)."""
import importlib
import json
import os
import pathlib
import sys
import tempfile

import answers
import cases
import network
import ort
from failed import one_line
from serve import MODULES, set_environment
from small_nets import Chain


def differences(case, engine):
    net = Chain([1, 6, 12, 13])
    case(net)
    with tempfile.TemporaryDirectory() as folder:
        loaded = network.load(net.save(pathlib.Path(folder) / "net.onnx"), 2, {})
    inputs = network.seeded_inputs(loaded)
    right = ort.right_answer(loaded, inputs)
    if not right[0].std() > 0:
        raise ValueError("its output is constant: the case shows nothing")
    found = {mode: answers.difference(right, way.outputs(way.run()))
             for mode, way in engine.load(loaded, inputs, 1).items()}
    return {mode: off and off["max_relative"] for mode, off in found.items()}


def main():
    stack = sys.argv[1]
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    set_environment(stack, 1)
    engine = importlib.import_module(MODULES[stack]).engine(stack)
    told = {}
    for case in cases.ALL:
        try:
            told[case.__name__] = differences(case, engine)
        except Exception as error:  # of any framework; the other cases go on
            told[case.__name__] = {"error": one_line(error)}
    stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
