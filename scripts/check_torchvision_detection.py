#!/usr/bin/env python3
"""Checks the detectors of configs/models against torchvision, to boxes, labels, scores and masks, with made-up weights.

The weights are drawn as in the other checks, the heads' outputs scaled so that there is something to find. What the
heads give before any suppression must be PyTorch's float64 values, on the device and with batch norms folded, as nearly
as PyTorch's own float32 ones are; and on
`reference-f64` the detections must be the same, row by row. (In float32 a pair of boxes may overlap by just more or just
less than the threshold: of the device's detections the share is printed that float64 has too.)

How many boxes pass each suppression is lowered in both, so that the limits matter on a small picture and the reference is
done within minutes. Needs PyTorch and torchvision; exits 1 on a difference.
"""
import argparse
import pathlib
import sys
import tempfile

import numpy as np
import torch
import torchvision
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import clip_boxes_to_image

from checkpoint_to_safetensors import write_safetensors
from comparison import difference, run_banoff
from oracle_nets import add_arguments, randomize

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What the model files say, and what both sides are told instead.
LIMITS = {
    "fasterrcnn_mobilenet_v3_large_fpn": {"candidates: 1000": 200, "max: 1000": 60, "max: 100": 30},
    "maskrcnn_resnet50_fpn": {"candidates: 1000": 200, "max: 1000": 60, "max: 100": 10},
    "ssdlite320_mobilenet_v3_large": {"candidates: 300": 40, "max: 300": 100},
}
# A float32 answer may be off by --tolerance or by so many times what PyTorch's own is off, where a net magnifies rounding.
# SSDlite does: over three seeds PyTorch's is off by 2e-5 to 1.1e-4, ours by 1.1 to 2.1 times as much. Float64 is exact.
OWN_ROUNDINGS = 4
SIZES = {"ssdlite320_mobilenet_v3_large": (320, 320)}
SMALL = (192, 256)


class FirstStage(torch.nn.Module):
    """What batch norms are calibrated on: the detector up to its first heads, for any number of pictures."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, images):
        features = list(self.net.backbone(images).values())
        return self.net.head(features) if hasattr(self.net, "head") else self.net.rpn.head(features)


def limited(name, folder):
    """The model file with lower limits."""
    text = (ROOT / f"configs/models/{name}.yaml").read_text()
    for written, limit in LIMITS[name].items():
        key = written.split(":")[0]
        found = [at for at in (f"{written},", f"{written}}}") if at in text]
        assert len(found) == 1 and text.count(found[0]) == 1, written
        text = text.replace(found[0], f"{key}: {limit}{found[0][-1]}")
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("../labels/", f"{ROOT}/configs/labels/"))
    return file


def make_net(name):
    net = getattr(torchvision.models.detection, name)(weights=None, weights_backbone=None)
    limits = LIMITS[name]
    if hasattr(net, "rpn"):
        net.rpn._pre_nms_top_n["testing"] = limits["candidates: 1000"]
        net.rpn._post_nms_top_n["testing"] = limits["max: 1000"]
        net.roi_heads.detections_per_img = limits["max: 100"]
    else:
        net.topk_candidates, net.detections_per_img = limits["candidates: 300"], limits["max: 300"]
        net.anchor_generator._wh_pairs = net.anchor_generator._generate_wh_pairs(len(net.anchor_generator.scales) - 1,
                                                                                 torch.float64)
    if name.startswith("maskrcnn"):  # as torchvision does when it loads the published weights
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 0.0
    return net


def scale_head(layers, run, deviation):
    """Scales layers that share a meaning so that their outputs have this deviation."""
    seen = []
    hooks = [layer.register_forward_hook(lambda m, i, y: seen.append(y.flatten())) for layer in layers]
    run()
    for hook in hooks:
        hook.remove()
    factor = deviation / torch.cat(seen).std()
    for layer in layers:
        layer.weight.mul_(factor)
        layer.bias.mul_(factor)


def scale_heads(net, run):
    if hasattr(net, "rpn"):
        scale_head([net.rpn.head.cls_logits], run, 2.0)
        scale_head([net.rpn.head.bbox_pred], run, 0.3)
        scale_head([net.roi_heads.box_predictor.cls_score], run, 2.5)
        scale_head([net.roi_heads.box_predictor.bbox_pred], run, 1.5)
        if net.roi_heads.has_mask():
            scale_head([net.roi_heads.mask_predictor.mask_fcn_logits], run, 2.0)
    else:
        scale_head([block[1] for block in net.head.classification_head.module_list], run, 2.5)
        scale_head([block[1] for block in net.head.regression_head.module_list], run, 1.5)
    net.float().double()


def rows(tensor, columns):
    """[1, A columns, H, W] to a row for each box, the boxes of a cell one after the other."""
    return tensor.permute(0, 2, 3, 1).reshape(-1, columns)


def run_two_stages(net, image):
    """Values by node name: before the first suppression, and behind it."""
    size = tuple(image.shape[2:])
    features = net.backbone(image)
    pictures = ImageList(image, [size])
    logits, deltas = net.rpn.head(list(features.values()))
    anchors = net.rpn.anchor_generator(pictures, list(features.values()))[0]
    first = {}
    for i, (l, d) in enumerate(zip(logits, deltas)):
        first[f"rpn.level.{i}.scores"] = rows(l, 1)
        count = len(first[f"rpn.level.{i}.scores"])
        boxes = net.rpn.box_coder.decode_single(rows(d, 4), anchors[:count])
        first[f"rpn.level.{i}.boxes"], anchors = clip_boxes_to_image(boxes, size), anchors[count:]
    proposals, _ = net.rpn(pictures, features)
    heads = net.roi_heads
    pooled = heads.box_roi_pool(features, proposals, [size])
    scores, moved = heads.box_predictor(heads.box_head(pooled))
    boxes = clip_boxes_to_image(heads.box_coder.decode(moved, proposals), size)
    found = heads(features, proposals, [size])[0][0]
    second = {"roi_heads.box_roi_pool": pooled, "roi_heads.scores": scores.softmax(1),
              "roi_heads.boxes": boxes.flatten(1), "detections": detections(found)}
    if "masks" in found:
        second["masks"] = found["masks"]
    return first, second


def run_one_stage(net, image):
    size = tuple(image.shape[2:])
    features = list(net.backbone(image).values())
    heads = net.head(features)
    torch.set_default_dtype(image.dtype)  # the default boxes' centres
    net.anchor_generator._wh_pairs = [pairs.to(image.dtype) for pairs in net.anchor_generator._wh_pairs]
    anchors = net.anchor_generator(ImageList(image, [size]), features)
    torch.set_default_dtype(torch.float32)
    boxes = clip_boxes_to_image(net.box_coder.decode_single(heads["bbox_regression"][0], anchors[0]), size)
    first = {"scores": heads["cls_logits"][0].softmax(1), "boxes": boxes}
    return first, {"detections": detections(net.postprocess_detections(heads, anchors, [size])[0])}


def detections(found):
    return torch.cat([found["boxes"], found["scores"][:, None], found["labels"][:, None].double()], 1)


def share_found(actual, expected):
    """Of the rows of `expected`, how many have their like in `actual`."""
    alike = [(np.abs(actual[:, :4] - row[:4]).max(1, initial=0) < 0.1) & (actual[:, 5] == row[5]) for row in expected]
    return sum(bool(each.any()) for each in alike) / max(len(expected), 1)


def values_of(arguments, given, folder, names):
    """The values of these nodes on a device."""
    files = [folder / f"out{i}.npy" for i in range(len(names))]
    outputs = [part for name, file in zip(names, files) for part in ("--output", f"{name}={file}")]
    run_banoff(arguments, "run", *given, "--input", folder / "in.npy", *outputs)
    return {name: np.load(file).astype(np.float64) for name, file in zip(names, files)}


@torch.no_grad()
def check(name, arguments, folder):
    """One network. Prints its rows and returns whether it is right."""
    net = make_net(name)
    height, width = SIZES.get(name, SMALL)
    image = randomize(FirstStage(net), height, width, arguments.seed)
    forward = run_two_stages if hasattr(net, "rpn") else run_one_stage
    scale_heads(net, lambda: forward(net, image.double()))
    state = net.state_dict()
    write_safetensors(folder / "net.safetensors", {k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    np.save(folder / "in.npy", image.numpy())
    first, second = ({k: v.numpy() for k, v in values.items()} for values in forward(net, image.double()))
    single = {k: v.numpy() for k, v in forward(net.float(), image)[0].items()}
    own = max(difference(single[key], first[key]) for key in first)
    model = [limited(name, folder), "--weights", folder / "net.safetensors", "--shape", f"image:1x3x{height}x{width}"]
    print(f"{name}, {height}x{width}: {len(second['detections'])} detections of "
          f"{len(set(second['detections'][:, 5]))} classes", flush=True)
    print(f"  PyTorch's float32: before suppression {own:.1e}", flush=True)

    right = len(second["detections"]) > 0
    for method in ("none", "optimal"):
        given = [*model, "--device", arguments.device, "--method", method]
        got = values_of(arguments, given, folder, [*first, "detections"])
        worst = max(difference(got[key], first[key]) for key in first)
        share = share_found(got["detections"], second["detections"])
        print(f"  {arguments.device} --method {method}: before suppression {worst:.1e}, {share:.0%} of the detections",
              flush=True)
        right = right and worst <= max(arguments.tolerance, OWN_ROUNDINGS * own)
    if arguments.float64:
        got = values_of(arguments, [*model, "--device", "reference-f64", "--method", "none"], folder, [*first, *second])
        for key, expected in {**first, **second}.items():
            off = difference(got[key], expected)
            right = right and off <= arguments.float64_tolerance
            print(f"  reference-f64 {key} {'x'.join(map(str, expected.shape))}: {off:.1e}", flush=True)
    if not right:
        print("  WRONG")
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(LIMITS)} (default: all)")
    add_arguments(parser)
    parser.add_argument("--float64-tolerance", type=float, default=1e-9)
    parser.add_argument("--no-float64", dest="float64", action="store_false", help="leave out the slow comparison")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.nets or LIMITS:
            try:
                failed += not check(name, arguments, pathlib.Path(folder))
            except RuntimeError as error:
                print(f"  {error}")
                failed += 1
    if failed:
        sys.exit(f"{failed} networks differ from PyTorch's")


if __name__ == "__main__":
    main()
