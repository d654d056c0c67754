#!/usr/bin/env python3
"""Checks the one-stage detectors of configs/models against their authors' packages, with made-up weights.

As check_torchvision.py does, which see for the weights: every parameter is drawn from a seed, the state dict is loaded by its
own names, and what the heads give must be the package's float64 values, as loaded and with batch norms folded. Needs PyTorch,
effdet and ultralytics; exits 1 on a difference.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np
import torch

from check_torchvision import ROOT, banoff, randomize
from checkpoint_to_safetensors import write_safetensors


def levels(name, values, labels):
    """One entry for each level of a pyramid."""
    return {f"{name}{label}": value for label, value in zip(labels, values)}


class EfficientDet(torch.nn.Module):
    """effdet's net; what it calls tf_efficientdet_* has the published parameter counts."""

    def __init__(self, name, side):
        super().__init__()
        import effdet

        config = effdet.get_efficientdet_config("tf_" + name)
        config.image_size = [side, side]
        self.net = effdet.EfficientDet(config, pretrained_backbone=False)

    def heads(self, image):
        classes, boxes = self.net(image)
        return {**levels("classes", classes, range(3, 8)), **levels("boxes", boxes, range(3, 8))}


class Yolo(torch.nn.Module):
    """What ultralytics builds: modules in a row that name the ones they read."""

    def __init__(self, name):
        super().__init__()
        from ultralytics.nn.tasks import DetectionModel

        self.net = DetectionModel(name + ".yaml", ch=3, nc=80, verbose=False)

    def features(self, image):
        """The three feature maps that the head reads."""
        made = []
        value = image
        for module in self.net.model[:-1]:
            if module.f != -1:
                value = made[module.f] if isinstance(module.f, int) else [value if j == -1 else made[j] for j in module.f]
            value = module(value)
            made.append(value)
        return [made[j] for j in self.net.model[-1].f]


class Yolo8(Yolo):
    def heads(self, image):
        head = self.net.model[-1]
        features = self.features(image)
        sides = [branch(x) for branch, x in zip(head.cv2, features)]
        classes = [branch(x) for branch, x in zip(head.cv3, features)]
        return {**levels("sides", sides, (8, 16, 32)), **levels("classes", classes, (8, 16, 32))}


class AnchorHead(torch.nn.Module):
    """The head of YOLOv5, which the package no longer has: a convolution for each level, and the anchors in strides."""

    SIDES = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]]

    def __init__(self, widths, inputs):
        super().__init__()
        self.f = inputs
        self.m = torch.nn.ModuleList(torch.nn.Conv2d(width, 255, 1) for width in widths)
        strides = torch.tensor([8.0, 16.0, 32.0])
        self.register_buffer("anchors", torch.tensor(self.SIDES) / strides.reshape(3, 1, 1))


class Yolo5(Yolo):
    def __init__(self, name):
        super().__init__(name)
        self.net.model[-1] = AnchorHead([128, 256, 512], self.net.model[-1].f)

    def heads(self, image):
        return levels("level", [conv(x) for conv, x in zip(self.net.model[-1].m, self.features(image))], (8, 16, 32))


# Side of the test image: the least that leaves the coarsest level a few cells, or one.
ORACLES = {
    "efficientdet_d0": (lambda: EfficientDet("efficientdet_d0", 128), 128),
    "efficientdet_d7": (lambda: EfficientDet("efficientdet_d7", 128), 128),
    "yolov5s": (lambda: Yolo5("yolov5s"), 128),
    "yolov8n": (lambda: Yolo8("yolov8n"), 128),
}


def check(name, arguments, folder):
    """One network. Returns its row of the table and whether it is right."""
    build, side = ORACLES[name]
    oracle = build()
    oracle.forward = oracle.heads
    image = randomize(oracle, side, arguments.seed)
    state = oracle.float().net.state_dict()
    write_safetensors(folder / "net.safetensors", state)
    np.save(folder / "in.npy", image.numpy())
    with torch.no_grad():
        actuals = [{key: value.numpy() for key, value in oracle(image).items()}]
        expected = {key: value.numpy() for key, value in oracle.double()(image.double()).items()}

    given = [ROOT / f"configs/models/{name}.yaml", "--weights", folder / "net.safetensors",
             "--shape", f"image:1x3x{side}x{side}", "--device", arguments.device]
    for method in ("none", "banoff", "optimal"):
        wanted = [part for key in expected for part in ("--output", f"{key}={folder / key}.npy")]
        banoff(arguments, "run", *given, "--input", folder / "in.npy", *wanted, "--method", method)
        actuals.append({key: np.load(folder / f"{key}.npy") for key in expected})
    differences = [max(float(np.abs(actual[key] - expected[key]).max() / np.abs(expected[key]).max())
                       for key in expected) for actual in actuals]
    parameters = json.loads(banoff(arguments, "inspect", *given, "--json"))["parameters"]
    published = sum(value.numel() for key, value in state.items() if not key.endswith("num_batches_tracked"))
    norms = sum(isinstance(module, torch.nn.BatchNorm2d) for module in oracle.modules())
    right = max(differences[1:]) <= arguments.tolerance and parameters == published
    row = f"{name:20} {side:4} {norms:4} {parameters:11,}" + "".join(f" {value:11.1e}" for value in differences)
    return row + ("" if right else f"  WRONG (the package has {published:,} parameters)"), right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="nets to check (default: all)")
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--device", default="cpu", help="one of `banoff devices`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="of the difference, relative to the largest value")
    arguments = parser.parse_args()
    print(f"{'net':20} {'side':>4} {'BN':>4} {'parameters':>11} {'PyTorch f32':>11} {'as loaded':>11} {'banoff':>11}"
          f" {'optimal':>11}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.nets or ORACLES:
            try:
                row, right = check(name, arguments, pathlib.Path(folder))
            except RuntimeError as error:
                row, right = f"{name:20} {error}", False
            print(row, flush=True)
            failed += not right
    if failed:
        sys.exit(f"{failed} networks differ from their packages")


if __name__ == "__main__":
    main()
