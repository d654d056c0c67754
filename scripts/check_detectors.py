#!/usr/bin/env python3
"""Checks the one-stage detectors of configs/models against their authors' packages, with made-up weights.

As check_torchvision.py does: every parameter is drawn from a seed, the state dict is loaded by its
own names, and the heads' values, the boxes and their scores must be those of the package in float64, as loaded and with batch
norms folded. Needs PyTorch, effdet and ultralytics; exits 1 on a difference.

CenterNet is no package: --centernet names the authors' src/lib/models/networks/large_hourglass.py.
"""
import argparse
import importlib.util
import pathlib

import numpy as np
import torch

from checkpoint_to_safetensors import write_safetensors
from comparison import check_all, difference, run_banoff, verdict
from oracle_nets import add_arguments, parameters_of, randomize

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ("none", "banoff", "optimal")
COLUMNS = ("PyTorch f32", *METHODS)


def rows(value, columns):
    """[N, A columns, H, W] to a row for each box of the first picture, the boxes of a cell one after the other."""
    return value[:1].permute(0, 2, 3, 1).reshape(-1, columns)


class Oracle(torch.nn.Module):
    """A package's net. Called, it gives values by the names of the nodes of configs/models/NAME.yaml that must equal them."""

    ignored = ()  # what parameters begin with that serve training only

    def settle(self):
        """Gives random weights a last touch."""

    def state(self):
        kept = self.net.state_dict().items()
        return {key: value for key, value in kept if not key.startswith(tuple(self.ignored))}


class EfficientDet(Oracle):
    """effdet's net; what it calls tf_efficientdet_* has the published parameter counts."""

    def __init__(self, name, side):
        super().__init__()
        import effdet

        self.config = effdet.get_efficientdet_config("tf_" + name)
        self.config.image_size = [side, side]
        self.net = effdet.EfficientDet(self.config, pretrained_backbone=False)

    def settle(self):
        self.net.box_net.predict.conv_pw.weight.mul_(0.2)  # sides are exponentials

    def forward(self, image):
        from effdet import anchors

        classes, deltas = self.net(image)
        values = {}
        for level, (c, d) in enumerate(zip(classes, deltas)):
            node = f"predict.{level}.conv_pw" if level else "predict.conv_pw"
            values.update({f"class_net.{node}": c, f"box_net.{node}": d})
        known = anchors.Anchors.from_config(self.config).boxes.to(image.dtype)
        boxes = anchors.decode_box_outputs(torch.cat([rows(d, 4) for d in deltas]), known, output_xyxy=True)
        values["boxes.decode_boxes"] = boxes.clamp(0, image.shape[-1])
        values["scores.sigmoid"] = torch.cat([rows(c, self.config.num_classes) for c in classes]).sigmoid()
        return values


class Yolo(Oracle):
    """What ultralytics builds: modules in a row that say which ones they read."""

    def __init__(self, name):
        super().__init__()
        from ultralytics.nn.tasks import DetectionModel

        self.net = DetectionModel(name + ".yaml", ch=3, nc=80, verbose=False)

    def features(self, image):
        """The three feature maps that the head reads."""
        made = []
        for module in self.net.model[:-1]:
            read = [module.f] if isinstance(module.f, int) else module.f
            read = [made[j] if made else image for j in read]
            made.append(module(read[0] if isinstance(module.f, int) else read))
        return [made[j] for j in self.net.model[-1].f]


class Yolo8(Yolo):
    def settle(self):
        weight = self.net.model[-1].dfl.conv.weight
        weight.copy_(torch.arange(weight.numel(), dtype=weight.dtype).reshape(weight.shape))

    def forward(self, image):
        head = self.net.model[-1]
        features = self.features(image)
        values = {}
        for level, feature in enumerate(features):
            values[f"model.22.cv2.{level}.2"] = head.cv2[level](feature)
            values[f"model.22.cv3.{level}.2"] = head.cv3[level](feature)
        found = head(features)[0][0].T
        centre, side, values["scores.sigmoid"] = found[:, :2], found[:, 2:4], found[:, 4:]
        values["boxes.concat"] = torch.cat([centre - side / 2, centre + side / 2], 1)
        return values


class AnchorHead(torch.nn.Module):
    """The head of YOLOv5, which the package no longer has: a convolution for each level, and the anchors in strides."""

    strides = (8, 16, 32)
    sides = [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]], [[116, 90], [156, 198], [373, 326]]]

    def __init__(self, widths, read):
        super().__init__()
        self.f = read
        self.m = torch.nn.ModuleList(torch.nn.Conv2d(width, 255, 1) for width in widths)
        self.register_buffer("anchors", torch.tensor(self.sides) / torch.tensor(self.strides).reshape(3, 1, 1))


class Yolo5(Yolo):
    def __init__(self, name):
        super().__init__(name)
        self.net.model[-1] = AnchorHead([128, 256, 512], self.net.model[-1].f)

    def forward(self, image):
        head = self.net.model[-1]
        values, boxes, scores = {}, [], []
        for level, (conv, feature) in enumerate(zip(head.m, self.features(image))):
            value = values[f"model.24.m.{level}"] = conv(feature)
            found = rows(value, 85).sigmoid().reshape(*value.shape[2:], 3, 85)
            y, x = (torch.arange(size).to(value) for size in value.shape[2:])
            cell = torch.stack(torch.broadcast_tensors(x[None, :, None], y[:, None, None]), -1)
            centre = (2 * found[..., :2] - 0.5 + cell) * head.strides[level]
            side = (2 * found[..., 2:4]) ** 2 * head.anchors[level] * head.strides[level]
            boxes.append(torch.cat([centre - side / 2, centre + side / 2], -1).reshape(-1, 4))
            scores.append((found[..., 4:5] * found[..., 5:]).reshape(-1, 80))
        return {**values, "boxes": torch.cat(boxes), "scores": torch.cat(scores)}


class CenterNet(Oracle):
    ignored = ("hm.0.", "wh.0.", "reg.0.")

    def __init__(self, file):
        super().__init__()
        spec = importlib.util.spec_from_file_location("large_hourglass", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.net = module.get_large_hourglass_net(104, {"hm": 80, "wh": 2, "reg": 2}, 64)

    def forward(self, image):
        found = self.net(image)[-1]
        y, x = (torch.arange(size).to(image) for size in found["reg"].shape[2:])
        cell = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1).reshape(-1, 2)
        centre, side = cell + rows(found["reg"], 2), rows(found["wh"], 2)
        values = {f"{head}.1.1": value for head, value in found.items()}
        values["scores.heat"] = found["hm"].sigmoid()
        values["boxes.concat"] = 4 * torch.cat([centre - side / 2, centre + side / 2], 1)
        return values


# Each with the side of its test image: the least that leaves the coarsest level a cell or a few.
def oracle_of(name, arguments):
    if name.startswith("efficientdet"):
        return EfficientDet(name, 128), 128
    if name == "centernet_hourglass":
        return CenterNet(arguments.centernet), 128
    return (Yolo8 if name == "yolov8n" else Yolo5)(name), 128


def check(name, arguments, folder):
    """One network. Returns its row of the table and whether it is right."""
    oracle, side = oracle_of(name, arguments)
    image = randomize(oracle, side, side, arguments.seed)
    with torch.no_grad():
        oracle.settle()
        state = oracle.float().state()
        write_safetensors(folder / "net.safetensors", state)
        np.save(folder / "in.npy", image.numpy())
        actuals = [{key: value.numpy() for key, value in oracle(image).items()}]
        expected = {key: value.numpy() for key, value in oracle.double()(image.double()).items()}

    given = [ROOT / f"configs/models/{name}.yaml", "--weights", folder / "net.safetensors",
             "--shape", f"image:1x3x{side}x{side}", "--device", arguments.device]
    for method in METHODS:
        wanted = [part for key in expected for part in ("--output", f"{key}={folder / key}.npy")]
        run_banoff(arguments, "run", *given, "--input", folder / "in.npy", *wanted, "--method", method)
        actuals.append({key: np.load(folder / f"{key}.npy") for key in expected})
    differences = [max(difference(actual[key], expected[key]) for key in expected) for actual in actuals]
    right = max(differences[1:]) <= arguments.tolerance
    return verdict(name, (side, side), parameters_of(state), given, differences, right, arguments, "the package")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="nets to check (default: all)")
    parser.add_argument("--centernet", help="the authors' large_hourglass.py; without it, CenterNet is left out by default")
    add_arguments(parser)
    arguments = parser.parse_args()
    nets = ["centernet_hourglass"] if arguments.centernet else []
    nets += ["efficientdet_d0", "efficientdet_d7", "yolov5s", "yolov8n"]
    check_all(arguments.nets or nets, lambda name, folder: check(name, arguments, folder), COLUMNS,
              "their packages'")


if __name__ == "__main__":
    main()
