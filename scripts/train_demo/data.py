"""The handwritten digit scans: loading, a fixed split, and the classifier's input."""
import gzip
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

DEMO = Path(__file__).resolve().parents[2] / "configs" / "demo"
HELD_OUT = 359
MEAN, STD = 0.305, 0.3766  # of the training scans as 8-bit images, divided by 255


def load_scans():
    """Returns (scans [n, 8, 8] uint8 in 0..255, labels [n])."""
    with gzip.open(DEMO / "data" / "digits.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",")
    scans = np.rint(table[:, :64] / 16 * 255).astype(np.uint8).reshape(-1, 8, 8)
    return scans, table[:, 64].astype(np.int64)


def split(labels, held_out=HELD_OUT, seed=7):
    """Returns (training, held-out) indices, stratified by label and always the same."""
    rng = np.random.RandomState(seed)
    quota = held_out * np.bincount(labels) / len(labels)
    count = np.floor(quota).astype(int)
    for label in np.argsort(count - quota, kind="stable")[:held_out - count.sum()]:
        count[label] += 1
    held = np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:n]
                           for label, n in enumerate(count)])
    held.sort()
    return np.setdiff1d(np.arange(len(labels)), held), held


def scans_of(part):
    """Returns (scans, labels) of part 'train' or 'held'."""
    scans, labels = load_scans()
    train, held = split(labels)
    index = train if part == "train" else held
    return scans[index], labels[index]


def classifier_input(scans):
    """8-bit scans [n, 8, 8] as the network's input [n, 1, 32, 32]: the YAML's `preprocess`."""
    pixels = torch.from_numpy(scans).float()[:, None]
    pixels = F.interpolate(pixels, size=(32, 32), mode="bilinear", align_corners=False)
    return (pixels / 255 - MEAN) / STD


def augment(images, generator):
    """Random small rotation, scale, shear, shift and contrast of normalised images."""
    n = len(images)

    def uniform(low, high):
        return torch.rand(n, generator=generator) * (high - low) + low

    angle, shear = uniform(-0.22, 0.22), uniform(-0.15, 0.15)
    sx, sy = uniform(0.88, 1.12), uniform(0.88, 1.12)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.stack([torch.stack([cos * sx, (shear - sin) * sy, uniform(-0.15, 0.15)], 1),
                         torch.stack([sin * sx, cos * sy, uniform(-0.15, 0.15)], 1)], 1)
    black = -MEAN / STD
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    moved = F.grid_sample(images - black, grid, align_corners=False)
    return moved * uniform(0.85, 1.1)[:, None, None, None] + black
