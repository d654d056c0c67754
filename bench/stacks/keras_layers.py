"""The layers that Keras has not: what folding leaves behind, a value for each channel."""
import numpy as np
import tensorflow as tf

from keras_api import keras


class ByChannel(keras.layers.Layer):
    """Holds arrays that broadcast against its input, as weights that are not trained."""

    def __init__(self, arrays, **options):
        super().__init__(**options)
        self.names = list(arrays)
        for name, array in arrays.items():
            value = None
            if array is not None:
                array = np.asarray(array, np.float32)
                value = self.add_weight(name=name, shape=array.shape, trainable=False, initializer="zeros")
                value.assign(array)
            setattr(self, name, value)

    def get_config(self):
        arrays = {name: getattr(self, name) for name in self.names}
        return {**super().get_config(),
                **{name: None if array is None else array.numpy().tolist() for name, array in arrays.items()}}

    def compute_output_shape(self, input_shape):
        return input_shape


class Affine(ByChannel):
    """scale * x + offset, either of which may be None."""

    def __init__(self, scale=None, offset=None, **options):
        super().__init__({"scale": scale, "offset": offset}, **options)

    def call(self, inputs):
        scaled = inputs if self.scale is None else inputs * self.scale
        return scaled if self.offset is None else scaled + self.offset


class Bounds(ByChannel):
    """min(max(x, lower), upper), either of which may be None."""

    def __init__(self, lower=None, upper=None, **options):
        super().__init__({"lower": lower, "upper": upper}, **options)

    def call(self, inputs):
        bounded = inputs if self.lower is None else tf.maximum(inputs, self.lower)
        return bounded if self.upper is None else tf.minimum(bounded, self.upper)


class ValuePadding2D(keras.layers.Layer):
    """A picture (N, H, W, C) with one value around it. `padding`: ((top, bottom), (left, right))."""

    def __init__(self, padding, value, **options):
        super().__init__(**options)
        self.padding, self.value = padding, value

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "value": self.value}

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height + sum(self.padding[0]), width + sum(self.padding[1]), channels

    def call(self, inputs):
        return tf.pad(inputs, ((0, 0), *self.padding, (0, 0)), constant_values=self.value)
