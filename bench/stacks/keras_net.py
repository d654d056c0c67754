"""A network file as a Keras functional model: one layer per node, pictures in NHWC, as one would write it in Keras."""
import keras_pointwise
import keras_shapes
import keras_windows
from failed import Failed
from keras_api import LEGACY, keras
from keras_values import CHANNELS_LAST, PLAIN, Value, channels_last, plain
from patterns import swishes

OPERATORS = {**keras_windows.OPERATORS, **keras_pointwise.OPERATORS, **keras_shapes.OPERATORS}


class Builder:
    """Makes the layers in the order of the nodes, which ONNX says is one in which they can be computed."""

    def __init__(self, network):
        self.network = network
        self.gone, self.swishes = swishes(network.model.graph)
        self.makers = {name: node for node in network.model.graph.node for name in node.output}
        self.batch = next(iter(network.inputs.values()))[0]
        self.values = {}

    def value(self, name):
        if name not in self.values:
            raise Failed(f"{name} is a constant where a layer's input should be: it has no Keras layer here")
        return self.values[name]

    def constant(self, node, place):
        name = node.input[place]
        if name not in self.network.constants:
            raise Failed(f"operator {node.op_type} with a computed input {place} has no Keras layer here")
        return self.network.constants[name]

    def shape(self, node):
        return self.network.shape(node.output[0])

    def kept_batch(self, node):
        """The size of what a node makes, whose first dimension its input has too."""
        after = self.shape(node)
        if after[:1] != self.network.shape(node.input[0])[:1]:
            raise Failed(f"operator {node.op_type} that changes the batch has no Keras layer here")
        return after

    def picture(self, tensor):
        """A value of NHWC; its size is Keras's, since ONNX's shape inference is a window off in some ceil_mode."""
        _, height, width, channels = tensor.shape
        return Value(tensor, [self.batch, channels, height, width], CHANNELS_LAST)

    def never_negative(self, name):
        node = self.makers.get(name)
        if node is None:
            return False
        if node.op_type == "Clip" and len(node.input) > 1 and node.input[1] in self.network.constants:
            return bool(self.constant(node, 1).min() >= 0)
        return node.op_type == "Relu"

    def add(self, node):
        if node.op_type == "Constant" or node.output[0] in self.gone:
            return
        if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS:
            raise Failed(f"operator {node.op_type} has no Keras layer here: detection and segmentation go through "
                         "PyTorch and ONNX Runtime")
        made = OPERATORS[node.op_type](self, node)
        for name, value in zip(node.output, made if isinstance(made, list) else [made]):
            self.values[name] = value


def build(network):
    """The model, and for each output whether it is a picture in NHWC. Raises Failed."""
    builder = Builder(network)
    inputs = []
    for name, shape in network.inputs.items():
        picture = len(shape) == 4
        held = [shape[0], *shape[2:], shape[1]] if picture else shape
        # Keras's own networks leave the batch open, and the paper's package expects that.
        inputs.append(keras.Input(held[1:], batch_size=None if LEGACY else held[0]))
        builder.values[name] = Value(inputs[-1], shape, CHANNELS_LAST if picture else PLAIN)
    for node in network.model.graph.node:
        builder.add(node)
    ends = [channels_last(value) if len(value.shape) == 4 else plain(value)
            for value in map(builder.value, network.outputs)]
    model = keras.Model(one_or_all(inputs), one_or_all([end.tensor for end in ends]))
    return model, [end.layout == CHANNELS_LAST for end in ends]


def one_or_all(tensors):
    return tensors[0] if len(tensors) == 1 else tensors
