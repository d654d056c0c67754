#!/usr/bin/env python3
"""The boxes of test_tasks.cpp: FastestDet's author's decoding, in float64, of the reference output of its photo. Prints label,
score and corners in pixels of the input. Needs PyTorch and torchvision.

    tests/onnx/make_fastestdet_expected.py DATA/net_fastestdet_coco
"""
import pathlib
import sys

import numpy as np
import torch
import torchvision


def main():
    head = torch.from_numpy(np.load(pathlib.Path(sys.argv[1]) / "ref/fastestdet_coco.out0.npy"))[0].double()
    rows, columns = head.shape[1:]
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    best, label = head[5:].max(0)
    score = (head[0] ** 0.6 * best**0.4).flatten()
    centre = torch.stack([(head[1].tanh() + x) / columns, (head[2].tanh() + y) / rows], -1)
    side = head[3:5].sigmoid().permute(1, 2, 0)
    boxes = 352 * torch.cat([centre - side / 2, centre + side / 2], -1).reshape(-1, 4)
    label = label.flatten()
    enough = score > 0.3
    boxes, score, label = boxes[enough], score[enough], label[enough]
    for i in torchvision.ops.batched_nms(boxes, score, label, 0.45):
        print(int(label[i]), f"{score[i]:.5f}", *(f"{v:.3f}" for v in boxes[i]))


if __name__ == "__main__":
    main()
