"""Convolutions and pools written out from their definitions, window by window."""
import itertools
import math
from fractions import Fraction

import numpy as np


def window_places(case):
    """For each spatial dimension the places that each window reads (outside: None), and which of them padding provides."""
    a, shape = case.attributes, case.arrays()[0].shape
    kernel = a["kernel_shape"]
    places = []
    for i, (size, k) in enumerate(zip(shape[2:], kernel)):
        stride = a.get("strides", [1] * len(kernel))[i]
        dilation = a.get("dilations", [1] * len(kernel))[i]
        reach = (k - 1) * dilation + 1
        automatic = a.get("auto_pad", "NOTSET")
        pads = a.get("pads", [0] * (2 * len(kernel)))
        begin, end = pads[i], pads[i + len(kernel)]
        if automatic.startswith("SAME"):
            out = -(-size // stride)
            total = max((out - 1) * stride + reach - size, 0)
            begin, end = (total // 2, total - total // 2) if automatic == "SAME_UPPER" else (total - total // 2, total // 2)
        else:
            begin, end = (0, 0) if automatic == "VALID" else (begin, end)
            steps = Fraction(size + begin + end - reach, stride)
            out = (math.ceil(steps) if a.get("ceil_mode") else math.floor(steps)) + 1
            if a.get("ceil_mode") and (out - 1) * stride >= size + begin:
                out -= 1  # a window that starts in the padding behind does not count
        places.append([[(o * stride - begin + j * dilation, o * stride - begin + j * dilation < size + end) for j in range(k)]
                       for o in range(out)])
    return places


def pools(case):
    """MaxPool, AveragePool and LpPool, window by window."""
    x = case.arrays()[0]
    places = window_places(case)
    result = np.zeros([*x.shape[:2], *map(len, places)], x.dtype)
    indices = np.zeros(result.shape, np.int64)
    order = "F" if case.attributes.get("storage_order") else "C"
    for n, c in np.ndindex(*x.shape[:2]):
        for out in np.ndindex(*result.shape[2:]):
            reads = list(itertools.product(*(places[d][o] for d, o in enumerate(out))))
            inside = [tuple(at for at, _ in read) for read in reads
                      if all(0 <= at < size for (at, _), size in zip(read, x.shape[2:]))]
            values = [x[(n, c, *at)] for at in inside]
            if case.op == "MaxPool":
                best = int(np.argmax(values))
                result[(n, c, *out)] = values[best]
                plane = int(np.ravel_multi_index(inside[best], x.shape[2:], order=order))
                indices[(n, c, *out)] = (n * x.shape[1] + c) * int(np.prod(x.shape[2:])) + plane
            elif case.op == "LpPool":
                p = case.attributes.get("p", 2)
                result[(n, c, *out)] = np.sum(np.abs(np.asarray(values, np.float64)) ** p) ** (1 / p)
            else:
                counted = sum(all(provided for _, provided in read) for read in reads)
                count = counted if case.attributes.get("count_include_pad") else len(inside)
                result[(n, c, *out)] = np.sum(np.asarray(values, np.float64)) / count
    return {"y0": result, **({"y1": indices} if len(case.model.graph.output) > 1 else {})}


def convolution(case):
    """Conv, window by window."""
    x, w, *bias = case.arrays()
    case.attributes.setdefault("kernel_shape", list(w.shape[2:]))
    places, groups = window_places(case), case.attributes.get("group", 1)
    each, per_group = x.shape[1] // groups, w.shape[0] // groups
    y = np.zeros([x.shape[0], w.shape[0], *map(len, places)])
    for out in np.ndindex(*y.shape[2:]):
        for tap in np.ndindex(*w.shape[2:]):
            at = [places[d][out[d]][tap[d]][0] for d in range(len(places))]
            if not all(0 <= place < size for place, size in zip(at, x.shape[2:])):
                continue
            for g in range(groups):
                rows = slice(g * per_group, (g + 1) * per_group)
                y[(slice(None), rows, *out)] += (x[(slice(None), slice(g * each, (g + 1) * each), *at)].astype(np.float64)
                                                 @ w[(rows, slice(None), *tap)].astype(np.float64).T)
    if bias:
        y = y + bias[0].astype(np.float64).reshape(-1, *[1] * len(places))
    return {"y0": y.astype(x.dtype)}


def transposed(case):
    """ConvTranspose: every input element adds its window to the output."""
    x, w, *bias = case.arrays()
    a, dims = case.attributes, x.ndim - 2
    groups, strides, dilations = a.get("group", 1), a.get("strides", [1] * dims), a.get("dilations", [1] * dims)
    extra, automatic = a.get("output_padding", [0] * dims), a.get("auto_pad", "NOTSET")
    full = [strides[i] * (x.shape[i + 2] - 1) + extra[i] + (w.shape[i + 2] - 1) * dilations[i] + 1 for i in range(dims)]
    pads = [0] * (2 * dims) if automatic == "VALID" else list(a.get("pads", [0] * (2 * dims)))
    if automatic.startswith("SAME"):
        for i in range(dims):
            total = full[i] - x.shape[i + 2] * strides[i]
            small, large = total // 2, total - total // 2
            pads[i], pads[i + dims] = (small, large) if automatic == "SAME_UPPER" else (large, small)
    y = np.zeros([x.shape[0], groups * w.shape[1], *full])
    each = x.shape[1] // groups
    for at in np.ndindex(*x.shape[2:]):
        for tap in np.ndindex(*w.shape[2:]):
            to = tuple(at[i] * strides[i] + tap[i] * dilations[i] for i in range(dims))
            for g in range(groups):
                rows = slice(g * each, (g + 1) * each)
                y[(slice(None), slice(g * w.shape[1], (g + 1) * w.shape[1]), *to)] += (
                    x[(slice(None), rows, *at)].astype(np.float64) @ w[(rows, slice(None), *tap)].astype(np.float64))
    y = y[(slice(None), slice(None), *(slice(pads[i], full[i] - pads[i + dims]) for i in range(dims)))]
    if bias:
        y = y + bias[0].astype(np.float64).reshape(-1, *[1] * dims)
    return {"y0": y.astype(x.dtype)}


def global_max(case):
    x = case.arrays()[0]
    return {"y0": x.max(tuple(range(2, x.ndim)), keepdims=True)}


def response(case):
    """LRN: neighbours from floor((size - 1) / 2) before to ceil((size - 1) / 2) behind."""
    x, a = case.arrays()[0], case.attributes
    wide, size = x.astype(np.float64), a["size"]
    squares = np.stack([(wide[:, max(0, c - (size - 1) // 2):c + size // 2 + 1] ** 2).sum(1) for c in range(x.shape[1])], 1)
    return {"y0": (wide / (a.get("bias", 1.0) + a.get("alpha", 1e-4) / size * squares) ** a.get("beta", 0.75)).astype(x.dtype)}
