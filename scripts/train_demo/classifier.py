"""The classifier: a pre-activation bottleneck ResNet (v2) of depth 9n + 2 with n = 2."""
import torch
import torch.nn.functional as F
from torch import nn

import data


class Bottleneck(nn.Module):
    """BN-ReLU-1x1, BN-ReLU-3x3, BN-ReLU-1x1, added to the input or to its 1x1 projection."""

    def __init__(self, inner, mid, out, stride=1, preact=True, project=False):
        super().__init__()
        if preact:
            self.bn1 = nn.BatchNorm2d(inner)
        self.conv1 = nn.Conv2d(inner, mid, 1, stride, bias=False)
        self.bn2 = nn.BatchNorm2d(mid)
        self.conv2 = nn.Conv2d(mid, mid, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(mid)
        self.conv3 = nn.Conv2d(mid, out, 1, bias=False)
        if project:
            self.shortcut = nn.Conv2d(inner, out, 1, stride, bias=False)
        self.preact, self.project = preact, project

    def forward(self, x):
        y = F.relu(self.bn1(x)) if self.preact else x
        y = F.relu(self.bn2(self.conv1(y)))
        y = F.relu(self.bn3(self.conv2(y)))
        return self.conv3(y) + (self.shortcut(x) if self.project else x)


class Classifier(nn.Module):
    """Stem conv-BN-ReLU, three stages of two bottlenecks, BN-ReLU, mean, dense."""

    def __init__(self, width=8, classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        inner, mid = width, width
        for stage in range(3):
            out = mid * 4 if stage == 0 else mid * 2
            blocks = [Bottleneck(inner, mid, out, 1 if stage == 0 else 2, stage > 0, True),
                      Bottleneck(out, mid, out)]
            self.add_module(f"stage{stage + 1}", nn.Sequential(*blocks))
            inner = mid = out
        self.bn_last = nn.BatchNorm2d(inner)
        self.fc = nn.Linear(inner, classes)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc(F.relu(self.bn_last(x)).mean((2, 3)))


def batches(batch=64, seed=1):
    """A function of the step number that gives augmented (images, labels)."""
    scans, labels = data.scans_of("train")
    images, labels = data.classifier_input(scans), torch.from_numpy(labels)
    generator = torch.Generator().manual_seed(seed)
    order = []

    def next_batch(_):
        nonlocal order
        if len(order) < batch:
            order = torch.randperm(len(images), generator=generator).tolist()
        pick, order = order[:batch], order[batch:]
        return data.augment(images[pick], generator), labels[pick]

    return next_batch


def loss_of(net, batch):
    """Cross-entropy with a little label smoothing."""
    images, labels = batch
    return F.cross_entropy(net(images), labels, label_smoothing=0.05)


def evaluate(net):
    """Accuracy on the held-out scans."""
    scans, labels = data.scans_of("held")
    with torch.no_grad():
        guess = net(data.classifier_input(scans)).argmax(1).numpy()
    return {"held_out_scans": len(labels), "accuracy": float((guess == labels).mean())}
