"""Writes the held-out data and the float64 reference outputs beside the demo nets.

usage: python3 scripts/train_demo/export.py classifier|detector|segmenter|all
"""
import argparse
import csv
import importlib
import json
import sys

import numpy as np
import torch
from PIL import Image

import common
import data
import metrics
import scenes

DATA = data.DEMO / "data"


def save_expected(name, array):
    """Writes `expected/NAME.npy` as float32."""
    (DATA / "expected").mkdir(parents=True, exist_ok=True)
    np.save(DATA / "expected" / f"{name}.npy", np.ascontiguousarray(array, dtype=np.float32))


def load_double(name, kind):
    """The shipped weights of a net, in float64."""
    net = getattr(importlib.import_module(name), kind)()
    return common.load(data.DEMO / f"{name}.safetensors", net).double()


def classifier():
    """The held-out scans as PNG, their labels, and the logits of the first one."""
    folder = DATA / "digits"
    folder.mkdir(parents=True, exist_ok=True)
    scans, labels = data.scans_of("held")
    with open(folder / "labels.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "label"])
        for i, (scan, label) in enumerate(zip(scans, labels)):
            Image.fromarray(scan).save(folder / f"{i:03}.png", optimize=True)
            writer.writerow([f"{i:03}.png", label])
    image = data.classifier_input(scans[:1])
    save_expected("classifier.in", image.numpy())
    with torch.no_grad():
        save_expected("classifier.out", load_double("classifier", "Classifier")(image.double()))


def write_scenes():
    """The held-out scenes and their masks as PNG, their objects as JSON."""
    folder = DATA / "scenes"
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for i, (image, mask, objects) in enumerate(scenes.held_out_scenes()):
        Image.fromarray(image).save(folder / f"{i:02}.png", optimize=True)
        Image.fromarray(mask).save(folder / f"{i:02}.mask.png", optimize=True)
        truths.append(f'"{i:02}.png": {json.dumps(objects)}')
    (folder / "boxes.json").write_text("{\n" + ",\n".join(truths) + "\n}\n")


def first_scene():
    """The network's input for the first scene."""
    return scenes.network_input(scenes.held_out_scenes()[0][0][None])


def detector():
    """The scenes, and boxes, scores and detections of the first one."""
    write_scenes()
    image = first_scene()
    save_expected("scene.in", image.numpy())
    net = load_double("detector", "Detector")
    with torch.no_grad():
        boxes, scores = (part[0].numpy() for part in net.decode(*net(image.double())))
    save_expected("detector.boxes", boxes)
    save_expected("detector.scores", scores)
    save_expected("detector.out", metrics.nms(boxes, scores))


def segmenter():
    """The scenes, and the logits of the first one."""
    write_scenes()
    image = first_scene()
    with torch.no_grad():
        # Every fourth row and column: the whole map would be the largest file of the demo.
        save_expected("segmenter.out", load_double("segmenter", "Segmenter")(image.double())[:, :, ::4, ::4])


def main():
    """The command line."""
    parts = {"classifier": classifier, "detector": detector, "segmenter": segmenter}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", choices=[*parts, "all"])
    options = parser.parse_args()
    for name, part in parts.items():
        if options.net in (name, "all"):
            part()


if __name__ == "__main__":
    sys.exit(main())
