"""FastestDet's boxes, and how many of one network's another finds too."""
import dataclasses

import numpy as np

MIN_SCORE, MAX_OVERLAP = 0.3, 0.45  # as in configs/tasks/fastestdet_coco.task.yaml


@dataclasses.dataclass
class Boxes:
    """Of one picture, the best first."""
    corners: np.ndarray  # [count, 4]: x1 y1 x2 y2, in shares of the picture's sides
    scores: np.ndarray
    labels: np.ndarray


def overlaps(box, others):
    """Intersection over union."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(sides, 0).prod(1)
    return shared / ((box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(1) - shared)


def suppressed(boxes):
    """Without those that a better one of the same class overlaps."""
    order = np.argsort(-boxes.scores, kind="stable")
    kept = []
    for i in order:
        rivals = [j for j in kept if boxes.labels[j] == boxes.labels[i]]
        if not rivals or overlaps(boxes.corners[i], boxes.corners[rivals]).max() <= MAX_OVERLAP:
            kept.append(i)
    return Boxes(boxes.corners[kept], boxes.scores[kept], boxes.labels[kept])


def decoded(answer):
    """A map [5 + classes, rows, columns]: objectness, a box and classes for each cell, as the authors read it."""
    _, rows, columns = answer.shape
    y, x = np.mgrid[:rows, :columns]
    centre = np.stack([(x + np.tanh(answer[1])) / columns, (y + np.tanh(answer[2])) / rows], -1)
    half = 0.5 / (1 + np.exp(-np.moveaxis(answer[3:5], 0, -1)))
    scores = answer[0] ** 0.6 * answer[5:].max(0) ** 0.4
    found = scores >= MIN_SCORE
    corners = np.concatenate([centre - half, centre + half], -1)[found]
    return suppressed(Boxes(corners, scores[found], answer[5:].argmax(0)[found]))


def pairs(expected, actual):
    """Which box of `actual` is which of `expected`: of the same class, overlapping by half or more, each used once."""
    taken, result = set(), []
    for i in range(len(expected.scores)):
        ratio = overlaps(expected.corners[i], actual.corners)
        able = [j for j in np.flatnonzero((actual.labels == expected.labels[i]) & (ratio >= 0.5)) if j not in taken]
        if able:
            best = max(able, key=lambda j: ratio[j])
            taken.add(best)
            result.append((i, best))
    return result


@dataclasses.dataclass
class Comparison:
    boxes: int = 0
    found: int = 0
    sure: int = 0  # of a score of 0.5 or more
    sure_found: int = 0
    extra: int = 0
    score_change: float = 0  # mean magnitude, of those found


def compared(expected, actual):
    """Maps of several pictures, of floats and of integers."""
    result, changes = Comparison(), []
    for one, other in zip(expected, actual):
        one, other = decoded(one), decoded(other)
        same = pairs(one, other)
        result.boxes += len(one.scores)
        result.found += len(same)
        result.sure += int((one.scores >= 0.5).sum())
        result.sure_found += sum(one.scores[i] >= 0.5 for i, _ in same)
        result.extra += len(other.scores) - len(same)
        changes += [abs(one.scores[i] - other.scores[j]) for i, j in same]
    result.score_change = float(np.mean(changes)) if changes else 0.0
    return result
