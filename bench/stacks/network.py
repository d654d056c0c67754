"""An ONNX file whose open sizes are fixed, with the size of every tensor, as all stacks load it."""
import dataclasses

import numpy as np
import onnx

import fixed
from failed import Failed


@dataclasses.dataclass
class Network:
    """`inputs` and `shapes` give sizes as lists, NCHW; `constants` the arrays by name, those of Constant nodes too."""
    model: onnx.ModelProto
    inputs: dict
    outputs: list
    shapes: dict
    constants: dict

    def serialized(self):
        return self.model.SerializeToString()

    def shape(self, name):
        if name in self.constants:
            return list(self.constants[name].shape)
        if self.shapes.get(name) is None:
            raise Failed(f"the size of {name} depends on values: no layer is made of it here")
        return self.shapes[name]


def size_of(dimension, place, name, batch, sizes):
    """The number a dimension of an input gets."""
    if dimension.HasField("dim_value"):
        if place == 0 and dimension.dim_value != batch:
            raise Failed(f"input {name} is for batch {dimension.dim_value}, not {batch}: "
                         "export it with an open first size")
        return dimension.dim_value
    if place == 0:
        return batch
    if dimension.dim_param in sizes:
        return sizes[dimension.dim_param]
    raise Failed(f"size {dimension.dim_param or place} of input {name} is open: give it, "
                 f"--size {dimension.dim_param or 'NAME'}=224")


def fix_sizes(model, batch, sizes):
    """Gives every open size of the inputs a number, and the same number wherever the size's name stands."""
    graph = model.graph
    constants = {constant.name for constant in graph.initializer}
    named, inputs = dict(sizes), {}
    for value in graph.input:
        if value.name in constants:
            continue
        tensor = value.type.tensor_type
        if tensor.elem_type != onnx.TensorProto.FLOAT:
            raise Failed(f"input {value.name} is no float32 tensor: only networks on pictures are timed")
        inputs[value.name] = []
        for place, dimension in enumerate(tensor.shape.dim):
            size = size_of(dimension, place, value.name, batch, sizes)
            if dimension.dim_param:
                named[dimension.dim_param] = size
            dimension.dim_value = size
            inputs[value.name].append(size)
    for value in [*graph.output, *graph.value_info]:
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param in named:
                dimension.dim_value = named[dimension.dim_param]
            elif dimension.dim_param:
                dimension.ClearField("dim_param")
    return inputs


def load(path, batch, sizes):
    """Reads a file; `sizes` gives open sizes other than the first by their name. Raises Failed."""
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's and the system's, which have no common class
        raise Failed(f"{path} cannot be read: {error}") from None
    inputs = fix_sizes(model, batch, sizes)
    model = fixed.fix(model)
    outputs = [value.name for value in model.graph.output]
    return Network(model, inputs, outputs, fixed.known_shapes(model.graph), fixed.stored(model.graph))


def seeded_inputs(network, seed=0):
    """Standard-normal arrays, NCHW float32, in the order of the network's inputs."""
    source = np.random.default_rng(seed)
    return [source.standard_normal(shape, dtype=np.float32) for shape in network.inputs.values()]
