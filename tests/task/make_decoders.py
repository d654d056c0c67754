#!/usr/bin/env python3
"""Writes heads of detectors and what is found in them (data/decoders), by plain NumPy after the authors' programs.

NAME.headI.npy are the heads, NAME.rows.npy the boxes: x1 y1 x2 y2 score class, then landmarks; NAME.masks.npy the masks,
which Pillow enlarges. Needs NumPy and Pillow.
"""
from pathlib import Path

import numpy as np
from PIL import Image

DATA = Path(__file__).resolve().parent / "data" / "decoders"
HEIGHT, WIDTH = 64, 96


def suppressed(boxes, scores, labels, iou):
    """Which boxes stay: best first, without those that overlap a better one of their class by more than `iou`."""
    order, kept = list(np.argsort(-scores, kind="stable")), []
    while order:
        best = order.pop(0)
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[order, :2]), np.minimum(boxes[best, 2:], boxes[order, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        same = labels[order] == labels[best]
        drop = same & (common / (area[best] + area[order] - common) > iou)
        order = [i for i, dropped in zip(order, drop) if not dropped]
    return kept


def corners(centres):
    """cx cy w h -> x1 y1 x2 y2."""
    return np.concatenate([centres[:, :2] - centres[:, 2:] / 2, centres[:, :2] + centres[:, 2:] / 2], 1)


def save(name, heads, rows, masks=None):
    """Everything of one decoder."""
    for i, head in enumerate(heads):
        np.save(DATA / f"{name}.head{i}.npy", head.astype(np.float32))
    np.save(DATA / f"{name}.rows.npy", rows)
    if masks is not None:
        np.save(DATA / f"{name}.masks.npy", masks)


def rows_of(boxes, scores, labels, least, iou, more=None):
    """The boxes that are kept, and which those were."""
    chosen = np.flatnonzero(scores > least)
    kept = chosen[suppressed(boxes[chosen], scores[chosen], labels[chosen], iou)]
    parts = [boxes[kept], scores[kept, None], labels[kept, None]] + ([] if more is None else [more[kept]])
    return np.concatenate(parts, 1), kept


def yolox(rng):
    """demo_postprocess of YOLOX's utils/demo_utils.py."""
    grids, strides = [], []
    for stride in (8, 16, 32):
        x, y = np.meshgrid(np.arange(WIDTH // stride), np.arange(HEIGHT // stride))
        grids.append(np.stack([x, y], 2).reshape(-1, 2))
        strides.append(np.full((grids[-1].shape[0], 1), stride))
    grids, strides = np.concatenate(grids), np.concatenate(strides)
    head = np.concatenate([rng.normal(0.5, 0.5, (len(grids), 2)), rng.normal(0.6, 0.5, (len(grids), 2)),
                           rng.random((len(grids), 4))], 1).astype(np.float32).astype(float)
    centres = np.concatenate([(head[:, :2] + grids) * strides, np.exp(head[:, 2:4]) * strides], 1)
    scores = head[:, 4:5] * head[:, 5:]
    rows, _ = rows_of(corners(centres), scores.max(1), scores.argmax(1), 0.3, 0.5)
    save("yolox", [head[None]], rows)


def yolov8_seg(rng):
    """process_mask_native of ultralytics' utils/ops.py, on a picture of the input's size."""
    count, classes, masks, (rows, columns) = 40, 3, 5, (16, 24)
    boxes = np.concatenate([rng.random((count, 2)) * [WIDTH, HEIGHT], 8 + 40 * rng.random((count, 2))], 1)
    head = np.concatenate([boxes, rng.random((count, classes)), rng.normal(0, 1, (count, masks))], 1)
    head = head.astype(np.float32).astype(float)
    prototypes = rng.normal(0, 1, (masks, rows, columns)).astype(np.float32).astype(float)
    scores = head[:, 4:4 + classes]
    found, kept = rows_of(corners(head[:, :4]), scores.max(1), scores.argmax(1), 0.6, 0.5)
    sums = np.tensordot(head[kept, 4 + classes:], prototypes, 1)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    covered = []
    for plane, box in zip(sums, found):
        large = np.asarray(Image.fromarray(plane.astype(np.float32)).resize((WIDTH, HEIGHT), Image.BILINEAR))
        covered.append((large > 0) & (x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3]))
    save("yolov8_seg", [head.T[None], prototypes[None]], found, np.array(covered[:6]).astype(np.uint8))


def centerface(rng):
    """decode of CenterFace's prj-python/centerface.py, without clipping."""
    rows, columns = HEIGHT // 4, WIDTH // 4
    heat = rng.random((rows, columns)) ** 6
    scale, offset = rng.normal(1.5, 0.3, (2, rows, columns)), rng.normal(0, 0.3, (2, rows, columns))
    points = rng.random((10, rows, columns))
    heat, scale, offset, points = (v.astype(np.float32).astype(float) for v in (heat, scale, offset, points))
    boxes, scores, landmarks = [], [], []
    for y, x in zip(*np.where(heat > 0.3)):
        height, width = np.exp(scale[0, y, x]) * 4, np.exp(scale[1, y, x]) * 4
        left, top = (x + offset[1, y, x] + 0.5) * 4 - width / 2, (y + offset[0, y, x] + 0.5) * 4 - height / 2
        boxes.append([left, top, left + width, top + height])
        scores.append(heat[y, x])
        landmarks.append([v for k in range(5) for v in (points[2 * k + 1, y, x] * width + left,
                                                        points[2 * k, y, x] * height + top)])
    boxes, scores, landmarks = np.array(boxes), np.array(scores), np.array(landmarks)
    found, _ = rows_of(boxes, scores, np.zeros(len(scores), int), 0.3, 0.3, landmarks)
    save("centerface", [heat[None, None], scale[None], offset[None], points[None]], found)


def ssd(rng):
    """DecodeBBox and the rest of caffe-ssd's DetectionOutput, code type CENTER_SIZE: all in one row, variances with the
    priors, class 0 is background."""
    count, classes = 30, 3
    low = rng.random((count, 2)) * 0.7
    priors = np.concatenate([low, low + 0.1 + 0.2 * rng.random((count, 2))], 1)
    variances = 0.05 + 0.2 * rng.random((count, 4))
    deltas = rng.normal(0, 1, (count, 4))
    scores = rng.dirichlet(np.full(classes, 0.5), count)
    priors, variances, deltas, scores = (v.astype(np.float32).astype(float) for v in (priors, variances, deltas, scores))
    sides = priors[:, 2:] - priors[:, :2]
    centres = (priors[:, :2] + priors[:, 2:]) / 2 + variances[:, :2] * deltas[:, :2] * sides
    boxes = corners(np.concatenate([centres, np.exp(variances[:, 2:] * deltas[:, 2:]) * sides], 1))
    boxes *= [WIDTH, HEIGHT, WIDTH, HEIGHT]
    each = np.repeat(boxes, classes - 1, 0)
    labels = np.tile(np.arange(1, classes), count)
    rows, _ = rows_of(each, scores[:, 1:].reshape(-1), labels, 0.3, 0.45)
    save("ssd", [deltas.reshape(1, -1), scores.reshape(1, -1), np.stack([priors.reshape(-1), variances.reshape(-1)])[None]],
         rows)


def picodet(rng):
    """PicoDetPostProcess of PaddleDetection's deploy/third_engine, classes apart; an input of 64 x 96 has 1 x 2 cells at
    the last stride, which covers more than it."""
    boxes, scores, score_heads, distance_heads, bins, classes = [], [], [], [], 5, 3
    for stride in (8, 16, 32, 64):
        rows, columns = -(-HEIGHT // stride), -(-WIDTH // stride)
        each = (rng.random((rows * columns, classes)) ** 6).astype(np.float32).astype(float)
        logits = rng.normal(0, 2, (rows * columns, 4 * bins)).astype(np.float32).astype(float)
        weights = np.exp(logits.reshape(-1, 4, bins))
        distances = (weights / weights.sum(2, keepdims=True) * np.arange(bins)).sum(2) * stride
        x, y = np.meshgrid((np.arange(columns) + 0.5) * stride, (np.arange(rows) + 0.5) * stride)
        centres = np.stack([x, y, x, y], 2).reshape(-1, 4)
        boxes.append(centres + distances * [-1, -1, 1, 1])
        scores.append(each)
        score_heads.append(each[None])
        distance_heads.append(logits[None])
    scores = np.concatenate(scores)
    rows, _ = rows_of(np.repeat(np.concatenate(boxes), classes, 0), scores.reshape(-1),
                      np.tile(np.arange(classes), len(scores)), 0.3, 0.5)
    save("picodet", score_heads + distance_heads, rows)


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    for seed, make in enumerate((yolox, yolov8_seg, centerface, ssd, picodet)):
        make(np.random.default_rng(seed))
