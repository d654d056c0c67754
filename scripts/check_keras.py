#!/usr/bin/env python3
"""Checks the networks of configs/models that follow Keras against Keras, with made-up weights.

Every parameter is made by formula_weights.py, batch norms far from the identity, put into Keras's net and written under
the model file's names. `banoff run` must give the answer of Keras in float64: on reference-f64 as loaded to rounding,
folded by every method, and on --device, to --tolerance. Names follow from Keras's by a rule or two per net (RULES), else by the
order in which its layers were made; a layer or parameter left over on either side is an error, and so is a parameter count
other than Keras's. Needs tensorflow 2.15 and safetensors; exits 1 on a difference.

The CIFAR nets are no package: --cifar-example names examples/cifar10_resnet.py of the keras repository (before 2.4). Only
its functions are run. --write stores what Keras answers for tests/session/test_zoo_keras.cpp.
"""
import argparse
import ast
import json
import os
import pathlib
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

from comparison import add_arguments, check_all, difference, inspected, run_banoff, verdict
from formula_weights import made_up, picture

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "configs/models"
METHODS = ("none", "naive", "banoff", "optimal")
FLOAT64 = "reference-f64"
FLOAT64_TOLERANCE = 1e-10

# keras.applications' constructors, and the side of the test image: NASNet's file suits multiples of 32, as Keras's net of
# one does; the others are as small as they can be or odd, where padding matters.
APPLICATIONS = {
    "inception_resnet_v2": ("InceptionResNetV2", 75),
    "mobilenet": ("MobileNet", 75),
    "nasnet_mobile": ("NASNetMobile", 64),
    "resnet50_v2": ("ResNet50V2", 75),
    "xception": ("Xception", 75),
}
CIFAR = ("resnet20_v1", "resnet20_v2", "resnet56_v1", "resnet56_v2", "resnet110_v2", "resnet164_v2")

# From Keras's layer names to ours, as patterns; the names of other layers stay.
RULES = {
    "inception_resnet_v2": [
        (r"custom_scale_layer(_\d+)?", lambda match: f"{residual(int((match[1] or '_0')[1:]))}.scale"),
        (r"(block\d+_\d+)_conv", r"\1.residual.conv"),
        (r"conv_7b(_bn)?", lambda match: "conv_7b.bn" if match[1] else "conv_7b.conv"),
    ],
    "mobilenet": [(r"conv_(dw|pw)_(\d+)(_bn)?", r"conv_\2.\1\3")],
    "nasnet_mobile": [
        (r"separable_(conv_\d(?:_bn)?)_(normal|reduction)_(left|right)(\d)_(\w+)",
         lambda match: f"{cell(match[5])}.{match[3]}{match[4]}.{match[1]}"),
        (r"(?:normal|reduction)_(conv|bn)_1_(\w+)", lambda match: f"{cell(match[2])}.{match[1]}_1"),
        (r"adjust_(conv_projection|conv_1|conv_2|bn)_(\w+)", lambda match: f"{cell(match[2])}.adjust.{match[1]}"),
    ],
    "resnet50_v2": [(r"(conv\d_block\d+)_(\w+)", r"\1.\2")],
    "xception": [(r"(block\d+)_(\w+)", r"\1.\2")],
}
# What Keras calls layers that were given no name, with a number behind from the second on, and our op.
NAMELESS = {"conv2d": "conv", "batch_normalization": "batch_norm", "dense": "dense"}


def cell(block):
    """NASNet's cell of a block id: 5, reduce_4 or stem_1."""
    return f"normal_{block}" if block.isdigit() else block


def residual(index):
    """The ends of Inception-ResNet's blocks in order: 10, 20 and 10 of three kinds."""
    for kind, count in (("block35", 10), ("block17", 20), ("block8", 10)):
        if index < count:
            return f"{kind}_{index + 1}.residual"
        index -= count
    raise RuntimeError("more blocks than there are")


def functions_of(file):
    """The functions of a Python file that does more than define them, and what it imports."""
    tree = ast.parse(pathlib.Path(file).read_text())
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))]
    names = {}
    exec(compile(tree, file, "exec"), names)
    return names


def build(name, side, precision, arguments):
    """Keras's net. Layers without a name are counted from 0."""
    tf.keras.backend.clear_session()
    tf.keras.backend.set_floatx(precision)
    if name in APPLICATIONS:
        constructor = getattr(tf.keras.applications, APPLICATIONS[name][0])
        return constructor(weights=None, input_shape=(side, side, 3), classifier_activation=None)
    depth, version = re.fullmatch(r"resnet(\d+)_(v\d)", name).groups()
    return functions_of(arguments.cifar_example)[f"resnet_{version}"]((side, side, 3), int(depth))


def renamed(name, layer):
    for pattern, ours in RULES.get(name, []):
        if match := re.fullmatch(pattern, layer):
            return ours(match) if callable(ours) else match.expand(ours)
    return layer


def matched(name, net, ours):
    """Keras's layers that compute with numbers of their own, by our node's name. `ours` lists our layers in order."""
    found, nameless = {}, []
    for layer in net.layers:
        if not layer.weights and not is_factor(layer):
            continue
        if match := re.fullmatch(rf"({'|'.join(NAMELESS)})(?:_(\d+))?", layer.name):
            nameless.append((NAMELESS[match[1]], int(match[2] or 0), layer))
        else:
            found[renamed(name, layer.name)] = layer
    left = {op: [each["name"] for each in ours if each["op"] == op and not named(each["name"], found)]
            for op in NAMELESS.values()}
    for op, index, layer in nameless:
        if index >= len(left[op]):
            raise RuntimeError(f"no {op} is left for Keras's {layer.name}")
        found[left[op][index]] = layer
    return found


def named(node, found):
    """Whether a node or, of a separable convolution, the one it is a part of is the like of a layer with a name."""
    return node in found or node.rpartition(".")[0] in found


def is_factor(layer):
    """Inception-ResNet scales its residuals by a number."""
    return type(layer).__name__ == "CustomScaleLayer"


def variables(path, layer):
    """(our parameter's name, Keras's variable, its axes in our order) of a layer."""
    slots = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    for variable in layer.weights:
        kind = variable.name.rpartition("/")[2].partition(":")[0]
        part, _, kernel = kind.rpartition("_") if kind.endswith("kernel") else ("", "", "")
        inside = f".{part}" if isinstance(layer, tf.keras.layers.SeparableConv2D) else ""
        axes = {1: (0,), 2: (1, 0), 4: (2, 3, 0, 1) if part == "depthwise" else (3, 2, 0, 1)}[len(variable.shape)]
        yield f"{path}{inside}.{'weight' if kernel else slots.get(kind, kind)}", variable, axes


def constant(path, layer):
    """What our file holds and Keras does not: gammas of 1, and the factor of a residual. One tensor by name, or none."""
    if is_factor(layer):
        return {f"{path}.weight": np.full(layer.output_shape[-1], layer.scale)}
    if isinstance(layer, tf.keras.layers.BatchNormalization) and not layer.scale:
        return {f"{path}.weight": np.ones(layer.moving_mean.shape)}
    return {}


def before_call(layer, action):
    """Has `action` see what reaches the layer next, once."""
    call = layer.call

    def once(inputs, *rest, **named_rest):
        layer.call = call
        action(inputs)
        return call(inputs, *rest, **named_rest)

    layer.call = once


def fill(net, layers, image):
    """Gives Keras's net the made-up weights. Returns our tensors by name, and each norm's exponent."""
    tensors, exponents = {}, {}

    def assign(path, layer, exponent=None):
        for name, variable, axes in variables(path, layer):
            tensors[name] = made_up(name, [variable.shape[axis] for axis in axes], exponent)
            variable.assign(np.transpose(tensors[name], np.argsort(axes)))

    def settle(path, layer, value):
        exponents[path] = round(float(np.log2(np.sqrt(np.mean(value.numpy() ** 2)))))
        assign(path, layer, exponents[path])

    for path, layer in layers.items():
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            before_call(layer, lambda value, path=path, layer=layer: settle(path, layer, value))
        else:
            assign(path, layer)
    net(image, training=False)
    return tensors, exponents


def file_of(name, side, folder):
    """A copy of the model file for a square picture of that side."""
    text = (MODELS / f"{name}.yaml").read_text()
    text, changed = re.subn(r"image: \[N=1, 3, .*\]", f"image: [N=1, 3, {side}, {side}]", text)
    assert changed == 1
    file = folder / f"{name}.yaml"
    file.write_text(text)
    return file


def answers(net, image, node):
    """What Keras computes, by our node's name: the logits, and probabilities where the net ends in them."""
    last = net.layers[-1]
    activation, last.activation = getattr(last, "activation", None), tf.keras.activations.linear
    logits = net(image, training=False)
    ends = activation is tf.keras.activations.softmax
    return {node: logits.numpy(), **({"probabilities": activation(logits).numpy()} if ends else {})}


def check(name, arguments, folder):
    """One network. Returns its row of the table and whether it is right; stores what a test can compare with."""
    side = APPLICATIONS[name][1] if name in APPLICATIONS else 32
    file = file_of(name, side, folder)
    ours = inspected(arguments, [file, "--weights", "random:0"])["layers"]
    node = [each["name"] for each in ours if each["op"] != "softmax"][-1]
    planes = picture((1, 3, side, side))
    image = planes.transpose(0, 2, 3, 1)

    net = build(name, side, "float64", arguments)
    layers = matched(name, net, ours)
    tensors, exponents = fill(net, layers, image)
    constants = {key: value for path, layer in layers.items() for key, value in constant(path, layer).items()}
    expected = answers(net, image, node)
    published = net.count_params() + sum(value.size for value in constants.values())
    single = build(name, side, "float32", arguments)
    single.set_weights(net.get_weights())
    actuals = [answers(single, image.astype(np.float32), node)]

    exact = {key: np.ascontiguousarray(value, np.float32) for key, value in tensors.items()}
    save_file({**exact, **constants}, folder / "net.safetensors")
    np.save(folder / "in.npy", planes.astype(np.float32))
    given = [file, "--weights", folder / "net.safetensors"]
    wanted = [part for key in expected for part in ("--output", f"{key}={folder / key}.npy")]
    for device in (FLOAT64, arguments.device):
        for method in METHODS:
            run_banoff(arguments, "run", *given, "--input", folder / "in.npy", *wanted, "--method", method, "--device",
                       device)
            actuals.append({key: np.load(folder / f"{key}.npy") for key in expected})
    differences = [max(difference(actual[key], expected[key]) for key in expected) for actual in actuals]
    as_loaded, rest = differences[1], differences[2:]  # folding stores its weights as float32
    right = as_loaded <= FLOAT64_TOLERANCE and max(rest) <= arguments.tolerance
    row, right = verdict(name, (side, side), published, given, differences, right, arguments, "Keras")
    if arguments.write and right:
        store(arguments.write, name, case_of(side, exponents, constants, node, expected[node]))
    return row, right


def case_of(side, exponents, constants, node, value):
    """What the test needs: how the weights are made, and some of the answer."""
    step = max(1, value.size // 10)
    return {"side": side, "norm_exponents": exponents, "constants": {key: value[0] for key, value in constants.items()},
            "node": node, "step": step, "values": value.ravel()[::step].tolist()}


def store(file, name, case):
    """Puts a net's case in the place of the one the file may have."""
    cases = json.loads(file.read_text()) if file.exists() else {}
    cases[name] = case
    rows = (f"{json.dumps(key)}: {json.dumps(cases[key], separators=(',', ':'))}" for key in sorted(cases))
    file.write_text("{\n" + ",\n".join(rows) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="nets to check (default: all)")
    parser.add_argument("--cifar-example", help="Keras's cifar10_resnet.py; without it, its nets are left out by default")
    parser.add_argument("--write", metavar="FILE", type=pathlib.Path, help="store the answers of nets that are right")
    add_arguments(parser)
    arguments = parser.parse_args()
    nets = arguments.nets or [*APPLICATIONS, *(CIFAR if arguments.cifar_example else ())]
    columns = ("Keras f32", *(f"f64 {method}" for method in METHODS), *(f"dev {method}" for method in METHODS))
    check_all(nets, lambda name, folder: check(name, arguments, folder), columns, "Keras's")


if __name__ == "__main__":
    main()
