"""Convolutions, dense layers and matrix products."""
import torch
import torch.nn.functional as F

from op_cases.padding import each, explicit, pad_per_channel, torch_pads
from op_cases.table import case, f64, normal, seeded


CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_T = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


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
