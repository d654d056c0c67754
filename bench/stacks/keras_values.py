"""How a tensor of the file is laid out in the Keras network, and how it gets from one layout into another."""
import dataclasses
from typing import Any

import numpy as np

from failed import Failed
from keras_api import keras

CHANNELS_LAST = "channels last"  # (N, C, H, W) is held as (N, H, W, C)
POOLED = "pooled"  # (N, C, 1, 1) is held as (N, C), as global pooling leaves it
FLATTENED = "flattened"  # (N, C*H*W) is held in the order of (H, W, C)
PLAIN = "plain"  # as the file has it


@dataclasses.dataclass
class Value:
    """`shape` is the file's. `picture` is (C, H, W) of what was flattened."""
    tensor: Any
    shape: list
    layout: str
    picture: tuple = ()

    def with_tensor(self, tensor):
        return dataclasses.replace(self, tensor=tensor)


def channels_last(value):
    """Of a tensor of four dimensions."""
    if len(value.shape) != 4:
        raise Failed(f"a tensor of {len(value.shape)} dimensions is no picture: it has no Keras layer here")
    if value.layout == POOLED:
        tensor = keras.layers.Reshape((1, 1, value.shape[1]))(value.tensor)
    elif value.layout == PLAIN:
        tensor = keras.layers.Permute((2, 3, 1))(value.tensor)
    else:
        return value
    return Value(tensor, value.shape, CHANNELS_LAST)


def plain(value):
    tensor = value.tensor
    if value.layout == CHANNELS_LAST:
        tensor = keras.layers.Permute((3, 1, 2))(tensor)
    elif value.layout == POOLED:
        tensor = keras.layers.Reshape((value.shape[1], 1, 1))(tensor)
    elif value.layout == FLATTENED:
        channels, height, width = value.picture
        tensor = keras.layers.Reshape((height, width, channels))(tensor)
        tensor = keras.layers.Reshape((value.shape[1],))(keras.layers.Permute((3, 1, 2))(tensor))
    return Value(tensor, value.shape, PLAIN)


def alike(values):
    """The values in one layout that holds them all."""
    if len({(value.layout, value.picture) for value in values}) == 1:
        return values
    if all(len(value.shape) == 4 for value in values):
        return [channels_last(value) for value in values]
    return [plain(value) for value in values]


def axis_of(value, axis):
    """Where a dimension of the file's tensor is in the one that is held."""
    axis %= len(value.shape)
    if value.layout == CHANNELS_LAST:
        return (0, 3, 1, 2)[axis]
    return axis


def broadcast(array, value):
    """A constant as it broadcasts against the value as held; None where it does not in this layout."""
    if array.size == 1:
        return np.float32(array.reshape(()))
    if array.ndim > len(value.shape):
        return None
    full = array.reshape((1,) * (len(value.shape) - array.ndim) + array.shape)
    if value.layout == CHANNELS_LAST:
        return full.transpose(0, 2, 3, 1)
    if value.layout == POOLED:
        return full.reshape(full.shape[:2])
    return full if value.layout == PLAIN else None
