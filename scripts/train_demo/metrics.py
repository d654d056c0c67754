"""Non-maximum suppression, mean average precision and mean intersection over union."""
import numpy as np


def box_iou(a, b):
    """IoU [n, m] of boxes x1 y1 x2 y2."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    area_a = (a[:, 2:] - a[:, :2]).prod(1)
    area_b = (b[:, 2:] - b[:, :2]).prod(1)
    return common / np.maximum(area_a[:, None] + area_b[None] - common, 1e-12)


def nms(boxes, scores, iou=0.5, score=0.05, limit=100):
    """Rows x1 y1 x2 y2 score class, best first, suppressed within each class."""
    rows = []
    for label in range(scores.shape[1]):
        order = np.argsort(-scores[:, label], kind="stable")
        order = order[scores[order, label] > score]
        while len(order):
            best, order = order[0], order[1:]
            rows.append([*boxes[best], scores[best, label], label])
            order = order[box_iou(boxes[best:best + 1], boxes[order])[0] <= iou]
    rows.sort(key=lambda row: -row[4])
    return np.array(rows[:limit]).reshape(-1, 6)


def average_precision(hits, scores, truths):
    """Area under the precision-recall curve, with all-point interpolation."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    hits = np.asarray(hits, dtype=float)[order]
    if not len(hits):
        return 0.0
    recall = np.cumsum(hits) / truths
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * envelope))


def mean_average_precision(detections, truths, threshold=0.5, classes=10):
    """mAP over the classes present.

    `detections` holds the rows of `nms` per image, `truths` a list of {label, box} per image. Within
    a class, detections go by score; each takes the free true box it overlaps most.
    """
    result = []
    for label in range(classes):
        real = [np.array([t["box"] for t in image if t["label"] == label], float).reshape(-1, 4)
                for image in truths]
        total = sum(map(len, real))
        if not total:
            continue
        found = sorted(((row[4], i, row[:4]) for i, rows in enumerate(detections)
                        for row in rows if row[5] == label), key=lambda entry: -entry[0])
        taken = [np.zeros(len(boxes), bool) for boxes in real]
        hits = []
        for _, i, box in found:
            hits.append(False)
            if len(real[i]):
                overlap = np.where(taken[i], -1.0, box_iou(box[None], real[i])[0])
                best = overlap.argmax()
                if overlap[best] >= threshold:
                    taken[i][best] = hits[-1] = True
        result.append(average_precision(hits, [entry[0] for entry in found], total))
    return float(np.mean(result))


def mean_iou(guesses, masks, classes=11):
    """(mean IoU over the classes present, IoU per class) from one confusion matrix of all masks."""
    pairs = np.asarray(masks, np.int64).ravel() * classes + np.asarray(guesses, np.int64).ravel()
    matrix = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    common, union = np.diag(matrix), matrix.sum(0) + matrix.sum(1) - np.diag(matrix)
    present = matrix.sum(1) > 0
    each = common[present] / union[present]
    return float(each.mean()), [round(float(v), 4) for v in each]
