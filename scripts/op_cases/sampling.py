"""Images read between their pixels. Expected values are computed pixel by pixel in float64."""
import itertools

import numpy as np

from op_cases import table
from op_cases.table import case, normal, seeded


def mirrored(x, first, last):
    """x reflected at both ends until it lies between them."""
    if last <= first:
        return first
    while x < first or x > last:
        x = 2 * first - x if x < first else 2 * last - x
    return x


def keys(d, a=-0.75):
    """The kernel of Keys' cubic convolution at a distance."""
    d = abs(d)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0


def taps(place, size, mode, outside, corners):
    """Pixels of one dimension and their weights; a pixel of None reads 0."""
    first, last = (0.0, size - 1.0) if corners else (-0.5, size - 0.5)
    x = (place + 1) / 2 * (size - 1) if corners else ((place + 1) * size - 1) / 2
    if mode == "nearest":
        x = np.rint(x)
    if outside == "reflection" and (x < first or x > last):
        x = mirrored(x, first, last)
    if outside == "border" and mode != "cubic":
        x = min(max(x, 0), size - 1)
    low = int(np.floor(x))
    weights = {"nearest": {low: 1.0}, "linear": {low: 1 - (x - low), low + 1: x - low},
               "cubic": {low + i: keys(x - low - i) for i in (-1, 0, 1, 2)}}[mode]

    def pixel(at):
        if 0 <= at < size:
            return at
        if outside == "zeros":
            return None
        return min(max(int(at if outside == "border" else mirrored(at, first, last)), 0), size - 1)
    return [(pixel(at), weight) for at, weight in weights.items()]


def sampled(x, grid, mode, outside, corners):
    y = np.zeros(x.shape[:2] + grid.shape[1:-1])
    for n in range(x.shape[0]):
        for where in itertools.product(*map(range, grid.shape[1:-1])):
            along = [taps(float(place), size, mode, outside, corners)
                     for place, size in zip(grid[n][where][::-1], x.shape[2:])]
            for chosen in itertools.product(*along):
                if all(at is not None for at, _ in chosen):
                    pixel = tuple(at for at, _ in chosen)
                    y[(n, slice(None)) + where] += np.prod([w for _, w in chosen]) * x[(n, slice(None)) + pixel]
    return y


@seeded
def grid_sample():
    def one(name, shape, places, mode="linear", outside="zeros", corners=False, reach=1.7):
        x = normal(*shape)
        grid = table.rng.uniform(-reach, reach, (shape[0], *places, len(shape) - 2)).astype(np.float32)
        if mode == "nearest":  # away from halves, where rounding decides
            sizes = np.array(shape[:1:-1])
            pixels = (grid + 1) / 2 * (sizes - 1) if corners else ((grid + 1) * sizes - 1) / 2
            grid = (grid + np.where(np.abs(pixels % 1 - 0.5) < 0.05, 0.3 / sizes, 0)).astype(np.float32)
        attributes = {"mode": mode, "outside": outside, "align_corners": corners}
        standard = {"mode": "linear", "outside": "zeros", "align_corners": False}
        attributes = {key: value for key, value in attributes.items() if value != standard[key]}
        y = sampled(x.astype(np.float64), grid.astype(np.float64), mode, outside, corners)
        case(f"grid_sample_{name}", "grid_sample", attributes, [x, grid], y, None, 2 * np.abs(x).max())
    for mode in ("linear", "nearest", "cubic"):
        for outside in ("zeros", "border", "reflection"):
            for corners in (False, True):
                one(f"{mode}_{outside}{'_corners' * corners}", (2, 3, 4, 6), (3, 5), mode, outside, corners)
    one("one_pixel", (1, 2, 1, 1), (4, 2), outside="reflection", corners=True)
    one("far_outside", (1, 2, 5, 3), (3, 4), outside="reflection", reach=8)
    one("line", (2, 3, 7), (9,))
    one("volume", (1, 2, 3, 4, 5), (2, 3, 2))
    one("volume_cubic", (1, 1, 3, 4, 5), (2, 2, 3), mode="cubic", outside="border")


def bin_points(start, extent, bins, sampling, size):
    """By bin, the sampling points of one axis: two pixels and their weights, or none outside."""
    each = extent / bins
    count = sampling if sampling > 0 else max(int(np.ceil(each - abs(each) * 1e-6)), 0)
    points = []
    for b in range(bins):
        points.append([])
        for i in range(count):
            at = start + b * each + (i + 0.5) * each / count
            if at < -1 or at > size:
                points[-1].append(None)
                continue
            low = min(int(max(at, 0)), size - 1)
            part = max(at, 0) - low if low < size - 1 else 0.0
            points[-1].append(((low, 1 - part), (min(low + 1, size - 1), part)))
    return points


def aligned_boxes(x, boxes, pictures, size, scale, sampling, largest, aligned):
    y = np.zeros((len(boxes), x.shape[1], *size))
    shift = 0.5 if aligned else 0.0
    for k, (box, picture) in enumerate(zip(boxes * scale - shift, pictures)):
        width, height = box[2] - box[0], box[3] - box[1]
        if not aligned:
            width, height = max(width, 1.0), max(height, 1.0)
        down = bin_points(box[1], height, size[0], sampling, x.shape[2])
        across = bin_points(box[0], width, size[1], sampling, x.shape[3])
        for i, j in itertools.product(range(size[0]), range(size[1])):
            values = []
            for v, h in itertools.product(down[i], across[j]):
                corners = [] if v is None or h is None else [a * b * x[picture, :, r, c] for r, a in v for c, b in h]
                combined = np.max if largest else np.sum
                values.append(combined(corners, axis=0) if corners else np.zeros(x.shape[1]))
            if values:
                y[k, :, i, j] = np.max(values, axis=0) if largest else np.mean(values, axis=0)
    return y


@seeded
def roi_align_batch():
    def one(name, size=(2, 3), scale=1.0, sampling=0, largest=False, aligned=False, side=9, count=5):
        x = normal(2, 3, 8, 7)
        corner = table.rng.uniform(-2, 7, (count, 2)) / scale
        boxes = np.concatenate([corner, corner + table.rng.uniform(0.3, side, (count, 2)) / scale], 1).astype(np.float32)
        pictures = table.rng.integers(0, 2, count)
        y = aligned_boxes(x.astype(np.float64), boxes.astype(np.float64), pictures, size, scale, sampling, largest, aligned)
        attributes = {"size": list(size)}
        for key, value, standard in (("scale", scale, 1.0), ("sampling", sampling, 0), ("max", largest, False),
                                     ("aligned", aligned, False)):
            if value != standard:
                attributes[key] = value
        case(f"roi_align_batch_{name}", "roi_align_batch", attributes, [x, boxes, pictures], y, None, np.abs(x).max())
    one("adaptive")
    one("aligned", aligned=True)
    one("sampled", sampling=2, scale=0.25)
    one("max", largest=True)
    one("max_aligned", largest=True, aligned=True, sampling=3)
    one("beyond_the_map", side=40, size=(3, 2))
