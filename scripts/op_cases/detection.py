"""Ops on boxes. Expected values come from torchvision's own functions in float64."""
import numpy as np
import torch
import torchvision
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList

from op_cases import table
from op_cases.table import case, f64, normal, seeded


def some_boxes(count, side, largest):
    """Corners are sixteenths of a pixel."""
    corner = table.rng.uniform(0, side, (count, 2))
    boxes = np.concatenate([corner, corner + table.rng.uniform(2, largest, (count, 2))], 1)
    return (np.round(boxes * 16) / 16).astype(np.float32)


@seeded
def nms():
    def one(name, count, classes, **a):
        corner = table.rng.uniform(0, 20, (count, 2))
        boxes = np.concatenate([corner, corner + table.rng.uniform(2, 12, (count, 2))], 1).astype(np.float32)
        scores = table.rng.uniform(0, 1, (count, classes)).astype(np.float32)
        iou, least, most = a.get("iou", 0.5), a.get("score", 0.05), a.get("max", 100)
        kept = []
        for c in range(classes):
            index = np.nonzero(scores[:, c].astype(np.float64) > least)[0]
            best = torchvision.ops.nms(f64(boxes[index]), f64(scores[index, c]), iou).numpy()
            kept += [[*boxes[index[i]], scores[index[i], c], c] for i in best]
        kept = sorted(kept, key=lambda row: -row[4])[:most]
        case(f"nms_{name}", "nms", a, [boxes, scores], np.array(kept, np.float64).reshape(-1, 6))
    one("one_class", 30, 1)
    one("classes", 20, 4, iou=0.3, score=0.2)
    one("limited", 25, 3, max=7)
    one("nothing_left", 5, 2, score=0.9999)


@seeded
def nms_of_groups():
    def kept_of(boxes, scores, a):
        """Threshold, best so many, small boxes, suppression: of one class of one group."""
        index = torch.where(scores > a.get("score", 0.05))[0]
        index = index[scores[index].topk(min(a.get("candidates", len(index)), len(index)))[1]]
        index = index[torchvision.ops.remove_small_boxes(boxes[index], a.get("min_size", -float("inf")))]
        return index[torchvision.ops.nms(boxes[index], scores[index], a.get("iou", 0.5))]

    def one(name, groups, classes=1, box_per_class=False, **a):
        inputs, rows = [], []
        for count in groups:
            boxes = some_boxes(count * (classes if box_per_class else 1), 20, 12)
            boxes[::5, 2] = boxes[::5, 0] + 0.5  # narrow ones
            scores = normal(count, classes)
            inputs += [boxes.reshape(count, -1), scores]
            for c in range(1 if a.get("background") else 0, classes):
                own = f64(boxes).reshape(count, -1, 4)[:, c if box_per_class else 0]
                for i in kept_of(own, f64(scores[:, c]), a):
                    rows.append([*own[i].tolist(), float(scores[i, c]), c])
        rows = sorted(rows, key=lambda row: -row[4])[:a.get("max", 100)]
        case(f"nms_{name}", "nms", a, inputs, np.array(rows, np.float64).reshape(-1, 6))
    one("background", [20], 4, background=True)
    one("candidates", [30], 3, candidates=5, score=-10)
    one("min_size", [40], min_size=1)
    one("candidates_before_min_size", [40], candidates=8, min_size=1, score=-10)
    one("box_per_class", [15], 3, box_per_class=True, background=True, min_size=1, score=0.1)
    one("levels", [40, 20, 1], candidates=10, min_size=1, score=-10, iou=0.7, max=12)


@seeded
def anchors():
    def one(name, attributes, image, grid, expected):
        case(f"anchors_{name}", "anchors", attributes, [normal(1, 1, *grid), normal(1, 1, *image)], expected)

    def pyramid(name, sizes, ratios, image, grid):
        generator = AnchorGenerator((tuple(sizes),), (tuple(ratios),))
        maps, picture = [torch.zeros(1, 1, *grid).double()], ImageList(torch.zeros(1, 3, *image), [image])
        attributes = {"sizes": sizes * len(ratios), "ratios": [r for r in ratios for _ in sizes], "offset": 0,
                      "whole_pixels": True}
        if len(sizes) == 1:
            attributes["sizes"] = sizes[0]
        one(name, attributes, image, grid, generator(picture, maps)[0].numpy())
    pyramid("pyramid", [32], [0.5, 1.0, 2.0], (96, 64), (3, 4))
    pyramid("several_sizes", [32, 33, 48.5], [0.5, 1.0, 2.0], (50, 68), (7, 5))

    def default_boxes(name, least, most, image, grid):
        torch.set_default_dtype(torch.float64)
        generator = DefaultBoxGenerator([[2, 3]], least, most)
        generator._wh_pairs = generator._generate_wh_pairs(1, torch.float64)
        expected = generator(ImageList(torch.zeros(1, 3, *image), [image]), [torch.zeros(1, 1, *grid)])[0].numpy()
        torch.set_default_dtype(torch.float32)
        one(name, {"sizes": [least, (least * most) ** 0.5] + [least] * 4, "ratios": [1, 1, 0.5, 2, 1 / 3, 3],
                   "relative": True}, image, grid, expected)
    default_boxes("relative", 0.3, 0.6, (60, 80), (3, 4))
    default_boxes("larger_than_the_image", 0.8, 0.95, (32, 32), (2, 2))


@seeded
def decode_boxes():
    def one(name, count, classes, weights=None, image=None):
        boxes, deltas = some_boxes(count, 40, 30), normal(count, 4 * classes, std=2)
        y = BoxCoder(weights or (1.0, 1.0, 1.0, 1.0)).decode_single(f64(deltas), f64(boxes))
        inputs, attributes = [deltas, boxes], {"weights": weights} if weights else {}
        if image:
            y = torchvision.ops.clip_boxes_to_image(y.reshape(-1, 4), image).reshape(count, -1)
            inputs.append(normal(1, 1, *image))
        case(f"decode_boxes_{name}", "decode_boxes", attributes, inputs, y.numpy())
    one("plain", 7, 1)
    one("weights", 6, 3, weights=[10.0, 10.0, 5.0, 5.0])
    one("clipped", 9, 2, weights=[2.0, 2.0, 1.0, 1.0], image=(48, 64))


@seeded
def roi_align():
    def rows(boxes, extra):
        return np.concatenate([boxes, normal(len(boxes), extra)], 1).astype(np.float32) if extra else boxes

    def magnitude(maps):
        return max(np.abs(x).max() * max(x.shape) for x in maps)  # positions times differences of neighbours

    def single(name, count, shape, size, stride, extra=0, **a):
        x, boxes = normal(*shape), some_boxes(count, shape[3] * stride * 0.7, shape[3] * stride * 0.6)
        boxes[0] = [-3 * stride, -2 * stride, 2 * stride, shape[2] * stride + 3 * stride]
        boxes[1] = [5, 5, 5, 5]
        indexed = torch.cat([torch.zeros(count, 1).double(), f64(boxes)], 1)
        y = torchvision.ops.roi_align(f64(x), indexed, size, 1 / stride, a.get("sampling", 2), a.get("aligned", False))
        case(f"roi_align_{name}", "roi_align", {"size": size, "strides": stride, **a}, [rows(boxes, extra), x],
             y.numpy(), None, magnitude([x]))
    single("one_map", 6, (1, 3, 9, 12), 3, 8)
    single("rectangular", 5, (1, 4, 8, 8), [2, 5], 4, sampling=3)
    single("aligned", 6, (1, 2, 10, 8), 4, 4, aligned=True)
    single("rows", 4, (1, 5, 7, 6), 2, 16, extra=2)

    def pyramid(name, count, side, strides, size, canonical_size=224):
        maps = [normal(1, 3, side // s, side // s) for s in strides]
        scales = np.exp(table.rng.uniform(np.log(4), np.log(side), (count, 1)))
        corner = table.rng.uniform(0, side * 0.5, (count, 2))
        sides = scales * table.rng.uniform(0.7, 1.3, (count, 2))
        boxes = np.round(np.concatenate([corner, corner + sides], 1)).astype(np.float32)
        names = [str(i) for i in range(len(maps))]
        pool = torchvision.ops.MultiScaleRoIAlign(names, size, 2, canonical_scale=canonical_size)
        y = pool({n: f64(x) for n, x in zip(names, maps)}, [f64(boxes)], [(side, side)])
        attributes = {"size": size, "strides": strides}
        if canonical_size != 224:
            attributes["canonical_size"] = canonical_size
        case(f"roi_align_{name}", "roi_align", attributes, [boxes, *maps], y.numpy(), None, magnitude(maps))
    pyramid("pyramid", 24, 128, [4, 8, 16, 32], 2, canonical_size=64)
    pyramid("two_levels", 12, 256, [16, 32], 3)
    pyramid("equal_strides", 5, 256, [32, 32], 2)


@seeded
def pick_channel():
    for name, shape in (("masks", (4, 5, 3, 2)), ("2d", (6, 4))):
        x, entries = normal(*shape), table.rng.integers(0, shape[1], shape[0])
        chosen = np.concatenate([normal(shape[0], 5), entries[:, None]], 1).astype(np.float32)
        y = x[np.arange(shape[0]), entries][:, None].astype(np.float64)
        case(f"pick_channel_{name}", "pick_channel", {}, [x, chosen], y)
