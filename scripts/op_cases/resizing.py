"""Resizing in every mode."""
from fractions import Fraction
from math import ceil, floor

import numpy as np
import torch.nn.functional as F

from op_cases.padding import each
from op_cases.table import case, f64, normal, seeded


@seeded
def resize():
    def coordinate(kind, o, size_in, size_out, scale):
        ratio = 1 / Fraction(scale) if scale else Fraction(size_in, size_out)
        if kind == "half_pixel":
            return (o + Fraction(1, 2)) * ratio - Fraction(1, 2)
        if kind == "asymmetric":
            return o * ratio
        return Fraction(0) if size_out == 1 else Fraction(o * (size_in - 1), size_out - 1)

    rounders = {"floor": floor, "ceil": ceil, "round_prefer_floor": lambda v: ceil(v - Fraction(1, 2)),
                "round_prefer_ceil": lambda v: floor(v + Fraction(1, 2))}

    def one(name, shape, scale=None, size=None, mode="nearest", coordinates="half_pixel", rounding="floor"):
        rank = len(shape) - 2
        x = normal(*shape)
        scales = each(scale, rank) if isinstance(scale, (int, list)) else [scale] * rank
        y = x.astype(np.float64)
        out = each(size, rank) if size else [floor(Fraction(s) * n) for s, n in zip(scales, shape[2:])]
        for d in range(rank):
            size_in, picked = shape[d + 2], []
            for o in range(out[d]):
                v = coordinate(coordinates, o, size_in, out[d], None if size else scales[d])
                if mode == "nearest":
                    picked.append(np.take(y, min(max(rounders[rounding](v), 0), size_in - 1), axis=d + 2))
                else:
                    v = min(max(v, 0), size_in - 1)
                    low = floor(v)
                    t = float(v - low)
                    high = min(low + 1, size_in - 1)
                    picked.append((1 - t) * np.take(y, low, axis=d + 2) + t * np.take(y, high, axis=d + 2))
            y = np.stack(picked, axis=d + 2)
        torch_mode = {("nearest", "asymmetric", "floor"): "nearest",
                      ("linear", "half_pixel", "floor"): ["linear", "bilinear", "trilinear"][rank - 1],
                      ("linear", "align_corners", "floor"): ["linear", "bilinear", "trilinear"][rank - 1]}.get(
                          (mode, coordinates, rounding))
        if torch_mode:
            corners = None if torch_mode == "nearest" else coordinates == "align_corners"
            given = {"size": out} if size else {"scale_factor": [float(s) for s in scales], "recompute_scale_factor": False}
            direct = F.interpolate(f64(x), mode=torch_mode, align_corners=corners, **given).numpy()
            assert np.allclose(direct, y, rtol=1e-6, atol=1e-6) and direct.shape == y.shape, name
        attributes = {"scale": scale} if size is None else {"size": size}
        if mode != "nearest":
            attributes["mode"] = mode
        if coordinates != "half_pixel":
            attributes["coordinates"] = coordinates
        if rounding != "floor":
            attributes["rounding"] = rounding
        case(f"resize_{name}", "resize", attributes, [x], y, None, np.abs(x).max())

    for coordinates in ("half_pixel", "align_corners", "asymmetric"):
        one(f"linear_{coordinates}_x2", (1, 3, 4, 5), scale=2, mode="linear", coordinates=coordinates)
        one(f"linear_{coordinates}_size", (2, 4, 5, 4), size=[8, 3], mode="linear", coordinates=coordinates)
        for rounding in rounders:
            one(f"nearest_{coordinates}_{rounding}_x2", (1, 2, 4, 5), scale=2, coordinates=coordinates, rounding=rounding)
            one(f"nearest_{coordinates}_{rounding}_size", (1, 2, 6, 5), size=[4, 7], coordinates=coordinates, rounding=rounding)
    one("nearest_1d", (2, 3, 7), scale=3, coordinates="asymmetric")
    one("nearest_3d", (1, 2, 2, 3, 2), scale=[2, 1, 3], coordinates="asymmetric")
    one("linear_1d", (1, 3, 6), size=11, mode="linear")
    one("linear_3d", (1, 2, 3, 2, 4), scale=2, mode="linear")
    one("linear_from_one", (1, 3, 1, 1), size=[3, 4], mode="linear")
    one("linear_to_one", (1, 3, 4, 5), size=1, mode="linear")
    one("linear_align_corners_to_one", (1, 2, 4, 5), size=1, mode="linear", coordinates="align_corners")
    one("linear_scale_1.5", (1, 2, 4, 6), scale=1.5, mode="linear")
    one("linear_scale_used_as_given", (1, 2, 5, 7), scale=1.25, mode="linear")
    one("nearest_scale_used_as_given", (1, 2, 5, 7), scale=1.625, coordinates="asymmetric")
    one("linear_8ch", (1, 8, 5, 3), scale=2, mode="linear")
