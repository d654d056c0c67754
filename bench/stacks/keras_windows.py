"""Convolutions and pooling as Keras layers."""
import numpy as np

from failed import Failed
from keras_api import keras
from keras_layers import Affine, ValuePadding2D
from keras_values import POOLED, Value, channels_last
from windows import attributes, windows

layers = keras.layers


def padded(tensor, found, value=0.0):
    """The tensor and the word for the padding that is left to do."""
    if found.padding:
        return tensor, found.padding
    if value == 0.0:
        return layers.ZeroPadding2D(found.pads)(tensor), "valid"
    return ValuePadding2D(found.pads, value)(tensor), "valid"


def applied(layer, tensor, weights):
    result = layer(tensor)
    layer.set_weights([weight for weight in weights if weight is not None])
    return result


def convolution(builder, node):
    picture = channels_last(builder.value(node.input[0]))
    kernel = builder.constant(node, 1)
    if kernel.ndim != 4:
        raise Failed("a convolution that is not of two dimensions has no Keras layer here")
    bias = builder.constant(node, 2) if len(node.input) > 2 and node.input[2] else None
    out, by_group, *size = kernel.shape
    groups = attributes(node).get("group", 1)
    found = windows(node, picture.shape[2:], size)
    tensor, padding = padded(picture.tensor, found)
    options = {"strides": found.strides, "dilation_rate": found.dilations, "padding": padding,
               "use_bias": bias is not None}
    if groups == picture.shape[1] and groups > 1:
        layer = layers.DepthwiseConv2D(tuple(size), depth_multiplier=out // groups, **options)
        kernel = kernel.reshape(groups, out // groups, *size).transpose(2, 3, 0, 1)
    else:
        layer = layers.Conv2D(out, tuple(size), groups=groups, **options)
        kernel = kernel.transpose(2, 3, 1, 0)
    return builder.picture(applied(layer, tensor, [kernel, bias]))


def max_pooling(builder, node):
    picture = channels_last(builder.value(node.input[0]))
    found = windows(node, picture.shape[2:])
    if found.dilations != (1, 1) or len(node.output) > 1:
        raise Failed("max-pooling with dilation or indices has no Keras layer here")
    # Zeros are as good as the least number behind a ReLU, which is how Keras's own networks pad.
    tensor, padding = padded(picture.tensor, found, 0.0 if builder.never_negative(node.input[0]) else -np.inf)
    return builder.picture(layers.MaxPooling2D(found.kernel, found.strides, padding)(tensor))


def counted(found, everything):
    """How many of a window's positions average pooling divides by, (H, W)."""
    by_axis = []
    for size, kernel, stride, (before, after) in zip(found.sizes, found.kernel, found.strides, found.pads):
        marks = np.pad(np.ones(size), (before, after), constant_values=float(everything))
        starts = range(0, marks.size - kernel + 1, stride)
        by_axis.append([marks[start:start + kernel].sum() for start in starts])
    return np.outer(*by_axis)


def average_pooling(builder, node):
    picture = channels_last(builder.value(node.input[0]))
    found = windows(node, picture.shape[2:])
    given = attributes(node)
    everything = bool(given.get("count_include_pad", 0)) and not given.get("ceil_mode", 0)
    if found.dilations != (1, 1) or (given.get("ceil_mode", 0) and given.get("count_include_pad", 0)):
        raise Failed("average pooling with dilation, or with ceil_mode and counted padding, has no Keras layer here")
    pool = layers.AveragePooling2D
    if found.padding and not (everything and found.padding == "same"):
        return builder.picture(pool(found.kernel, found.strides, found.padding)(picture.tensor))
    # What Keras pads by itself it never counts, and what a layer before it pads it always counts.
    tensor = pool(found.kernel, found.strides, "valid")(layers.ZeroPadding2D(found.pads)(picture.tensor))
    if not everything:
        tensor = Affine(scale=(np.prod(found.kernel) / counted(found, False))[None, :, :, None])(tensor)
    return builder.picture(tensor)


def global_pooling(layer):
    def build(builder, node):
        picture = channels_last(builder.value(node.input[0]))
        return Value(layer()(picture.tensor), builder.shape(node), POOLED)

    return build


def resizing(builder, node):
    picture = channels_last(builder.value(node.input[0]))
    given = attributes(node)
    mode = given.get("mode", b"nearest").decode()
    corners = given.get("coordinate_transformation_mode", b"half_pixel").decode()
    rounding = given.get("nearest_mode", b"round_prefer_floor").decode()
    repeats = picture.shape[2:] == [1, 1] or (corners, rounding) in (("asymmetric", "floor"),
                                                                     ("half_pixel", "round_prefer_floor"))
    nearest = mode == "nearest" and repeats
    linear = mode == "linear" and corners in ("half_pixel", "pytorch_half_pixel")
    sizes = builder.shape(node)[2:]
    ratios = [after / before for before, after in zip(picture.shape[2:], sizes)]
    whole = all(ratio.is_integer() for ratio in ratios)
    if linear and not whole:
        return builder.picture(layers.Resizing(*sizes, interpolation="bilinear")(picture.tensor))
    if not whole or not (nearest or linear):
        raise Failed(f"operator Resize by {mode}, {corners} to {sizes} has no Keras layer here: "
                     "detection and segmentation go through PyTorch and ONNX Runtime")
    times = tuple(int(ratio) for ratio in ratios)
    layer = layers.UpSampling2D(times, interpolation="nearest" if nearest else "bilinear")
    return builder.picture(layer(picture.tensor))


OPERATORS = {"Conv": convolution, "MaxPool": max_pooling, "AveragePool": average_pooling, "Resize": resizing,
             "GlobalAveragePool": global_pooling(layers.GlobalAveragePooling2D),
             "GlobalMaxPool": global_pooling(layers.GlobalMaxPooling2D)}
