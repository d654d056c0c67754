"""Ops that only move elements, constants and casts."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases import table
from op_cases.padding import pad_per_channel, torch_pads
from op_cases.table import case, f64, normal, seeded


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
    image = table.rng.integers(0, 256, (1, 3, 4, 5)).astype(np.uint8)
    case("slice_u8", "slice", {"axes": [1, 3], "begin": [1, 0], "end": [3, 4]}, [image], image[:, 1:3, :, :4].copy())
    case("concat_u8", "concat", {}, [image, image], np.concatenate([image, image], 1))
    case("pad_u8", "pad", {"padding": [[1, 1], [0, 2]], "value": 114}, [image],
         np.pad(image, [(0, 0), (0, 0), (1, 1), (0, 2)], constant_values=114))
