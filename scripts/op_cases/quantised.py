"""Numbers on grids of integers, and layers whose weights lie on one."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases.linear import CONV
from op_cases.padding import each
from op_cases.table import case, f64, seeded
from op_cases import table

TYPES = {"u8": np.uint8, "i8": np.int8, "u16": np.uint16, "i16": np.int16}


def whole(low, high, *shape):
    return table.rng.integers(low, high + 1, shape)


@seeded
def grids():
    def one(name, shape, kind, scale, zero_point):
        # Not near the middle of a step, where devices of 32 bits may round to the other side.
        bounds = np.iinfo(TYPES[kind])
        steps = whole(bounds.min - zero_point - 40, bounds.max - zero_point + 40, *shape) + table.rng.uniform(-0.4, 0.4, shape)
        x = (steps * scale).astype(np.float32)
        x.reshape(-1)[:4] = [0, 1e30, -1e30, scale]
        step = float(np.float32(scale))
        numbers = np.clip(np.rint(x.astype(np.float64) / step) + zero_point, bounds.min, bounds.max)
        floats = (numbers - zero_point) * step
        if bounds.max < 256:  # PyTorch's own has grids of 8 bits
            same = torch.fake_quantize_per_tensor_affine(torch.from_numpy(x), step, zero_point, int(bounds.min), int(bounds.max))
            assert np.allclose(same.numpy()[np.abs(x) < 1e9], floats[np.abs(x) < 1e9], rtol=1e-6)
        grid = {"scale": step, "zero_point": zero_point}
        numbers = numbers.astype(TYPES[kind])
        case(f"quantize_{name}", "quantize", {"to": kind, **grid}, [x], numbers)
        case(f"fake_quantize_{name}", "fake_quantize", {"type": kind, **grid}, [x], floats)
        case(f"dequantize_{name}", "dequantize", grid, [numbers], floats)

    one("u8", (2, 5, 4, 3), "u8", 0.05, 117)
    one("u8_relu", (1, 8, 5, 7), "u8", 0.125, 0)
    one("i8", (1, 3, 6, 5), "i8", 0.3, -5)
    one("i8_2d", (3, 13), "i8", 1e-3, 0)
    one("u8_3d", (2, 3, 7), "u8", 2.5, 255)
    one("u16", (2, 9), "u16", 0.01, 30000)
    one("i16", (1, 4, 3, 3), "i16", 0.002, -7)


def weights(out, *rest):
    """Floats that are whole multiples of a scale per output."""
    scale = np.exp(table.rng.normal(-4, 1, out)).astype(np.float32)
    numbers = whole(-127, 127, out, *rest)
    return (numbers * scale.reshape(-1, *[1] * len(rest))).astype(np.float32), scale


@seeded
def layers():
    def conv(name, shape, out, kernel, **a):
        rank = len(shape) - 2
        weight, scale = weights(out, shape[1] // a.get("groups", 1), *each(kernel, rank))
        x = table.normal(*shape, mean=0.3)
        params = {"weight": weight, "weight_scale": scale}
        if a.get("bias"):
            params["bias"] = table.normal(out, std=2)
        compute = lambda f: CONV[rank](f(f64(x)), f(f64(weight)), f(f64(params["bias"])) if a.get("bias") else None,
                                       a.get("stride", 1), a.get("padding", 0), 1, a.get("groups", 1))
        case(f"conv_on_grid_{name}", "conv", {"out": out, "kernel": kernel, "weight_scale": True, **a}, [x],
             compute(lambda t: t).numpy(), params, compute(torch.abs).max())

    conv("1x1", (2, 5, 6, 7), 4, 1)
    conv("3x3_bias", (1, 8, 7, 5), 8, 3, padding=1, bias=True)
    conv("3x3_stride2", (2, 4, 9, 7), 5, 3, stride=2, padding=1)
    conv("depthwise", (1, 7, 6, 6), 7, 3, groups=7, padding=1, bias=True)
    conv("groups2", (1, 6, 5, 6), 8, 3, groups=2, padding=1)
    conv("1d", (2, 3, 11), 4, 3, padding=1)

    def dense(name, shape, out, bias=True):
        x = table.normal(*shape)
        weight, scale = weights(out, shape[-1])
        params = {"weight": weight, "weight_scale": scale}
        if bias:
            params["bias"] = table.normal(out, std=2)
        compute = lambda f: F.linear(f(f64(x)), f(f64(weight)), f(f64(params["bias"])) if bias else None)
        case(f"dense_on_grid_{name}", "dense", {"out": out, "bias": bias, "weight_scale": True}, [x],
             compute(lambda t: t).numpy(), params, compute(torch.abs).max())

    dense("2d", (3, 7), 5)
    dense("3d", (2, 3, 5), 4, bias=False)
