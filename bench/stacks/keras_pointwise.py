"""Norms, activations and arithmetic as Keras layers."""
import numpy as np

from failed import Failed
from keras_api import LEGACY, keras
from keras_layers import Affine, Bounds
from keras_values import FLATTENED, PLAIN, alike, axis_of, broadcast, channels_last, plain
from keras_windows import applied
from windows import attributes

layers = keras.layers


def norm(builder, node):
    value = builder.value(node.input[0])
    if value.layout == FLATTENED or (value.layout == PLAIN and len(value.shape) == 4):
        value = plain(value) if value.layout == FLATTENED else channels_last(value)
    if value.layout == PLAIN and len(value.shape) != 2:
        raise Failed("a batch norm on neither pictures nor rows has no Keras layer here")
    layer = layers.BatchNormalization(epsilon=attributes(node).get("epsilon", 1e-5))
    return value.with_tensor(applied(layer, value.tensor, [builder.constant(node, place) for place in range(1, 5)]))


def each(make):
    """A layer for each value, in whatever layout; `make` gets the node's attributes."""
    def build(builder, node):
        value = builder.value(node.input[0])
        return value.with_tensor(make(attributes(node))(value.tensor))

    return build


def hard_sigmoid(given):
    slope, offset = given.get("alpha", 0.2), given.get("beta", 0.5)
    if not LEGACY and np.isclose(slope, 1 / 6) and offset == 0.5:
        return layers.Activation("hard_sigmoid")
    # Keras 2's is another function; this is how its own networks write it.
    return lambda x: layers.ReLU(1 / slope)(x + offset / slope) * slope


def hard_swish(given):
    if not LEGACY:
        return layers.Activation("hard_silu")
    return lambda x: layers.Multiply()([x, layers.ReLU(6.0)(x + 3.0) * (1 / 6)])


def leaky(given):
    return layers.LeakyReLU(given.get("alpha", 0.01))


def same(builder, node):
    return builder.value(node.input[0])


def clip(builder, node):
    bounds = [builder.constant(node, place) if len(node.input) > place and node.input[place] else None
              for place in (1, 2)]
    value = builder.value(node.input[0])
    lower, upper = (None if bound is None else float(bound.reshape(())) for bound in bounds)
    layer = layers.ReLU(max_value=upper) if lower == 0 else Bounds(lower, upper)
    return value.with_tensor(layer(value.tensor))


def prelu(builder, node):
    value = builder.value(node.input[0])
    slope = builder.constant(node, 1)
    if len(value.shape) != 4 or slope.size not in (1, value.shape[1]):
        raise Failed("a PReLU that is not one slope per channel of a picture has no Keras layer here")
    value = channels_last(value)
    weights = np.broadcast_to(slope.reshape(1, 1, -1), (1, 1, value.shape[1]))
    return value.with_tensor(applied(layers.PReLU(shared_axes=[1, 2]), value.tensor, [weights]))


def softmax(builder, node):
    value = builder.value(node.input[0])
    value = channels_last(value) if len(value.shape) == 4 else plain(value)
    return value.with_tensor(layers.Softmax(axis=axis_of(value, attributes(node).get("axis", -1)))(value.tensor))


def with_constant(kind, array, constant_first):
    """The layer that does `kind` with a value and an array."""
    if kind == "Add":
        return Affine(offset=array)
    if kind == "Sub":
        return Affine(np.float32(-1), array) if constant_first else Affine(offset=-array)
    if kind == "Mul":
        return Affine(scale=array)
    if kind == "Div" and not constant_first:
        return Affine(scale=1 / array)
    if kind in ("Max", "Min"):
        return Bounds(lower=array) if kind == "Max" else Bounds(upper=array)
    raise Failed(f"operator {kind} of a constant by a tensor has no Keras layer here")


BETWEEN = {"Add": layers.Add, "Sum": layers.Add, "Sub": layers.Subtract, "Mul": layers.Multiply,
           "Max": layers.Maximum, "Min": layers.Minimum}


def arithmetic(builder, node):
    if node.output[0] in builder.swishes:
        value = builder.value(builder.swishes[node.output[0]])
        return value.with_tensor(layers.Activation("swish" if LEGACY else "silu")(value.tensor))
    constants = [name in builder.network.constants for name in node.input]
    if len(node.input) == 2 and any(constants):
        value = builder.value(node.input[constants.index(False)])
        array = builder.constant(node, constants.index(True))
        held = broadcast(array, value)
        if held is None:
            value = plain(value)
            held = broadcast(array, value)
        if held is None or builder.shape(node) != value.shape:
            raise Failed(f"operator {node.op_type} that makes its tensor larger has no Keras layer here")
        return value.with_tensor(with_constant(node.op_type, held, constants[0])(value.tensor))
    if any(constants) or node.op_type not in BETWEEN:
        raise Failed(f"operator {node.op_type} of {len(node.input)} operands has no Keras layer here")
    values = alike([builder.value(name) for name in node.input])
    largest = next((value for value in values if value.shape == builder.shape(node)), None)
    if largest is None:
        raise Failed(f"operator {node.op_type} that makes both its tensors larger has no Keras layer here")
    return largest.with_tensor(BETWEEN[node.op_type]()([value.tensor for value in values]))


OPERATORS = {"BatchNormalization": norm, "Relu": each(lambda _: layers.ReLU()), "LeakyRelu": each(leaky),
             "Sigmoid": each(lambda _: layers.Activation("sigmoid")), "Tanh": each(lambda _: layers.Activation("tanh")),
             "HardSigmoid": each(hard_sigmoid), "HardSwish": each(hard_swish), "Clip": clip, "PRelu": prelu,
             "Softmax": softmax, "Identity": same, "Dropout": same,
             **{kind: arithmetic for kind in (*BETWEEN, "Div")}}
