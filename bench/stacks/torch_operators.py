"""Operators that onnx2torch has not, or does with more work than the layer a user of PyTorch would write.

They are moved to an operator domain of this folder, for which converters are registered here: the swish is one
layer, bounds per channel are one pass (onnx2torch stacks and reduces), and what depends on constants alone
(paddings, sizes) is no longer read from tensors in every run, where it would also split a compiled graph.
"""
import onnx
import torch
from onnx import numpy_helper
from onnx2torch.node_converters.registry import add_converter
from onnx2torch.utils.common import OnnxMapping, OperationConverterResult
from torch import nn
from torch.nn import functional

from failed import Failed
from patterns import swishes
from windows import attributes, windows

DOMAIN = "stacks"
OWN = ("Max", "Min", "Pad", "Reshape", "Resize", "Slice", "Split", "ReduceMean")


def simplified(network):
    """A copy of the model for onnx2torch, with this folder's operators."""
    model = onnx.ModelProto()
    model.CopyFrom(network.model)
    gone, products = swishes(model.graph)
    nodes = []
    for node in model.graph.node:
        output = node.output[0]
        if node.op_type == "Constant":
            model.graph.initializer.append(numpy_helper.from_array(network.constants[output], output))
        elif output in products:
            nodes.append(onnx.helper.make_node("Swish", [products[output]], [output], domain=DOMAIN))
        elif output not in gone:
            if node.op_type == "Conv":
                explicit_pads(node, network)
            if node.op_type in OWN and (node.op_type not in ("Max", "Min") or len(node.input) == 2):
                node.domain = DOMAIN
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.opset_import.append(onnx.helper.make_opsetid(DOMAIN, 1))
    return model


def explicit_pads(node, network):
    """Gives a convolution the numbers that auto_pad stands for at this size."""
    if attributes(node).get("auto_pad", b"NOTSET") == b"NOTSET":
        return
    found = windows(node, network.shape(node.input[0])[2:], network.shape(node.input[1])[2:])
    kept = [attribute for attribute in node.attribute if attribute.name not in ("auto_pad", "pads")]
    del node.attribute[:]
    node.attribute.extend(kept)
    node.attribute.append(onnx.helper.make_attribute("pads", [width for side in zip(*found.pads) for width in side]))


class Applied(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *tensors):
        return self.function(*tensors)


def result(node, module, inputs):
    return OperationConverterResult(module, OnnxMapping(inputs=tuple(inputs), outputs=node.output_values))


def constant(node, graph, place, default=None):
    """The list of numbers at a place of the inputs."""
    names = node.input_values
    if len(names) <= place or not names[place]:
        return default
    if names[place] not in graph.initializers:
        raise Failed(f"{node.operation_type} with a computed input {place} is not converted to PyTorch")
    return graph.initializers[names[place]].to_torch().tolist()


@add_converter("Swish", 1, DOMAIN)
def _(node, graph):
    return result(node, nn.SiLU(), node.input_values)


@add_converter("Max", 1, DOMAIN)
def _(node, graph):
    return result(node, Applied(torch.maximum), node.input_values)


@add_converter("Min", 1, DOMAIN)
def _(node, graph):
    return result(node, Applied(torch.minimum), node.input_values)


@add_converter("Pad", 1, DOMAIN)
def _(node, graph):
    pads = constant(node, graph, 1)
    axes = constant(node, graph, 3)
    rank = max(axes) + 1 if axes else len(pads) // 2
    around = [[0, 0] for _ in range(rank)]
    for place, axis in enumerate(axes or range(rank)):
        around[axis] = [pads[place], pads[place + len(pads) // 2]]
    while len(around) > 1 and not any(around[0]):
        around = around[1:]
    widths = [width for pair in reversed(around) for width in pair]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[node.attributes.get("mode", "constant")]
    value = constant(node, graph, 2, 0.0)
    options = {"value": value if isinstance(value, float) else value[0]} if mode == "constant" else {}
    return result(node, Applied(lambda x: functional.pad(x, widths, mode=mode, **options)), node.input_values[:1])


@add_converter("Reshape", 1, DOMAIN)
def _(node, graph):
    wanted = constant(node, graph, 1)
    return result(node, Applied(lambda x: x.reshape([size or x.shape[axis] for axis, size in enumerate(wanted)])),
                  node.input_values[:1])


def whole_picture(node, values):
    """Scales or sizes of a Resize for all four dimensions; those of batch and channels are not looked at."""
    axes = node.attributes.get("axes")
    if not values or not axes:
        return values
    if sorted(axes) != [2, 3]:
        raise Failed("Resize of other than height and width is not converted to PyTorch")
    return [1, 1, *(values[axes.index(axis)] for axis in (2, 3))]


@add_converter("Resize", 1, DOMAIN)
def _(node, graph):
    scales, sizes = (whole_picture(node, constant(node, graph, place)) for place in (2, 3))
    mode = node.attributes.get("mode", "nearest")
    corners = node.attributes.get("coordinate_transformation_mode", "half_pixel")
    linear = mode == "linear" and corners in ("half_pixel", "pytorch_half_pixel", "align_corners")
    before = [size.dim_value for size in graph.value_info[node.input_values[0]].type.tensor_type.shape.dim]
    ratios = [after / size for after, size in zip(sizes[2:], before[2:])] if sizes else scales[2:]
    whole = all(float(ratio).is_integer() for ratio in ratios)
    if not linear and not (mode == "nearest" and (whole or corners == "asymmetric")):
        raise Failed(f"Resize by {mode}, {corners} is not converted to PyTorch")
    given = {"size": sizes[2:]} if sizes else {"scale_factor": scales[2:]}
    if linear:
        given.update(mode="bilinear", align_corners=corners == "align_corners")
    return result(node, Applied(lambda x: functional.interpolate(x, **given)), node.input_values[:1])


@add_converter("Slice", 1, DOMAIN)
def _(node, graph):
    starts, ends = constant(node, graph, 1), constant(node, graph, 2)
    axes = constant(node, graph, 3, list(range(len(starts))))
    steps = constant(node, graph, 4, [1] * len(starts))
    if min(steps) < 1 or min(axes) < 0:
        raise Failed("Slice backwards, or of axes counted from the end, is not converted to PyTorch")
    cuts = [slice(None)] * (max(axes) + 1)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        cuts[axis] = slice(start, end, step)
    return result(node, Applied(lambda x, cuts=tuple(cuts): x[cuts]), node.input_values[:1])


@add_converter("Split", 1, DOMAIN)
def _(node, graph):
    sizes = constant(node, graph, 1)
    axis, parts = node.attributes.get("axis", 0), len(node.output_values)
    if sizes is None:
        return result(node, Applied(lambda x: torch.tensor_split(x, parts, axis)), node.input_values[:1])
    return result(node, Applied(lambda x: torch.split(x, sizes, axis)), node.input_values[:1])


@add_converter("ReduceMean", 1, DOMAIN)
def _(node, graph):
    axes = node.attributes.get("axes") or constant(node, graph, 1)
    kept = bool(node.attributes.get("keepdims", 1))
    return result(node, Applied(lambda x: x.mean(dim=axes, keepdim=kept)), node.input_values[:1])
