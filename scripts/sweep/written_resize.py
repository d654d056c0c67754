"""Resize and Upsample written out from their definitions; places are fractions, which do not round."""
import math
from fractions import Fraction

import numpy as np


class Axis:
    """One axis: where each output reads, as a fraction."""

    def __init__(self, size, out, scale, rule, roi):
        self.size, self.out, self.scale, self.rule, self.roi = size, out, scale, rule, roi

    def place(self, i):
        size, scale, wanted = self.size, self.scale, self.size * self.scale
        if self.rule == "asymmetric":
            return i / scale
        if self.rule == "align_corners":
            return Fraction(0) if wanted == 1 else Fraction(i * (size - 1)) / (wanted - 1)
        if self.rule == "tf_half_pixel_for_nn":
            return (i + Fraction(1, 2)) / scale
        if self.rule == "tf_crop_and_resize":
            begin, end = self.roi
            if wanted == 1:
                return (begin + end) * (size - 1) / 2
            return begin * (size - 1) + i * (end - begin) * (size - 1) / (wanted - 1)
        half = (i + Fraction(1, 2)) / scale - Fraction(1, 2)
        if self.rule == "pytorch_half_pixel" and self.out == 1:
            return Fraction(0)
        if self.rule == "half_pixel_symmetric":
            return Fraction(size, 2) * (1 - self.out / wanted) + half
        return half

    def nearest(self, i, rounding):
        at = self.place(i)
        to = {"floor": math.floor(at), "ceil": math.ceil(at), "round_prefer_floor": math.ceil(at - Fraction(1, 2)),
              "round_prefer_ceil": math.floor(at + Fraction(1, 2))}[rounding]
        row = np.zeros(self.size)
        row[min(max(to, 0), self.size - 1)] = 1
        return row

    def weights(self, i, mode, cubic, exclude, antialias):
        at = self.place(i)
        narrow = float(min(self.scale, 1)) if antialias else 1.0
        reach = (1 if mode == "linear" else 2) / narrow
        row, total = np.zeros(self.size), 0.0
        for k in range(math.floor(float(at) - reach) - 1, math.ceil(float(at) + reach) + 2):
            weight = kernel(abs(float(k - at)) * narrow, mode, cubic)
            if exclude and not 0 <= k < self.size:
                continue
            row[min(max(k, 0), self.size - 1)] += weight
            total += weight
        return row / total


def kernel(d, mode, a):
    if mode == "linear":
        return max(0.0, 1 - d)
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0.0


def resize_axes(case):
    """The axes that are resized, by dimension."""
    inputs, a = [*case.arrays(), None, None, None], case.attributes
    x = inputs[0]
    old = case.op == "Upsample" or case.opset == 10
    numbers = {name: None if each is None or each.size == 0 else each.tolist()
               for name, each in zip(("roi", "scales", "sizes"), (None, inputs[1], None) if old else inputs[1:4])}
    scales = a.get("scales") or numbers["scales"]
    axes = [each % x.ndim for each in a.get("axes", range(x.ndim))]
    rule = "asymmetric" if old else a.get("coordinate_transformation_mode", "half_pixel")
    roi = [Fraction(each) for each in numbers["roi"]] if numbers["roi"] else [Fraction(0)] * len(axes) + [Fraction(1)] * len(axes)
    policy = a.get("keep_aspect_ratio_policy", "stretch")
    fractions = ([Fraction(np.float32(each).item()) for each in scales] if scales else
                 [Fraction(size, x.shape[axis]) for size, axis in zip(numbers["sizes"], axes)])
    if not scales and policy != "stretch":
        fractions = [(min if policy == "not_larger" else max)(fractions)] * len(axes)
    result = {}
    for i, axis in enumerate(axes):
        exact = fractions[i] * x.shape[axis]
        out = (math.floor(exact) if scales else numbers["sizes"][i] if policy == "stretch" else math.floor(exact + Fraction(1, 2)))
        result[axis] = Axis(x.shape[axis], out, fractions[i], rule, (roi[i], roi[i + len(axes)]))
    return result


def resize(case):
    """Axis by axis a product with a matrix of weights."""
    x, a = case.arrays()[0], case.attributes
    mode = a.get("mode", "nearest")
    rounding = "floor" if case.op == "Upsample" or case.opset == 10 else a.get("nearest_mode", "round_prefer_floor")
    y, outside = x.astype(np.float64), None
    for axis, each in resize_axes(case).items():
        if each.out == each.size and each.scale == 1 and (each.rule != "tf_crop_and_resize" or each.roi == (0, 1)):
            continue
        rows = [each.nearest(i, rounding) if mode == "nearest" else
                each.weights(i, mode, a.get("cubic_coeff_a", -0.75), a.get("exclude_outside"), a.get("antialias"))
                for i in range(each.out)]
        y = np.moveaxis(np.tensordot(y, np.stack(rows), (axis, 1)), -1, axis)
        if each.rule == "tf_crop_and_resize":
            beyond = np.asarray([not 0 <= each.place(i) <= each.size - 1 for i in range(each.out)])
            y[(slice(None),) * axis + (beyond,)] = a.get("extrapolation_value", 0.0)
    return {"y0": y.astype(x.dtype)}
