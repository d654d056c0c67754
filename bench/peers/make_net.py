#!/usr/bin/env python3
"""Makes FOLDER/net.onnx, input.npy and expected.npy: a network with made-up weights, one input, and the right answer.

torchvision makes the network where it can be imported, with the weights of scripts/oracle_nets.py; otherwise banoff
exports its model file with weights of its own. Either way batch norms are far from the identity, and stay in the file:
folding them is the runtimes' work. The answer is ONNX Runtime's without optimisations.
"""
import argparse
import pathlib
import warnings

import numpy as np
import onnx

import children
from catalogue import NETS, ROOT, use_scripts

use_scripts()
from onnx_files import norms, session

# What constructors are told: auxiliary classifiers serve training only, and random weights are drawn elsewhere.
ARGUMENTS = {"inception_v3": {"aux_logits": False, "init_weights": False},
             "googlenet": {"aux_logits": False, "init_weights": False}}


def by_torchvision(name, seed, file):
    """Returns the input and who made it. Raises ImportError where torchvision is not installed."""
    import torch
    import torchvision
    import oracle_nets

    warnings.simplefilter("ignore")
    net = getattr(torchvision.models, name)(weights=None, **ARGUMENTS.get(name, {}))
    picture = oracle_nets.randomize(net, NETS[name], NETS[name], seed)
    # The exporter folds batch norms unless told to preserve the mode, and constants are no part of these networks.
    torch.onnx.export(net.float(), (picture,), str(file), input_names=["x"], output_names=["y"], dynamo=False,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, opset_version=17)
    return picture.numpy(), f"torchvision {torchvision.__version__}, torch {torch.__version__}"


def fix_sizes(file, shape):
    """banoff leaves the batch open, which some peers would take for a reason to be slower."""
    model = onnx.load(str(file))
    for dimension, size in zip(model.graph.input[0].type.tensor_type.shape.dim, shape):
        dimension.dim_value = size
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    onnx.save(onnx.shape_inference.infer_shapes(model), str(file))


def by_banoff(name, seed, file, banoff):
    """Returns the input and who made it."""
    model = ROOT / f"configs/models/{name}.yaml"
    if not model.exists():
        raise children.Failed("there is no model file, and torchvision is not installed")
    children.run([banoff, "export", model, "--weights", f"random:{seed}", "-o", file])
    shape = (1, 3, NETS[name], NETS[name])
    fix_sizes(file, shape)
    picture = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return picture, children.run([banoff, "--version"]).strip()


def make(arguments):
    file = arguments.folder / "net.onnx"
    try:
        picture, made_by = by_torchvision(arguments.net, arguments.seed, file)
    except ImportError:
        picture, made_by = by_banoff(arguments.net, arguments.seed, file, arguments.banoff)
    reference = session(file)
    expected, = reference.run(None, {reference.get_inputs()[0].name: picture})
    np.save(arguments.folder / "input.npy", picture)
    np.save(arguments.folder / "expected.npy", expected)
    return {"made_by": made_by, "input": "x".join(map(str, picture.shape)), "batch_norms": norms(file)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", choices=NETS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--banoff", default="banoff")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    children.serve(lambda: make(arguments))


if __name__ == "__main__":
    main()
