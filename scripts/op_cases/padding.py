"""Padding as a model file writes it, spelled out for PyTorch."""
from math import ceil

import torch
import torch.nn.functional as F


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
