"""The segmenter: a U-Net over 11 classes, background first.

Two of the three skips are taken in front of a batch norm and its ReLU, and the concatenations are
normalised again; the transposed convolutions have batch norms of their own.
"""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import metrics
import scenes

CLASSES = 11


def conv3(inner, out):
    """A 3x3 convolution that keeps the size."""
    return nn.Conv2d(inner, out, 3, padding=1, bias=False)


class Double(nn.Module):
    """Conv-BN-ReLU, conv: its output is still to be normalised and activated."""

    def __init__(self, inner, out):
        super().__init__()
        self.conv1, self.bn1, self.conv2 = conv3(inner, out), nn.BatchNorm2d(out), conv3(out, out)

    def forward(self, x):
        return self.conv2(F.relu(self.bn1(self.conv1(x))))


class Up(nn.Module):
    """Transposed conv-BN, joined with the skip; then BN-ReLU, 1x1-BN-ReLU, 3x3-BN-ReLU."""

    def __init__(self, inner, out):
        super().__init__()
        self.up = nn.ConvTranspose2d(inner, out, 2, 2, bias=False)
        self.up_bn = nn.BatchNorm2d(out)
        self.join_bn = nn.BatchNorm2d(2 * out)
        self.conv1 = nn.Conv2d(2 * out, out, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2, self.bn2 = conv3(out, out), nn.BatchNorm2d(out)

    def forward(self, x, skip):
        x = torch.cat([self.up_bn(self.up(x)), skip], 1)
        x = F.relu(self.join_bn(x))
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class Segmenter(nn.Module):
    """Image [N, 3, 96, 96] to logits [N, 11, 96, 96]."""

    def __init__(self, widths=(8, 32, 64, 96)):
        super().__init__()
        w1, w2, w3, w4 = widths
        self.down1, self.bn1 = conv3(3, w1), nn.BatchNorm2d(w1)
        self.down2, self.bn2 = Double(w1, w2), nn.BatchNorm2d(w2)
        self.down3, self.bn3 = Double(w2, w3), nn.BatchNorm2d(w3)
        self.bottom, self.bn4 = Double(w3, w4), nn.BatchNorm2d(w4)
        self.up3, self.up2, self.up1 = Up(w4, w3), Up(w3, w2), Up(w2, w1)
        self.classes = nn.Conv2d(w1, CLASSES, 1)

    def initialise(self):
        """Adds, for training only, 1x1 convolutions that name the digit in coarse cells."""
        self.hints = nn.ModuleList([nn.Conv2d(self.bn4.num_features, CLASSES, 1),
                                    nn.Conv2d(self.bn3.num_features, CLASSES, 1)])

    def finish(self):
        """Removes what `initialise` added."""
        del self.hints

    def levels(self, x):
        """Features at 12x12 and 24x24, and the logits."""
        tap1 = self.down1(x)
        x = F.max_pool2d(F.relu(self.bn1(tap1)), 2)
        tap2 = self.down2(x)
        x = F.max_pool2d(F.relu(self.bn2(tap2)), 2)
        tap3 = F.relu(self.bn3(self.down3(x)))
        low = F.relu(self.bn4(self.bottom(F.max_pool2d(tap3, 2))))
        mid = self.up3(low, tap3)
        return low, mid, self.classes(self.up1(self.up2(mid, tap2), tap1))

    def forward(self, x):
        return self.levels(x)[2]


def batches(batch=16, pool=3000, seed=3):
    """A function of the step number that gives (images, masks)."""
    made = scenes.make_scenes("train", pool, seed, (7, 13))
    images, masks = np.stack([m[0] for m in made]), np.stack([m[1] for m in made])
    generator = torch.Generator().manual_seed(seed)

    def next_batch(_):
        pick = torch.randint(pool, (batch,), generator=generator)
        inputs = scenes.recolour(scenes.network_input(images[pick.numpy()]), generator)
        return inputs, torch.from_numpy(masks[pick.numpy()].astype(np.int64))

    return next_batch


def loss_of(net, batch):
    """Cross-entropy, digits counted double, of the pixels and of the coarse cells."""
    images, masks = batch
    weight = torch.tensor([1.0] + [2.0] * (CLASSES - 1))
    *coarse, logits = net.levels(images)
    loss = F.cross_entropy(logits, masks, weight)
    for features, hint, cell in zip(coarse, net.hints, (8, 4)):
        cells = F.max_pool2d(masks[:, None].float(), cell)[:, 0].long()
        loss = loss + 0.5 * F.cross_entropy(hint(features), cells, weight)
    return loss


def segment(net, images, chunk=20):
    """The class of every pixel of 8-bit images."""
    with torch.no_grad():
        return np.concatenate([net(scenes.network_input(images[i:i + chunk])).argmax(1).numpy()
                               for i in range(0, len(images), chunk)])


def evaluate(net):
    """Mean IoU on the shipped scenes, and on 200 more of the same held-out scans."""
    result = {}
    for name, made in (("", scenes.held_out_scenes()),
                       ("_200", scenes.make_scenes("held", 200, 202))):
        guesses = segment(net, np.stack([m[0] for m in made]))
        mean, each = metrics.mean_iou(guesses, np.stack([m[1] for m in made]))
        result["mean_iou" + name] = round(mean, 4)
        if not name:
            result["iou"] = each
    return result
