#!/usr/bin/env python3
"""Folds networks that hold what banoff only carries, and compares what is written with the network.

They are ten made-up ones (carried_nets.py) and every model of ONNX's node tests, whatever its operator. Each such model is folded as it is, and once more with a convolution and a batch norm beside it, so that the file is written
anew with the model's own nodes carried over. What is written must pass onnx.checker (full) wherever the model does, and
give the same outputs in ONNX Runtime wherever that runs the model; of a made-up network every batch norm must be gone.
A node of an early opset whose later form does not say the same may be refused with the next step. The tests are in the data folder (../shared/data beside
the source tree, or --data). Needs onnx and onnxruntime from PyPI; exits 1 on a difference.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import carried_nets
from onnx_files import norms, session

ROOT = pathlib.Path(__file__).resolve().parent.parent


def beside_a_norm(model):
    """The model with a convolution and a batch norm of their own beside it."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    weight = np.linspace(-1, 1, 36, dtype=np.float32).reshape(2, 2, 3, 3)
    numbers = {"beside.w": weight, "beside.scale": np.array([0.5, -2]), "beside.shift": np.array([3, 0.25]),
               "beside.mean": np.array([-1, 2]), "beside.var": np.array([0.3, 4])}
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in numbers.items())
    graph.input.append(helper.make_tensor_value_info("beside.x", TensorProto.FLOAT, [1, 2, 6, 6]))
    graph.output.append(helper.make_tensor_value_info("beside.y", TensorProto.FLOAT, [1, 2, 4, 4]))
    graph.node.append(helper.make_node("Conv", ["beside.x", "beside.w"], ["beside.c"]))
    names = ["beside.c", "beside.scale", "beside.shift", "beside.mean", "beside.var"]
    graph.node.append(helper.make_node("BatchNormalization", names, ["beside.y"]))
    return result


def is_valid(model):
    try:
        onnx.checker.check_model(model, full_check=True)
        return True
    except Exception:  # the checker and shape inference have exceptions of many kinds
        return False


def value_of(path, info):
    """The test's value for an input."""
    data = path.read_bytes()
    if info.type.HasField("sequence_type"):
        sequence = onnx.SequenceProto.FromString(data)
        return numpy_helper.to_list(sequence)
    if info.type.HasField("optional_type"):
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(TensorProto.FromString(data))


def run(file, feed):
    """Outputs by name; nothing where ONNX Runtime does not run the file."""
    try:
        net = session(file)
        wanted = {each.name for each in net.get_inputs()}
        names = [each.name for each in net.get_outputs()]
        return dict(zip(names, net.run(names, {name: value for name, value in feed.items() if name in wanted})))
    except Exception as failure:  # its exceptions are of many kinds
        return str(failure).splitlines()[0][:200]


def same(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(*pair) for pair in zip(a, b))
    if isinstance(a, dict) or a is None:
        return a == b
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind in "fc":
        rounding = 4e-3 if a.dtype == np.float16 else 2e-5
        return np.allclose(a, b, rtol=rounding, atol=rounding / 20, equal_nan=True)
    return bool((a == b).all())


RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"}


def fault_of(model, feed, banoff, folder):
    """What is wrong with the file that banoff writes, in words; "" where nothing is; and whether it was run."""
    original, written = folder / "model.onnx", folder / "folded.onnx"
    written.unlink(missing_ok=True)
    onnx.save(model, original)
    done = subprocess.run([banoff, "fold", original, "-o", written, "--no-check"], capture_output=True, text=True)
    if done.returncode != 0:
        convert = "convert the model with onnx.version_converter" in done.stderr
        return "" if convert else "refused: " + done.stderr.strip().splitlines()[-1][:300], None
    folded = onnx.load(written)
    if is_valid(model) and not is_valid(folded):
        try:
            onnx.checker.check_model(folded, full_check=True)
        except Exception as failure:
            return "not valid: " + str(failure).strip().splitlines()[0][:300], False
    expected = run(original, feed)
    if isinstance(expected, str):
        return "", False
    actual = run(written, feed)
    if isinstance(actual, str):
        return "does not run: " + actual, True
    if {node.op_type for node in model.graph.node} & RANDOM:
        return "", True
    if expected.keys() != actual.keys():
        return "other outputs", True
    wrong = [name for name in expected if not same(expected[name], actual[name])]
    return ("other values: " + ", ".join(wrong) if wrong else ""), True


def tests_in(folder):
    for test in sorted(each.parent for each in folder.rglob("model.onnx")):
        model = onnx.load(test / "model.onnx")
        feed = {}
        for i, info in enumerate(model.graph.input):
            file = test / "test_data_set_0" / f"input_{i}.pb"
            if file.exists():
                feed[info.name] = value_of(file, info)
        yield test.name, model, feed


def outcome_of(fault, ran):
    if fault:
        return "wrong"
    return "refused with the next step" if ran is None else "same" if ran else "written, not run by ONNX Runtime"


def finish(counts, faults):
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind}: {count} {outcome}")
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banoff", default=ROOT / "build/release/cli/banoff", type=pathlib.Path)
    parser.add_argument("--data", default=ROOT.parent / "shared/data", type=pathlib.Path)
    parser.add_argument("--only", default="", help="tests whose names hold this")
    parser.add_argument("--made-up", action="store_true", help="only the made-up networks, which need no data")
    options = parser.parse_args()
    counts, faults = collections.Counter(), []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for make in carried_nets.NETS:
            if options.only in make.__name__:
                model = make()
                fault, ran = fault_of(model, carried_nets.feeds(model), options.banoff, folder)
                if not fault and norms(folder / "folded.onnx") > 0:
                    fault = "batch norms are left"
                counts["made up", outcome_of(fault, ran)] += 1
                if fault:
                    faults.append(f"{make.__name__}: {fault}")
                    print(faults[-1], flush=True)
        if options.made_up:
            return finish(counts, faults)
        with tarfile.open(options.data / "suite_onnx_node/onnx_node_tests.tar.xz") as archive:
            archive.extractall(folder / "tests", filter="data")
        for test, model, feed in tests_in(folder / "tests"):
            if options.only not in test:
                continue
            beside = {"beside.x": np.linspace(-2, 2, 72, dtype=np.float32).reshape(1, 2, 6, 6)}
            for kind, each, given in (("as it is", model, feed), ("beside a norm", beside_a_norm(model), feed | beside)):
                fault, ran = fault_of(each, given, options.banoff, folder)
                counts[kind, outcome_of(fault, ran)] += 1
                if fault:
                    faults.append(f"{test}, {kind}: {fault}")
                    print(faults[-1], flush=True)
    return finish(counts, faults)


if __name__ == "__main__":
    sys.exit(main())
