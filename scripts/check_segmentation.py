#!/usr/bin/env python3
"""Checks the segmentation networks of configs/models against torchvision and segmentation_models_pytorch.

As check_torchvision.py does for classification, here with every method of folding: names and shapes of the parameters
must be the package's, and every answer PyTorch's in float64. Parts of an encoder that a network never computes have no
place in its model file; they are taken out of PyTorch's before. Needs PyTorch, torchvision and
segmentation_models_pytorch (0.3.3 has the names used here); exits 1 on a difference.
"""
import argparse
import pathlib
import shutil

import segmentation_models_pytorch as smp
import torch
import torchvision

import comparison
import oracle_nets

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ("none", "naive", "banoff", "optimal")


class Output(torch.nn.Module):
    """Hands on one entry of a net's dictionary, under the net's own parameter names."""

    def __init__(self, net, key):
        super().__init__()
        self.key = key
        for name, child in net.named_children():
            self.add_module(name, child)
        self.__dict__["net"] = net

    def forward(self, image):
        return self.net(image)[self.key]


def without(net, *unused):
    for name in unused:
        setattr(net.encoder, name, torch.nn.Identity())
    return net


def from_smp(architecture, encoder):
    return architecture(encoder, encoder_weights=None, classes=19)


def deeplab():
    net = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=21)
    return Output(net, "out")


NETS = {
    "deeplabv3_resnet50": deeplab,
    "fpn_resnet34": lambda: from_smp(smp.FPN, "resnet34"),
    "pspnet_resnet34": lambda: without(from_smp(smp.PSPNet, "resnet34"), "layer3", "layer4"),
    "unet_efficientnet_b0": lambda: without(from_smp(smp.Unet, "efficientnet-b0"), "_conv_head", "_bn1"),
    "unet_resnet34": lambda: from_smp(smp.Unet, "resnet34"),
}
# Nets whose file fixes the size, as pyramids must: that text, and a small size in its place.
FIXED = {
    "deeplabv3_resnet50": ("let: {size: 520}", "let: {size: 88}", (88, 88)),
    "pspnet_resnet34": ("let: {height: 512, width: 1024}", "let: {height: 88, width: 120}", (88, 120)),
}


def file_of(name, folder):
    """The model file, or a copy of it for a smaller picture; and the picture's size."""
    file = ROOT / f"configs/models/{name}.yaml"
    if name not in FIXED:
        return file, (64, 96)
    large, small, size = FIXED[name]
    text = file.read_text()
    assert large in text, f"{file} has no '{large}'"
    copy = folder / "models" / file.name
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(text.replace(large, small))
    shutil.copytree(ROOT / "configs/labels", folder / "labels", dirs_exist_ok=True)
    return copy, size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"of {', '.join(NETS)} (default: all)")
    oracle_nets.add_arguments(parser)
    arguments = parser.parse_args()
    if unknown := set(arguments.nets) - set(NETS):
        parser.error(f"no such network: {', '.join(sorted(unknown))}")

    def check(name, folder):
        return oracle_nets.check(NETS[name](), *file_of(name, folder), METHODS, arguments, folder)

    comparison.check_all(arguments.nets or NETS, check, ("PyTorch f32", *METHODS))


if __name__ == "__main__":
    main()
