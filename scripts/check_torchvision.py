#!/usr/bin/env python3
"""Checks the networks of configs/models that torchvision has against PyTorch, with made-up weights.

Of each network torchvision builds, the parameters are drawn from a seed, with batch norms far from the identity: gamma of
both signs, means of the size of the deviations, variances over two decades. The state dict goes through
checkpoint_to_safetensors.py unchanged, so that every name and shape is checked, and `banoff run` must give PyTorch's
float64 logits, both as loaded and with batch norms folded. Needs PyTorch and torchvision; exits 1 on a difference.
"""
import argparse
import pathlib

import torchvision

import comparison
import oracle_nets

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Side of the test image where 64 will not do: VGG and Inception shrink it to a given size, or by valid windows.
SIDES = {"vgg16_bn": 224, "inception_v3": 107}
# What the constructor is told: the auxiliary classifier serves training only, and random weights are drawn here.
ARGUMENTS = {"inception_v3": {"aux_logits": False, "init_weights": False}}
METHODS = ("none", "banoff")
COLUMNS = ("PyTorch f32", *METHODS)


def nets():
    """Names of the model files that torchvision has a constructor for."""
    files = sorted(file.stem for file in (ROOT / "configs/models").glob("*.yaml"))
    return [name for name in files if callable(getattr(torchvision.models, name, None))]


def check(name, arguments, folder):
    net = getattr(torchvision.models, name)(weights=None, **ARGUMENTS.get(name, {}))
    side = SIDES.get(name, 64)
    return oracle_nets.check(net, ROOT / f"configs/models/{name}.yaml", (side, side), METHODS, arguments, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="model files to check (default: all torchvision has)")
    oracle_nets.add_arguments(parser)
    arguments = parser.parse_args()
    comparison.check_all(arguments.nets or nets(), lambda name, folder: check(name, arguments, folder), COLUMNS)


if __name__ == "__main__":
    main()
