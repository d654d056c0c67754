"""The detector: separable convolutions, a three-level feature pyramid, an anchor-free head.

Batch norms stand in many places: between convolution and activation, after a ReLU, in front of a
ReLU whose input is also read by a lateral convolution, behind an upsampling, and on the pyramid's
sums. The head's convolutions are shared by the levels; its batch norms are not.
"""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import detection_targets
import metrics
import scenes

STRIDES = (4, 8, 16)


def depthwise(channels, stride=1):
    """A 3x3 depthwise convolution."""
    return nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)


class Separable(nn.Module):
    """Depthwise-BN-ReLU, pointwise-BN-ReLU6."""

    def __init__(self, inner, out, stride=1):
        super().__init__()
        self.depthwise = depthwise(inner, stride)
        self.bn1 = nn.BatchNorm2d(inner)
        self.pointwise = nn.Conv2d(inner, out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, x):
        x = F.relu(self.bn1(self.depthwise(x)))
        return F.relu6(self.bn2(self.pointwise(x)))


class Tap(nn.Module):
    """3x3 convolution, ReLU, BN, pointwise: left without BN and activation."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x):
        return self.pointwise(self.bn(F.relu(self.conv(x))))


class Head(nn.Module):
    """BN-ReLU, a 3x3 and a separable convolution, then class logits and distances.

    Only the level that is given `classes` owns the convolutions.
    """

    def __init__(self, channels, classes=None):
        super().__init__()
        self.bn0, self.bn1, self.bn2, self.bn3 = (nn.BatchNorm2d(channels) for _ in range(4))
        if classes:
            self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.depthwise = depthwise(channels)
            self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
            self.classes = nn.Conv2d(channels, classes, 1)
            self.sides = nn.Conv2d(channels, 4, 1)

    def forward(self, x, shared):
        x = F.relu(self.bn0(x))
        x = F.relu(self.bn1(shared.conv(x)))
        x = F.relu(self.bn2(shared.depthwise(x)))
        x = F.relu6(self.bn3(shared.pointwise(x)))
        return shared.classes(x), shared.sides(x)


class Constant(nn.Module):
    """A stored tensor, called `value` as in the model file."""

    def __init__(self, value):
        super().__init__()
        self.register_buffer("value", torch.as_tensor(value, dtype=torch.float32))


class Detector(nn.Module):
    """Image [N, 3, 96, 96] to class logits [N, 10, 756] and side distances [N, 4, 756]."""

    def __init__(self, widths=(32, 48, 80, 96), pyramid=64, classes=10):
        super().__init__()
        w0, w1, w2, w3 = widths
        self.stem1 = nn.Conv2d(3, 16, 3, 2, 1, bias=False)
        self.stem1_bn = nn.BatchNorm2d(16)
        self.stem2 = nn.Conv2d(16, w0, 3, padding=1, bias=False)
        self.stem2_bn = nn.BatchNorm2d(w0)
        self.stage1 = nn.ModuleDict({"down": Separable(w0, w1, 2), "mid": Separable(w1, w1),
                                     "tap": Tap(w1)})
        self.bn1 = nn.BatchNorm2d(w1)
        self.stage2 = nn.ModuleDict({"down": Separable(w1, w2, 2), "mid": Separable(w2, w2),
                                     "tap": Tap(w2)})
        self.bn2 = nn.BatchNorm2d(w2)
        self.stage3 = nn.ModuleDict({"down": Separable(w2, w3, 2), "tap": Tap(w3)})
        self.lateral3, self.lateral2, self.lateral1 = (
            nn.Conv2d(w, pyramid, 1) for w in (w3, w2, w1))
        self.up3_bn, self.up2_bn = nn.BatchNorm2d(pyramid), nn.BatchNorm2d(pyramid)
        self.head1 = Head(pyramid, classes)
        self.head2, self.head3 = Head(pyramid), Head(pyramid)
        centres, strides = detection_targets.locations(scenes.SIZE, STRIDES)
        self.centres = Constant(np.concatenate([centres, centres], 1))
        self.strides = Constant(strides[:, None])
        self.signs = Constant([[-1.0, -1.0, 1.0, 1.0]])

    def initialise(self):
        """Starts from rare objects of three strides."""
        with torch.no_grad():
            self.head1.classes.bias.fill_(-4.0)
            self.head1.sides.bias.fill_(1.5)
            for conv in (self.head1.classes, self.head1.sides):
                conv.weight.mul_(0.2)

    def forward(self, x):
        x = F.relu(self.stem1_bn(self.stem1(x)))
        x = self.stem2_bn(F.relu(self.stem2(x)))
        taps = []
        for stage, bn in ((self.stage1, self.bn1), (self.stage2, self.bn2), (self.stage3, None)):
            for block in stage.values():
                x = block(x)
            taps.append(x)
            if bn is not None:
                x = F.relu(bn(x))
        p3 = self.lateral3(taps[2])
        p2 = self.lateral2(taps[1]) + self.up3_bn(F.interpolate(p3, scale_factor=2))
        p1 = self.lateral1(taps[0]) + self.up2_bn(F.interpolate(p2, scale_factor=2))
        levels = [head(p, self.head1) for head, p in
                  ((self.head1, p1), (self.head2, p2), (self.head3, p3))]
        return tuple(torch.cat([part.flatten(2) for part in parts], 2) for parts in zip(*levels))

    def decode(self, logits, sides):
        """Boxes [N, 756, 4] in pixels and scores [N, 756, 10], by the model file's steps."""
        scores = torch.sigmoid(logits.transpose(1, 2))
        distances = F.softplus(sides.transpose(1, 2))
        boxes = distances * self.strides.value * self.signs.value + self.centres.value
        return boxes, scores


def batches(batch=32, pool=4000, seed=2):
    """A function of the step number that gives (images, class targets, box targets)."""
    made = scenes.make_scenes("train", pool, seed)
    images = np.stack([image for image, _, _ in made])
    targets = [detection_targets.assign(objects, scenes.SIZE, STRIDES) for _, _, objects in made]
    labels = torch.from_numpy(np.stack([t[0] for t in targets]))
    boxes = torch.from_numpy(np.stack([t[1] for t in targets]))
    generator = torch.Generator().manual_seed(seed)

    def next_batch(_):
        pick = torch.randint(pool, (batch,), generator=generator)
        inputs = scenes.recolour(scenes.network_input(images[pick.numpy()]), generator)
        return inputs, labels[pick], boxes[pick]

    return next_batch


def loss_of(net, batch):
    """Focal loss of the classes and generalised-IoU loss of the boxes."""
    images, labels, targets = batch
    logits, sides = net(images)
    boxes, _ = net.decode(logits, sides)
    return detection_targets.loss(logits.transpose(1, 2), boxes, labels, targets)


def detect(net, images, chunk=40):
    """The rows of `nms` for each 8-bit image."""
    rows = []
    with torch.no_grad():
        for i in range(0, len(images), chunk):
            boxes, scores = net.decode(*net(scenes.network_input(images[i:i + chunk])))
            rows += [metrics.nms(b, s) for b, s in zip(boxes.numpy(), scores.numpy())]
    return rows


def evaluate(net):
    """mAP@0.5 on the shipped scenes, and on 400 more of the same held-out scans."""
    result = {}
    for name, made in (("", scenes.held_out_scenes()),
                       ("_400", scenes.make_scenes("held", 400, 202))):
        rows = detect(net, np.stack([image for image, _, _ in made]))
        truths = [objects for _, _, objects in made]
        result["map50" + name] = round(metrics.mean_average_precision(rows, truths), 4)
    return result
