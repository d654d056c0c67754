"""What only moves values, and dense layers, as Keras layers."""
import numpy as np

from failed import Failed
from keras_api import keras
from keras_layers import ValuePadding2D
from keras_values import CHANNELS_LAST, FLATTENED, PLAIN, POOLED, Value, alike, axis_of, channels_last, plain
from keras_windows import applied
from windows import attributes

layers = keras.layers


def flatten(builder, node):
    value = builder.value(node.input[0])
    if attributes(node).get("axis", 1) != 1:
        raise Failed("operator Flatten into other than rows has no Keras layer here")
    if value.layout == POOLED:
        return Value(value.tensor, builder.shape(node), PLAIN)
    order = FLATTENED if value.layout == CHANNELS_LAST and value.shape[2:] != [1, 1] else PLAIN
    picture = tuple(value.shape[1:]) if order == FLATTENED else ()
    return Value(layers.Flatten()(value.tensor), builder.shape(node), order, picture)


def dense(builder, node):
    """Gemm and MatMul by a constant matrix. Behind Flatten the matrix takes its rows in the order they come."""
    given = attributes(node)
    value = builder.value(node.input[0])
    matrix = builder.constant(node, 1)
    if given.get("transA", 0) or matrix.ndim != 2:
        raise Failed(f"operator {node.op_type} that is no dense layer has no Keras layer here")
    matrix = (matrix.T if given.get("transB", 0) else matrix) * np.float32(given.get("alpha", 1.0))
    if value.layout == FLATTENED:
        matrix = matrix.reshape(*value.picture, -1).transpose(1, 2, 0, 3).reshape(matrix.shape)
    else:
        value = plain(value)
    bias = builder.constant(node, 2) * np.float32(given.get("beta", 1.0)) if len(node.input) > 2 else None
    if bias is not None:
        bias = np.broadcast_to(bias.reshape(-1), matrix.shape[1:])
    layer = layers.Dense(matrix.shape[1], use_bias=bias is not None)
    return Value(applied(layer, value.tensor, [matrix, bias]), builder.shape(node), PLAIN)


def concatenate(builder, node):
    values = alike([builder.value(name) for name in node.input])
    if values[0].layout == FLATTENED:
        values = [plain(value) for value in values]
    axis = axis_of(values[0], attributes(node)["axis"])
    last = len(values[0].tensor.shape) - 1
    joined = layers.Concatenate(axis=-1 if axis == last else axis)([value.tensor for value in values])
    return Value(joined, builder.shape(node), values[0].layout)


def reshape(builder, node):
    value = plain(builder.value(node.input[0]))
    return Value(layers.Reshape(tuple(builder.kept_batch(node)[1:]))(value.tensor), builder.shape(node), PLAIN)


def transpose(builder, node):
    value = plain(builder.value(node.input[0]))
    order = attributes(node).get("perm", list(range(len(value.shape)))[::-1])
    if order[0] != 0:
        raise Failed("operator Transpose that moves the batch has no Keras layer here")
    return Value(layers.Permute(tuple(order[1:]))(value.tensor), builder.shape(node), PLAIN)


def pad(builder, node):
    value = channels_last(builder.value(node.input[0]))
    widths = [int(width) for width in builder.constant(node, 1)]
    constant = attributes(node).get("mode", b"constant") == b"constant"
    if not constant or len(widths) != 8 or any(widths[:2] + widths[4:6]):
        raise Failed("operator Pad of other than a constant around a picture has no Keras layer here")
    around = ((widths[2], widths[6]), (widths[3], widths[7]))
    filling = float(builder.constant(node, 2).reshape(())) if len(node.input) > 2 and node.input[2] else 0.0
    layer = ValuePadding2D(around, filling) if filling else layers.ZeroPadding2D(around)
    return builder.picture(layer(value.tensor))


def cut(value, axis, start, end, step=1):
    """x[start:end:step] in a dimension of the file's."""
    size = value.shape[axis % len(value.shape)]
    start, end, step = slice(start, end, step).indices(size)
    held = axis_of(value, axis)
    if value.layout == CHANNELS_LAST and held in (1, 2) and step == 1:
        edges = [(0, 0), (0, 0)]
        edges[held - 1] = (start, size - end)
        tensor = layers.Cropping2D(tuple(edges))(value.tensor)
    else:
        tensor = value.tensor[(slice(None),) * held + (slice(start, end, step),)]
    shape = list(value.shape)
    shape[axis % len(shape)] = len(range(start, end, step))
    return Value(tensor, shape, value.layout)


def picture_or_plain(value):
    return channels_last(value) if len(value.shape) == 4 else plain(value)


def slices(builder, node):
    value = picture_or_plain(builder.value(node.input[0]))
    starts, ends = (builder.constant(node, place).tolist() for place in (1, 2))
    axes, steps = (builder.constant(node, place).tolist() if len(node.input) > place else default
                   for place, default in ((3, list(range(len(starts)))), (4, [1] * len(starts))))
    if min(steps) < 1:
        raise Failed("operator Slice backwards has no Keras layer here")
    for axis, start, end, step in zip(axes, starts, ends, steps):
        value = cut(value, axis, start, end, step)
    return value


def split(builder, node):
    value = picture_or_plain(builder.value(node.input[0]))
    axis = attributes(node).get("axis", 0)
    parts, start = [], 0
    for name in node.output:
        size = builder.network.shape(name)[axis]
        parts.append(cut(value, axis, start, start + size))
        start += size
    return parts


def mean(builder, node):
    given = attributes(node)
    axes = given.get("axes") or builder.constant(node, 1).tolist()
    value = channels_last(builder.value(node.input[0]))
    if sorted(axis % 4 for axis in axes) != [2, 3]:
        raise Failed("operator ReduceMean of other than whole pictures has no Keras layer here")
    pooled = layers.GlobalAveragePooling2D()(value.tensor)
    return Value(pooled, builder.shape(node), POOLED if given.get("keepdims", 1) else PLAIN)


OPERATORS = {"Flatten": flatten, "Gemm": dense, "MatMul": dense, "Concat": concatenate, "Reshape": reshape,
             "Squeeze": reshape, "Unsqueeze": reshape, "Transpose": transpose, "Pad": pad, "Slice": slices,
             "Split": split, "ReduceMean": mean}
