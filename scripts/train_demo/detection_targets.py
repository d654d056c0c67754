"""Which location of the pyramid answers for which object, and the detector's loss."""
import numpy as np
import torch
import torch.nn.functional as F

LIMITS = (17.0, 27.0)  # sqrt(area) up to which an object belongs to level 0, 1 (else 2)
RADIUS = 0.8           # of a stride: how far from its centre an object is looked for


def locations(size, strides):
    """Centres [n, 2] (x, y) in pixels and strides [n], level by level, row by row."""
    centres, each = [], []
    for stride in strides:
        line = (np.arange(size // stride) + 0.5) * stride
        y, x = np.meshgrid(line, line, indexing="ij")
        centres.append(np.stack([x.ravel(), y.ravel()], 1))
        each.append(np.full(x.size, float(stride)))
    return np.concatenate(centres), np.concatenate(each)


def assign(objects, size, strides):
    """(labels [n] with -1 for none, boxes [n, 4]) of one scene."""
    centres, each = locations(size, strides)
    labels = np.full(len(each), -1, np.int64)
    boxes = np.zeros((len(each), 4), np.float32)
    for thing in objects:
        x1, y1, x2, y2 = thing["box"]
        level = int(np.searchsorted(LIMITS, np.sqrt((x2 - x1) * (y2 - y1))))
        offset = np.abs(centres - [(x1 + x2) / 2, (y1 + y2) / 2])
        mine = (each == strides[level]) & (offset < RADIUS * each[:, None]).all(1)
        mine &= (offset < [(x2 - x1) / 2, (y2 - y1) / 2]).all(1)
        labels[mine], boxes[mine] = thing["label"], thing["box"]
    return labels, boxes


def giou(a, b):
    """Generalised IoU of paired boxes [n, 4]."""
    def area(box):
        return (box[:, 2:] - box[:, :2]).clamp(min=0).prod(1)

    inner = torch.cat([torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:])], 1)
    outer = torch.cat([torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:])], 1)
    union = area(a) + area(b) - area(inner)
    return area(inner) / union - (area(outer) - union) / area(outer)


def loss(logits, boxes, labels, targets):
    """Focal loss over all locations; cross-entropy and box loss over those of objects."""
    found = labels >= 0
    count = found.sum().clamp(min=1)
    wanted = torch.zeros_like(logits)
    wanted[found] = F.one_hot(labels[found], logits.shape[-1]).to(logits.dtype)
    plain = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    focus = (wanted - torch.sigmoid(logits)).abs().detach() ** 2
    weight = 0.35 * wanted + 0.65 * (1 - wanted)
    classes = (weight * focus * plain).sum() / count
    sides = (1 - giou(boxes[found], targets[found])).sum() / count
    which = F.cross_entropy(logits[found], labels[found], reduction="sum") / count
    return 4 * classes + which + 2 * sides
