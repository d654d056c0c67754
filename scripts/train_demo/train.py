"""Trains the demo nets and writes their weights and held-out metrics.

usage: python3 scripts/train_demo/train.py classifier|detector|segmenter|all
"""
import argparse
import importlib
import json
import sys

import torch

import common
from data import DEMO

PLANS = {  # name: (class, seed, steps, peak learning rate)
    "classifier": ("Classifier", 11, 700, 4e-3),
    "detector": ("Detector", 12, 1200, 1.5e-2),
    "segmenter": ("Segmenter", 13, 900, 1.5e-2),
}


def train(name, steps=None):
    """Trains one net, saves its weights and returns its held-out metrics."""
    kind, seed, plan_steps, rate = PLANS[name]
    module = importlib.import_module(name)
    torch.manual_seed(seed)
    net = getattr(module, kind)()
    common.initialise(net, seed)
    if hasattr(net, "initialise"):
        net.initialise()
    common.fit(name, net, module.batches(), module.loss_of, steps or plan_steps, rate)
    if hasattr(net, "finish"):
        net.finish()
    common.save(DEMO / f"{name}.safetensors", net)
    return {**module.evaluate(net), **common.summary(net)}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", choices=[*PLANS, "all"])
    parser.add_argument("--steps", type=int, help="fewer or more optimiser steps than planned")
    parser.add_argument("--evaluate", action="store_true", help="only measure the shipped weights")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in PLANS if options.net == "all" else [options.net]:
        if options.evaluate:
            module = importlib.import_module(name)
            net = common.load(DEMO / f"{name}.safetensors", getattr(module, PLANS[name][0])())
            result = {**module.evaluate(net), **common.summary(net)}
        else:
            result = train(name, options.steps)
        print(json.dumps({name: result}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
