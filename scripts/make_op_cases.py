#!/usr/bin/env python3
"""Writes tests/data/op_cases.{json,safetensors}: one-node networks with what they must compute.

Expected values come from PyTorch in float64 (or NumPy where PyTorch lacks the variant). Inputs and parameters
are float32 values, so that every device starts from the same numbers. Usage: make_op_cases.py [DIRECTORY]
"""
import json
import pathlib
import struct
import sys
import zlib
from fractions import Fraction
from math import ceil, floor

import numpy as np
import torch
import torch.nn.functional as F
import torchvision

cases = []
tensors = {}
rng = None
DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8",
          "bool": "BOOL"}


def f64(x):
    return torch.from_numpy(np.asarray(x)).double()


def normal(*shape, mean=0.0, std=1.0):
    return (rng.standard_normal(shape) * std + mean).astype(np.float32)


def case(name, op, attributes, inputs, expected, params=None, magnitude=None):
    """One case. `magnitude` is the size of the terms that are summed, where that is more than the result's."""
    assert name not in {c["name"] for c in cases}, name
    expected = [np.asarray(e) for e in (expected if isinstance(expected, list) else [expected])]
    entry = {"name": name, "op": op, "attributes": attributes, "inputs": [], "params": {}, "outputs": []}
    for i, x in enumerate(inputs):
        entry["inputs"].append(f"{name}.in{i}")
        tensors[f"{name}.in{i}"] = x
    for key, x in (params or {}).items():
        entry["params"][key] = f"{name}.{key}"
        tensors[f"{name}.{key}"] = x
    for i, x in enumerate(expected):
        entry["outputs"].append(f"{name}.out{i}")
        tensors[f"{name}.out{i}"] = x
    largest = max([float(np.abs(e.astype(np.float64)).max(initial=0)) for e in expected])
    entry["magnitude"] = max(largest, float(magnitude or 0), 1e-30)
    cases.append(entry)


def seeded(function):
    """Every family draws from its own seed, so that a new case changes no other family."""
    global rng
    rng = np.random.default_rng(zlib.crc32(function.__name__.encode()))
    function()
    return function


def each(value, rank):
    return [value] * rank if isinstance(value, int) else list(value)


def explicit(padding, x_shape, kernel, stride, dilation):
    """[begin, end] per spatial dimension."""
    rank = len(x_shape) - 2
    k, s, d = each(kernel, rank), each(stride, rank), each(dilation, rank)
    if padding in ("same", "same_lower"):
        result = []
        for i in range(rank):
            size = x_shape[i + 2]
            total = max(0, (ceil(size / s[i]) - 1) * s[i] + (k[i] - 1) * d[i] + 1 - size)
            small, large = total // 2, total - total // 2
            result.append([small, large] if padding == "same" else [large, small])
        return result
    return [p if isinstance(p, list) else [p, p] for p in each(padding, rank)]


def torch_pads(pads):
    return [p for pair in reversed(pads) for p in pair]


def pad_per_channel(x, pads, values):
    mask = F.pad(torch.ones_like(x), torch_pads(pads))
    shape = [1, -1] + [1] * (x.dim() - 2)
    return F.pad(x, torch_pads(pads)) + (1 - mask) * values.reshape(shape)


CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_T = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


@seeded
def conv():
    def one(name, shape, out, kernel, **a):
        rank = len(shape) - 2
        groups = a.get("groups", 1)
        count = shape[1] if groups == "depthwise" else groups
        x = normal(*shape, mean=0.3)
        params = {"weight": normal(out, shape[1] // count, *each(kernel, rank), std=0.5)}
        if a.get("bias"):
            params["bias"] = normal(out, std=2)
        if a.get("pad_value"):
            params["pad_value"] = normal(shape[1], std=3)
        stride, dilation = a.get("stride", 1), a.get("dilation", 1)
        pads = explicit(a.get("padding", 0), shape, kernel, stride, dilation)
        zero = torch.zeros(shape[1], dtype=torch.float64)

        def compute(f):
            value = f(f64(params["pad_value"])) if a.get("pad_value") else zero
            bias = f(f64(params["bias"])) if a.get("bias") else None
            padded = pad_per_channel(f(f64(x)), pads, value)
            return CONV[rank](padded, f(f64(params["weight"])), bias, stride, 0, dilation, count).numpy()
        case(f"conv_{name}", "conv", {"out": out, "kernel": kernel, **a}, [x], compute(lambda t: t), params,
             compute(torch.abs).max())

    one("1x1", (2, 5, 6, 7), 4, 1)
    one("3x3", (1, 3, 8, 8), 6, 3, padding=1)
    one("3x3_bias", (2, 8, 7, 5), 8, 3, padding=1, bias=True)
    one("3x3_16ch", (1, 16, 5, 6), 16, 3, padding=1, bias=True)
    one("3x3_unpadded", (1, 4, 5, 9), 3, 3)
    one("3x3_stride2", (2, 4, 9, 7), 5, 3, stride=2, padding=1)
    one("7x7_stride2", (1, 3, 15, 14), 4, 7, stride=2, padding=3)
    one("3x5_stride_3x1", (1, 3, 9, 8), 4, [3, 5], stride=[3, 1], padding=[1, 2])
    one("1x1_stride2", (1, 6, 7, 7), 5, 1, stride=2, bias=True)
    one("1x1_wide_channels", (1, 33, 2, 3), 17, 1)
    one("2x2_even", (1, 3, 6, 5), 4, 2)
    one("dilated", (1, 3, 9, 9), 4, 3, dilation=2, padding=2)
    one("dilated_3x2", (1, 2, 11, 10), 3, 3, dilation=[3, 2], padding=[3, 2], stride=2)
    one("groups2", (2, 6, 5, 6), 8, 3, groups=2, padding=1)
    one("groups4_bias", (1, 8, 6, 5), 4, 3, groups=4, padding=1, bias=True)
    one("groups3_1x1", (1, 9, 4, 5), 6, 1, groups=3)
    one("depthwise", (1, 7, 6, 6), 7, 3, groups="depthwise", padding=1)
    one("depthwise_counted", (2, 8, 5, 7), 8, 3, groups=8, padding=1, stride=2, bias=True)
    one("depthwise_5x5_dilated", (1, 4, 11, 9), 4, 5, groups="depthwise", padding=4, dilation=2)
    one("depthwise_multiplier", (1, 3, 6, 5), 6, 3, groups="depthwise", padding=1, bias=True)
    one("asymmetric", (1, 3, 6, 7), 4, 3, padding=[[1, 2], [0, 3]])
    one("asymmetric_stride2", (1, 4, 8, 8), 4, 3, padding=[[0, 1], [0, 1]], stride=2, bias=True)
    one("same_even_kernel", (1, 2, 5, 6), 3, 4, padding="same")
    one("same_stride2", (1, 3, 8, 7), 4, 3, padding="same", stride=2)
    one("same_lower", (1, 2, 7, 6), 3, 4, padding="same_lower", stride=[1, 2])
    one("same_dilated", (1, 2, 7, 6), 3, 3, padding="same", dilation=2)
    one("padding_beyond_input", (1, 2, 2, 3), 3, 5, padding=4)
    one("single_pixel", (3, 5, 1, 1), 7, 3, padding=1, bias=True)
    one("long_row", (1, 2, 2, 37), 3, 3, padding=1)
    one("pad_value", (1, 4, 5, 6), 3, 3, padding=1, pad_value=True)
    one("pad_value_stride2_bias", (2, 3, 7, 6), 5, 3, padding=1, stride=2, pad_value=True, bias=True)
    one("pad_value_groups", (1, 6, 5, 5), 4, 3, padding=2, groups=2, pad_value=True, dilation=2)
    one("pad_value_depthwise", (1, 5, 6, 5), 5, 3, padding=1, groups="depthwise", pad_value=True, bias=True)
    one("pad_value_asymmetric", (1, 3, 5, 5), 2, 3, padding=[[0, 2], [2, 1]], pad_value=True)
    one("pad_value_same", (1, 3, 6, 7), 2, 3, padding="same", stride=2, pad_value=True)
    one("1d", (2, 3, 11), 4, 3, padding=1)
    one("1d_stride_dilation", (1, 4, 17), 6, 5, stride=3, dilation=2, padding=4, groups=2, bias=True)
    one("1d_asymmetric", (1, 3, 9), 2, 4, padding=[[3, 0]])
    one("1d_pad_value", (1, 3, 8), 4, 3, padding=1, pad_value=True)
    one("3d", (1, 2, 4, 5, 6), 3, 3, padding=1, bias=True)
    one("3d_1x3x3", (1, 3, 3, 6, 5), 4, [1, 3, 3], padding=[0, 1, 1], stride=[1, 2, 2])
    one("3d_groups", (1, 4, 3, 4, 5), 4, [3, 1, 2], groups=2, padding=[[1, 1], [0, 0], [1, 0]])
    one("3d_pad_value", (1, 2, 3, 4, 3), 2, 3, padding=1, pad_value=True)


@seeded
def conv_transpose():
    def one(name, shape, out, kernel, **a):
        rank = len(shape) - 2
        groups = a.get("groups", 1)
        x = normal(*shape, mean=0.3)
        params = {"weight": normal(shape[1], out // groups, *each(kernel, rank), std=0.5)}
        if a.get("bias"):
            params["bias"] = normal(out, std=2)
        stride, dilation = a.get("stride", 1), a.get("dilation", 1)
        extra = each(a.get("output_padding", 0), rank)

        def compute(f):
            full = CONV_T[rank](f(f64(x)), f(f64(params["weight"])), None, stride, 0, 0, groups, dilation)
            padding = a.get("padding", 0)
            if padding in ("same", "same_lower"):
                pads = []
                for i in range(rank):
                    total = max(0, full.shape[i + 2] - shape[i + 2] * each(stride, rank)[i])
                    small, large = total // 2, total - total // 2
                    pads.append([small, large] if padding == "same" else [large, small])
            else:
                pads = explicit(padding, shape, kernel, stride, dilation)
            size = [full.shape[i + 2] - sum(pads[i]) + extra[i] for i in range(rank)]
            result = F.pad(full, torch_pads([[0, e] for e in extra]))
            for i in range(rank):
                result = result.narrow(i + 2, pads[i][0], size[i])
            if a.get("bias"):
                result = result + f(f64(params["bias"])).reshape([-1] + [1] * rank)
            if isinstance(padding, int):
                bias = f(f64(params["bias"])) if a.get("bias") else None
                direct = CONV_T[rank](f(f64(x)), f(f64(params["weight"])), bias, stride, padding,
                                      a.get("output_padding", 0), groups, dilation)
                assert torch.allclose(direct, result, rtol=1e-13, atol=1e-13)
            return result.contiguous().numpy()
        case(f"conv_transpose_{name}", "conv_transpose", {"out": out, "kernel": kernel, **a}, [x],
             compute(lambda t: t), params, compute(torch.abs).max())

    one("2x2_stride2", (1, 4, 5, 6), 3, 2, stride=2)
    one("3x3_stride2_output_padding", (2, 3, 4, 5), 4, 3, stride=2, padding=1, output_padding=1, bias=True)
    one("4x4_stride2", (1, 3, 5, 4), 2, 4, stride=2, padding=1)
    one("3x3", (1, 8, 5, 5), 8, 3, padding=1, bias=True)
    one("groups", (1, 6, 4, 5), 4, 3, stride=2, padding=1, groups=2)
    one("depthwise", (1, 5, 4, 4), 5, 4, stride=2, padding=1, groups=5, bias=True)
    one("dilated", (1, 3, 5, 4), 2, 3, dilation=2, padding=2)
    one("stride_3x1", (1, 2, 3, 6), 3, [3, 2], stride=[3, 1], output_padding=[2, 0])
    one("asymmetric", (1, 3, 4, 5), 2, 3, stride=2, padding=[[0, 1], [1, 2]])
    one("same", (1, 2, 4, 3), 3, 3, stride=2, padding="same")
    one("same_lower", (1, 2, 3, 4), 3, 4, stride=[1, 2], padding="same_lower")
    one("1d", (1, 3, 6), 4, 4, stride=2, padding=1, bias=True)
    one("3d", (1, 2, 3, 2, 3), 2, 2, stride=2)
    one("3d_groups_output_padding", (1, 4, 2, 3, 2), 4, 3, stride=2, padding=1, output_padding=1, groups=2)


@seeded
def dense_and_matmul():
    def dense(name, shape, out, bias=True):
        x = normal(*shape)
        params = {"weight": normal(out, shape[-1])}
        if bias:
            params["bias"] = normal(out, std=2)
        compute = lambda f: F.linear(f(f64(x)), f(f64(params["weight"])), f(f64(params["bias"])) if bias else None)
        attributes = {"out": out} if bias else {"out": out, "bias": False}
        case(f"dense_{name}", "dense", attributes, [x], compute(lambda t: t).numpy(), params, compute(torch.abs).max())

    dense("2d", (3, 7), 5)
    dense("without_bias", (2, 9), 4, bias=False)
    dense("one_output", (4, 6), 1)
    dense("3d", (2, 3, 5), 4)
    dense("4d", (1, 2, 3, 8), 6, bias=False)
    dense("long", (1, 130), 17)

    def matmul(name, a, b, **attributes):
        x, y = normal(*a), normal(*b)

        def compute(f):
            p, q = f(f64(x)), f(f64(y))
            p = p.transpose(-1, -2) if attributes.get("transpose_a") else p
            q = q.transpose(-1, -2) if attributes.get("transpose_b") else q
            return torch.matmul(p, q).numpy()
        case(f"matmul_{name}", "matmul", attributes, [x, y], compute(lambda t: t), None, compute(torch.abs).max())

    matmul("2d", (3, 5), (5, 4))
    matmul("transpose_a", (5, 3), (5, 4), transpose_a=True)
    matmul("transpose_b", (3, 5), (4, 5), transpose_b=True)
    matmul("transpose_both", (2, 5, 3), (2, 4, 5), transpose_a=True, transpose_b=True)
    matmul("batch", (2, 3, 4, 5), (2, 3, 5, 2))
    matmul("broadcast_batch", (2, 1, 3, 4), (5, 4, 2))
    matmul("matrix_for_all", (3, 4, 5), (5, 6))


@seeded
def normalisation():
    def batch_norm(name, shape, affine=True, **attributes):
        c = shape[1]
        # Both signs of gamma, means far from zero, variances over two decades.
        mean = normal(c, std=40)
        var = np.exp(rng.uniform(np.log(0.05), np.log(20), c)).astype(np.float32)
        columns = [1, c] + [1] * (len(shape) - 2)
        x = (mean.reshape(columns) + rng.standard_normal(shape) * np.sqrt(var).reshape(columns)).astype(np.float32)
        params = {"running_mean": mean, "running_var": var}
        if affine:
            gamma = normal(c, std=2)
            gamma[0] = -abs(gamma[0])
            params.update({"weight": gamma, "bias": normal(c, std=3)})
        else:
            attributes["affine"] = False
        w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
        eps = attributes.get("eps", 1e-5)
        y = F.batch_norm(f64(x), f64(mean), f64(var), w, b, False, 0.0, eps)
        scale = (np.abs(params["weight"]) if affine else 1.0) / np.sqrt(var + eps)
        case(f"batch_norm_{name}", "batch_norm", attributes, [x], y.numpy(), params, (scale * np.abs(mean)).max())

    batch_norm("2d", (5, 6))
    batch_norm("3d", (2, 5, 9))
    batch_norm("4d", (2, 7, 5, 6))
    batch_norm("4d_16ch", (1, 16, 4, 5))
    batch_norm("5d", (1, 3, 3, 4, 5))
    batch_norm("not_affine", (2, 4, 5, 5), affine=False)
    batch_norm("large_eps", (1, 6, 4, 4), eps=0.001)

    def affine(name, shape, axis, scale=True, shift=True):
        x = normal(*shape, mean=1)
        along = [1] * len(shape)
        along[axis] = shape[axis]
        params, y = {}, f64(x)
        if scale:
            params["weight"] = normal(shape[axis], std=2)
            y = y * f64(params["weight"]).reshape(along)
        if shift:
            params["bias"] = normal(shape[axis], std=5)
            y = y + f64(params["bias"]).reshape(along)
        attributes = {**({"axis": axis} if axis != 1 else {}), **({} if scale else {"scale": False}),
                      **({} if shift else {"shift": False})}
        case(f"affine_{name}", "affine", attributes, [x], y.numpy(), params, max(np.abs(v).max() for v in params.values()))

    affine("4d", (2, 5, 4, 3), 1)
    affine("2d", (3, 6), 1)
    affine("scale_only", (1, 8, 3, 5), 1, shift=False)
    affine("shift_only", (1, 8, 5, 3), 1, scale=False)
    affine("last_axis", (2, 3, 4, 5), -1)
    affine("first_axis", (3, 4), 0)

    def group_norm(name, shape, groups, affine=True, **attributes):
        c = shape[1]
        x = normal(*shape, mean=7, std=3)
        params = {"weight": normal(c, std=2), "bias": normal(c, std=2)} if affine else {}
        w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
        y = F.group_norm(f64(x), groups or c, w, b, attributes.get("eps", 1e-5)).numpy()
        attributes = {**attributes, **({"groups": groups} if groups else {}), **({} if affine else {"affine": False})}
        op = "group_norm" if groups else "instance_norm"
        case(f"{op}_{name}", op, attributes, [x], y, params, 10)

    group_norm("2", (2, 6, 4, 5), 2)
    group_norm("3_not_affine", (1, 6, 5, 3), 3, affine=False)
    group_norm("one", (2, 4, 3, 3), 1, eps=0.01)
    group_norm("3d", (2, 8, 7), 4)
    group_norm("5d", (1, 4, 3, 2, 4), 2)
    group_norm("4d", (2, 5, 4, 6), 0)
    group_norm("3d", (1, 4, 9), 0, eps=0.001)
    group_norm("not_affine", (1, 3, 5, 5), 0, affine=False)

    def layer_norm(name, shape, axes, affine=True, **attributes):
        x = normal(*shape, mean=-5, std=3)
        size = [shape[a] for a in axes]
        t = f64(x)
        mean = t.mean(axes, keepdim=True)
        y = (t - mean) / torch.sqrt(((t - mean) ** 2).mean(axes, keepdim=True) + attributes.get("eps", 1e-5))
        params = {"weight": normal(*size, std=2), "bias": normal(*size, std=2)} if affine else {}
        if affine:
            full = [shape[a] if a in [i % len(shape) for i in axes] else 1 for a in range(len(shape))]
            y = y * f64(params["weight"]).reshape(full) + f64(params["bias"]).reshape(full)
        if sorted(a % len(shape) for a in axes)[-1] == len(shape) - 1:
            w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
            assert torch.allclose(F.layer_norm(t, size, w, b, attributes.get("eps", 1e-5)), y, atol=1e-12)
        attributes = {**attributes, "axes": axes, **({} if affine else {"affine": False})}
        case(f"layer_norm_{name}", "layer_norm", attributes, [x], y.numpy(), params, 10)

    layer_norm("last", (2, 4, 7), [-1])
    layer_norm("2d", (3, 9), [1], eps=0.001)
    layer_norm("image", (2, 3, 4, 5), [1, 2, 3])
    layer_norm("plane_not_affine", (2, 3, 4, 5), [-2, -1], affine=False)
    layer_norm("channels", (2, 6, 3, 4), [1])


@seeded
def elementwise():
    functions = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
    shapes = {"same": ((2, 5, 4, 3), (2, 5, 4, 3)), "gate": ((1, 8, 5, 7), (1, 8, 1, 1)),
              "gate_first": ((1, 8, 1, 1), (1, 8, 5, 7)), "spatial_gate": ((2, 6, 4, 5), (2, 1, 4, 5)),
              "row": ((2, 3, 4), (4,)), "both_stretched": ((2, 1, 3), (1, 4, 1)), "one": ((2, 3, 2, 2), (1,))}
    for op, function in functions.items():
        for name, (a, b) in shapes.items():
            x, y = normal(*a), normal(*b)
            if op == "div":
                y = (np.sign(y) * (np.abs(y) + 0.3)).astype(np.float32)
            magnitude = np.abs(x).max() + np.abs(y).max() if op in ("add", "sub") else 0
            case(f"{op}_{name}", op, {}, [x, y], function(f64(x), f64(y)).numpy(), None, magnitude)
    many = [normal(2, 4, 3, 3) for _ in range(4)]
    case("add_four", "add", {}, many, sum(f64(x) for x in many).numpy(), None, 6)
    gated = [normal(1, 4, 3, 5), normal(1, 4, 1, 1), normal(5)]
    case("add_three_broadcast", "add", {}, gated, (f64(gated[0]) + f64(gated[1]) + f64(gated[2])).numpy(), None, 6)

    def values(*shape):
        x = normal(*shape, std=3).reshape(-1)
        x[:6] = [0, 100, -100, 1e-4, -1e-4, -3]
        return x.reshape(shape)
    activations = {
        "relu": (F.relu, {}), "relu6": (F.relu6, {}), "sigmoid": (torch.sigmoid, {}), "tanh": (torch.tanh, {}),
        "silu": (F.silu, {}), "swish": (F.silu, {}), "hard_swish": (F.hardswish, {}), "mish": (F.mish, {}),
        "softplus": (lambda t: F.softplus(t, threshold=1000), {}), "clip": (lambda t: t.clamp(-1.5, 2.25), {"min": -1.5, "max": 2.25}),
        "leaky_relu": (F.leaky_relu, {}), "leaky_relu_0.2": (lambda t: F.leaky_relu(t, 0.2), {"alpha": 0.2}),
        "elu": (F.elu, {}), "elu_0.5": (lambda t: F.elu(t, 0.5), {"alpha": 0.5}),
        "hard_sigmoid": (F.hardsigmoid, {}),
        "hard_sigmoid_0.2": (lambda t: (0.2 * t + 0.4).clamp(0, 1), {"alpha": 0.2, "beta": 0.4}),
        "gelu": (F.gelu, {}), "gelu_tanh": (lambda t: F.gelu(t, approximate="tanh"), {}),
    }
    for name, (function, attributes) in activations.items():
        op = name.split("_0.")[0]
        x = values(2, 5, 4, 3)
        case(f"{name}_4d", op, attributes, [x], function(f64(x)).numpy())
    for op in ("relu", "sigmoid", "hard_swish", "gelu"):
        x = values(3, 13)
        case(f"{op}_2d", op, {}, [x], activations[op][0](f64(x)).numpy())
    x = values(1, 8, 6, 5)
    case("relu_8ch", "relu", {}, [x], F.relu(f64(x)).numpy())

    def prelu(name, shape, slopes):
        x, w = normal(*shape, std=2), normal(slopes)
        case(f"prelu_{name}", "prelu", {}, [x], F.prelu(f64(x), f64(w)).numpy(), {"weight": w})
    prelu("4d", (2, 6, 4, 3), 6)
    prelu("shared", (1, 5, 3, 4), 1)
    prelu("2d", (3, 7), 7)

    def softmax(name, shape, axis, std=2.0):
        x = normal(*shape, std=std)
        attributes = {"axis": axis} if axis != 1 else {}
        case(f"softmax_{name}", "softmax", attributes, [x], torch.softmax(f64(x), axis).numpy())
    softmax("2d", (3, 10), 1)
    softmax("4d", (2, 5, 3, 4), 1)
    softmax("last", (2, 3, 7), -1)
    softmax("first", (4, 3), 0)
    softmax("large", (2, 6), 1, std=300)


@seeded
def bounds():
    def along(shape, axis, values):
        where = [1] * len(shape)
        where[axis] = shape[axis]
        return f64(values).reshape(where)

    def clamp(name, shape, axis=1, lower=True, upper=True):
        x = normal(*shape, std=3)
        params, y = {}, f64(x)
        if lower:
            params["lower"] = normal(shape[axis], mean=-1, std=2)
            y = torch.maximum(y, along(shape, axis, params["lower"]))
        if upper:
            params["upper"] = params["lower"] + np.abs(normal(shape[axis], std=2)) if lower else normal(shape[axis])
            y = torch.minimum(y, along(shape, axis, params["upper"]))
        attributes = {**({"axis": axis} if axis != 1 else {}), **({} if lower else {"lower": False}),
                      **({} if upper else {"upper": False})}
        case(f"clamp_{name}", "clamp", attributes, [x], y.numpy(), params)

    clamp("4d", (2, 5, 4, 3))
    clamp("lower_only", (1, 8, 3, 5), upper=False)
    clamp("upper_only", (1, 8, 5, 3), lower=False)
    clamp("2d", (3, 6))
    clamp("3d_20ch", (2, 20, 7), upper=False)
    clamp("5d", (1, 3, 2, 4, 3))
    clamp("last_axis", (2, 3, 4, 5), -1)
    clamp("first_axis", (3, 4), 0)

    def kinked(name, shape, axis=1):
        x = normal(*shape, std=3)
        params = {key: normal(shape[axis]) for key in ("kink", "below", "above")}
        kink, below, above = (along(shape, axis, params[key]) for key in ("kink", "below", "above"))
        t = f64(x)
        # As a sum of two one-sided lines.
        y = kink + above * F.relu(t - kink) - below * F.relu(kink - t)
        case(f"kinked_{name}", "kinked", {"axis": axis} if axis != 1 else {}, [x], y.numpy(), params,
             np.abs(x).max() * max(1, *(np.abs(params[key]).max() for key in ("below", "above"))))

    kinked("4d", (2, 5, 4, 3))
    kinked("8ch", (1, 8, 3, 5))
    kinked("2d", (3, 6))
    kinked("3d_20ch", (2, 20, 7))
    kinked("5d", (1, 3, 2, 4, 3))
    kinked("last_axis", (2, 3, 4, 5), -1)
    kinked("first_axis", (3, 4), 0)


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


@seeded
def movement():
    def simple(name, op, attributes, shape, function, params=None):
        x = normal(*shape)
        y = function(torch.from_numpy(x))
        y = list(y) if isinstance(y, (list, tuple)) else [y]
        case(f"{op}_{name}", op, attributes, [x], [v.contiguous().double().numpy() for v in y], params)

    def concat(name, shapes, axis=1):
        xs = [normal(*s) for s in shapes]
        case(f"concat_{name}", "concat", {"axis": axis} if axis != 1 else {}, xs, np.concatenate(xs, axis).astype(np.float64))
    concat("channels", [(2, 3, 4, 5), (2, 5, 4, 5)])
    concat("aligned_channels", [(1, 8, 3, 4), (1, 16, 3, 4), (1, 8, 3, 4)])
    concat("one", [(1, 3, 2, 2)])
    concat("batch", [(1, 3, 4), (2, 3, 4)], 0)
    concat("last", [(2, 3, 4), (2, 3, 1), (2, 3, 2)], -1)
    simple("sizes", "split", {"sizes": [2, 5, 1]}, (2, 8, 3, 2), lambda t: t.split([2, 5, 1], 1))
    simple("parts", "split", {"parts": 2}, (1, 16, 3, 4), lambda t: t.chunk(2, 1))
    simple("last", "split", {"axis": -1, "parts": 3}, (2, 4, 9), lambda t: t.chunk(3, -1))
    simple("channels", "slice", {"axes": [1], "begin": [2], "end": [6]}, (2, 8, 3, 2), lambda t: t[:, 2:6])
    simple("strided", "slice", {"axes": [2, 3], "begin": [0, 1], "end": [7, 8], "step": [2, 3]}, (1, 3, 7, 9),
           lambda t: t[:, :, 0:7:2, 1:8:3])
    simple("negative", "slice", {"axes": [-1, 1], "begin": [-4, 1], "end": [-1, 99]}, (2, 4, 6), lambda t: t[:, 1:, -4:-1])
    simple("to_end", "slice", {"axes": [2], "begin": [3], "end": [None]}, (1, 2, 7), lambda t: t[:, :, 3:])
    shuffle = lambda g: lambda t: t.reshape(t.shape[0], g, -1, *t.shape[2:]).transpose(1, 2).reshape(t.shape)
    simple("2", "channel_shuffle", {"groups": 2}, (2, 8, 3, 4), shuffle(2))
    simple("3", "channel_shuffle", {"groups": 3}, (1, 12, 2, 2), shuffle(3))
    simple("1d", "channel_shuffle", {"groups": 2}, (2, 6, 5), shuffle(2))
    simple("inferred", "reshape", {"shape": [0, -1, 4]}, (2, 6, 2, 4), lambda t: t.reshape(2, -1, 4))
    simple("scalar_like", "reshape", {"shape": [2, 3, 4]}, (24,), lambda t: t.reshape(2, 3, 4))
    simple("nhwc", "transpose", {"perm": [0, 2, 3, 1]}, (2, 5, 3, 4), lambda t: t.permute(0, 2, 3, 1))
    simple("matrix", "transpose", {"perm": [1, 0]}, (3, 7), lambda t: t.t())
    simple("5d", "transpose", {"perm": [4, 1, 3, 0, 2]}, (2, 3, 2, 4, 3), lambda t: t.permute(4, 1, 3, 0, 2))
    simple("default", "flatten", {}, (2, 3, 4, 5), lambda t: t.flatten(1))
    simple("axis2", "flatten", {"axis": 2}, (2, 3, 4, 5), lambda t: t.reshape(6, 20))
    simple("axis0", "flatten", {"axis": 0}, (2, 3, 4), lambda t: t.reshape(1, 24))
    simple("axis4", "flatten", {"axis": 4}, (1, 3, 2, 2), lambda t: t.reshape(12, 1))
    simple("spatial", "squeeze", {"axes": [2, 3]}, (2, 5, 1, 1), lambda t: t.reshape(2, 5))
    simple("last", "squeeze", {"axes": [-1]}, (2, 1, 3, 1), lambda t: t.squeeze(-1))
    simple("spatial", "unsqueeze", {"axes": [2, 3]}, (2, 5), lambda t: t[:, :, None, None])
    simple("ends", "unsqueeze", {"axes": [0, -1]}, (3, 4), lambda t: t[None, :, :, None])
    simple("4d", "identity", {}, (2, 3, 4, 5), lambda t: t)
    simple("2d", "dropout", {}, (3, 8), lambda t: t)

    pads = [[1, 2], [0, 3]]
    simple("constant", "pad", {"padding": pads}, (1, 3, 4, 5), lambda t: F.pad(t, torch_pads(pads)))
    simple("constant_value", "pad", {"padding": pads, "value": -1.5}, (2, 3, 4, 5), lambda t: F.pad(t, torch_pads(pads), value=-1.5))
    simple("channels", "pad", {"padding": [[1, 3], [0, 0], [1, 0]]}, (1, 4, 3, 2), lambda t: F.pad(t, [1, 0, 0, 0, 1, 3]))
    simple("reflect", "pad", {"padding": [[3, 2], [1, 4]], "mode": "reflect"}, (1, 2, 4, 5), lambda t: F.pad(t, [1, 4, 3, 2], mode="reflect"))
    simple("edge", "pad", {"padding": [[3, 2], [0, 5]], "mode": "edge"}, (1, 2, 3, 4), lambda t: F.pad(t, [0, 5, 3, 2], mode="replicate"))
    simple("reflect_1d", "pad", {"padding": [[2, 3]], "mode": "reflect"}, (2, 3, 6), lambda t: F.pad(t, [2, 3], mode="reflect"))
    simple("3d", "pad", {"padding": [[1, 0], [0, 1], [2, 2]], "value": 4}, (1, 2, 2, 3, 2), lambda t: F.pad(t, [2, 2, 0, 1, 1, 0], value=4))
    values = normal(4, std=3)
    simple("pad_value", "pad", {"padding": [[1, 0], [2, 1]], "pad_value": True}, (2, 4, 3, 3),
           lambda t: pad_per_channel(t.double(), [[1, 0], [2, 1]], f64(values)), {"pad_value": values})

    value = normal(2, 3, 4)
    case("constant_3d", "constant", {"shape": [2, 3, 4]}, [], value.astype(np.float64), {"value": value})
    x = np.array([[-3.7, -0.5, 0.0, 0.5], [2.5, 7.99, 200.25, 31.0]], np.float32)
    case("cast_to_i64", "cast", {"to": "i64"}, [x], np.trunc(x).astype(np.int64))
    case("cast_to_i32", "cast", {"to": "i32"}, [x], np.trunc(x).astype(np.int32))
    case("cast_to_u8", "cast", {"to": "u8"}, [np.abs(x)], np.trunc(np.abs(x)).astype(np.uint8))
    case("cast_to_f32", "cast", {"to": "f32"}, [x], x.astype(np.float64))
    case("cast_i64_to_f32", "cast", {"to": "f32"}, [np.array([-5, 0, 123456], np.int64)], np.array([-5, 0, 123456.0]))
    case("cast_u8_to_f32", "cast", {"to": "f32"}, [np.array([[0, 128, 255]], np.uint8)], np.array([[0, 128, 255.0]]))
    whole = np.arange(24, dtype=np.int64).reshape(2, 3, 4)
    case("transpose_i64", "transpose", {"perm": [2, 0, 1]}, [whole], whole.transpose(2, 0, 1).copy())
    image = rng.integers(0, 256, (1, 3, 4, 5)).astype(np.uint8)
    case("slice_u8", "slice", {"axes": [1, 3], "begin": [1, 0], "end": [3, 4]}, [image], image[:, 1:3, :, :4].copy())
    case("concat_u8", "concat", {}, [image, image], np.concatenate([image, image], 1))
    case("pad_u8", "pad", {"padding": [[1, 1], [0, 2]], "value": 114}, [image],
         np.pad(image, [(0, 0), (0, 0), (1, 1), (0, 2)], constant_values=114))


@seeded
def nms():
    def one(name, count, classes, **a):
        corner = rng.uniform(0, 20, (count, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(2, 12, (count, 2))], 1).astype(np.float32)
        scores = rng.uniform(0, 1, (count, classes)).astype(np.float32)
        iou, least, most = a.get("iou", 0.5), a.get("score", 0.05), a.get("max", 100)
        kept = []
        for c in range(classes):
            index = np.nonzero(scores[:, c].astype(np.float64) > least)[0]
            best = torchvision.ops.nms(f64(boxes[index]), f64(scores[index, c]), iou).numpy()
            kept += [[*boxes[index[i]], scores[index[i], c], c] for i in best]
        kept = sorted(kept, key=lambda row: -row[4])[:most]
        case(f"nms_{name}", "nms", a, [boxes, scores], np.array(kept, np.float64).reshape(-1, 6))
    one("one_class", 30, 1)
    one("classes", 20, 4, iou=0.3, score=0.2)
    one("limited", 25, 3, max=7)
    one("nothing_left", 5, 2, score=0.9999)


@seeded
def adaptive_pooling():
    pools = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
    for name, shape, size in (("1", (2, 5, 7, 9), 1), ("2", (1, 8, 6, 10), 2), ("3", (1, 8, 7, 11), 3),
                              ("6_of_8x13", (1, 3, 8, 13), 6), ("5x2", (2, 16, 9, 7), [5, 2]),
                              ("larger", (1, 4, 3, 5), [7, 5]), ("1d", (1, 3, 11), 4), ("3d", (1, 2, 5, 4, 7), [2, 3, 4])):
        x = normal(*shape, mean=1)
        case(f"adaptive_avg_pool_{name}", "adaptive_avg_pool", {"size": size}, [x],
             pools[len(shape) - 2](f64(x), size).numpy(), None, np.abs(x).max())


def write(directory):
    directory = pathlib.Path(directory)
    header, body, offset = {}, [], 0
    for name, x in tensors.items():
        header[name] = {"dtype": DTYPES[x.dtype.name], "shape": list(x.shape), "data_offsets": [offset, offset + x.nbytes]}
        body.append(x.tobytes())
        offset += x.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (directory / "op_cases.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))
    lines = ",\n".join(json.dumps(c) for c in cases)
    (directory / "op_cases.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases, {offset} bytes of tensors")


write(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "tests" / "data")
