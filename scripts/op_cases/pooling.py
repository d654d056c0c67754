"""Poolings and means."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases.padding import explicit, torch_pads
from op_cases.table import case, f64, normal, seeded


MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


@seeded
def pooling():
    def one(name, kind, shape, kernel, **a):
        rank = len(shape) - 2
        op = f"{kind}_pool"
        x = normal(*shape, mean=-3 if kind == "max" else 1)  # mostly negative: a padding of 0 would win
        stride, padding = a.get("stride", kernel), a.get("padding", 0)
        simple = isinstance(padding, int) or (isinstance(padding, list) and isinstance(padding[0], int))
        ceil_mode, include = a.get("ceil_mode", False), a.get("count_include_pad", False)
        t = f64(x)
        if simple and kind == "max":
            y = MAX[rank](t, kernel, stride, padding, a.get("dilation", 1), ceil_mode)
        elif simple:
            y = AVG[rank](t, kernel, stride, padding, ceil_mode, include)
        else:
            assert not ceil_mode
            pads = torch_pads(explicit(padding, shape, kernel, stride, a.get("dilation", 1)))
            if kind == "max":
                y = MAX[rank](F.pad(t, pads, value=-float("inf")), kernel, stride, 0, a.get("dilation", 1))
            else:
                mask = F.pad(torch.ones_like(t), pads, value=1.0 if include else 0.0)
                y = AVG[rank](F.pad(t, pads), kernel, stride) / AVG[rank](mask, kernel, stride)
        case(f"{op}_{name}", op, {"kernel": kernel, **a}, [x], y.numpy(), None, np.abs(x).max())

    for kind in ("max", "avg"):
        one("2x2", kind, (2, 5, 6, 8), 2)
        one("3x3_stride2", kind, (1, 8, 9, 8), 3, stride=2, padding=1)
        one("3x3_stride1", kind, (1, 4, 5, 6), 3, stride=1, padding=1)
        one("ceil", kind, (1, 3, 8, 7), 3, stride=2, ceil_mode=True)
        one("ceil_padded", kind, (1, 4, 7, 8), 3, stride=2, padding=1, ceil_mode=True)
        one("ceil_last_window_in_padding", kind, (1, 2, 5, 5), 2, stride=3, padding=1, ceil_mode=True)
        one("2x3_stride_1x2", kind, (1, 3, 5, 7), [2, 3], stride=[1, 2], padding=[1, 0])
        one("asymmetric", kind, (1, 3, 6, 7), 3, stride=2, padding=[[0, 1], [1, 2]])
        one("same", kind, (1, 4, 7, 6), 3, stride=2, padding="same")
        one("same_lower", kind, (1, 2, 6, 5), 2, stride=1, padding="same_lower")
        one("1d", kind, (2, 3, 11), 3, stride=2, padding=1)
        one("3d", kind, (1, 3, 4, 6, 5), 2)
        one("3d_padded", kind, (1, 2, 5, 5, 6), 3, stride=2, padding=1)
        one("whole", kind, (1, 6, 5, 7), [5, 7])
    one("dilated", "max", (1, 3, 9, 8), 3, stride=2, padding=1, dilation=2)
    one("dilated_ceil", "max", (1, 2, 10, 9), 2, stride=3, dilation=3, ceil_mode=True)
    for name, extra in {"include_pad": {}, "include_pad_ceil": {"ceil_mode": True}}.items():
        one(name, "avg", (1, 4, 8, 7), 3, stride=2, padding=1, count_include_pad=True, **extra)
        one(name + "_wide", "avg", (1, 3, 6, 9), [2, 4], stride=[2, 3], padding=[1, 2], count_include_pad=True, **extra)
    one("include_pad_asymmetric", "avg", (1, 3, 6, 6), 3, stride=2, padding=[[1, 0], [2, 1]], count_include_pad=True)
    one("include_pad_3d", "avg", (1, 2, 4, 5, 5), 3, stride=2, padding=1, count_include_pad=True, ceil_mode=True)

    for shape in ((2, 5, 9), (2, 8, 5, 7), (1, 3, 1, 1), (1, 4, 3, 4, 2)):
        x = normal(*shape, mean=-2)
        axes = tuple(range(2, len(shape)))
        name = "x".join(map(str, shape))
        case(f"global_avg_pool_{name}", "global_avg_pool", {}, [x], f64(x).mean(axes, keepdim=True).numpy(), None, np.abs(x).max())
        case(f"global_max_pool_{name}", "global_max_pool", {}, [x], f64(x).amax(axes, keepdim=True).numpy())

    for name, shape, axes, keep in (("spatial", (2, 4, 5, 3), [2, 3], True), ("spatial_flat", (2, 4, 5, 3), [2, 3], False),
                                    ("channels", (1, 6, 4, 4), [1], True), ("last", (2, 3, 7), [-1], False),
                                    ("ends", (3, 4, 5), [0, 2], True), ("all", (2, 3, 4), [0, 1, 2], False)):
        x = normal(*shape, mean=2)
        attributes = {"axes": axes, **({} if keep else {"keep_dims": False})}
        case(f"reduce_mean_{name}", "reduce_mean", attributes, [x], f64(x).mean(axes, keepdim=keep).numpy(), None, np.abs(x).max())


@seeded
def adaptive_pooling():
    pools = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
    for name, shape, size in (("1", (2, 5, 7, 9), 1), ("2", (1, 8, 6, 10), 2), ("3", (1, 8, 7, 11), 3),
                              ("6_of_8x13", (1, 3, 8, 13), 6), ("5x2", (2, 16, 9, 7), [5, 2]),
                              ("larger", (1, 4, 3, 5), [7, 5]), ("1d", (1, 3, 11), 4), ("3d", (1, 2, 5, 4, 7), [2, 3, 4])):
        x = normal(*shape, mean=1)
        case(f"adaptive_avg_pool_{name}", "adaptive_avg_pool", {"size": size}, [x],
             pools[len(shape) - 2](f64(x), size).numpy(), None, np.abs(x).max())
