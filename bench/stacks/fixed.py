"""Sizes that a file computes as it runs become constants, once the sizes of its inputs are numbers."""
import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

KEPT = ("Constant", "QuantizeLinear", "DequantizeLinear")  # the latter two would make the weights larger


def known_shapes(graph):
    """The sizes of every tensor by name, None where they are not numbers."""
    shapes = {}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        dimensions = tensor.shape.dim
        known = tensor.HasField("shape") and all(dimension.HasField("dim_value") for dimension in dimensions)
        shapes[value.name] = [dimension.dim_value for dimension in dimensions] if known else None
    return shapes


def stored(graph):
    """The arrays of initializers and Constant nodes by name."""
    constants = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                value = onnx.helper.get_attribute_value(attribute)
                is_tensor = isinstance(value, onnx.TensorProto)
                constants[node.output[0]] = numpy_helper.to_array(value) if is_tensor else np.asarray(value)
    return constants


def computed(node, constants, shapes, model):
    """What a node makes whatever the picture: a list of arrays, or None."""
    if node.op_type == "Shape" and shapes.get(node.input[0]) is not None:
        given = {attribute.name: attribute.i for attribute in node.attribute}
        return [np.asarray(shapes[node.input[0]][given.get("start", 0):given.get("end", None)], np.int64)]
    if node.op_type in KEPT or not node.input or not all(name in constants for name in node.input if name):
        return None
    values = [onnx.ValueInfoProto(name=name) for name in dict.fromkeys(node.input) if name]
    made = [onnx.ValueInfoProto(name=name) for name in node.output]
    alone = onnx.helper.make_model(onnx.helper.make_graph([node], "alone", values, made),
                                   opset_imports=model.opset_import, ir_version=model.ir_version)
    return ReferenceEvaluator(alone).run(None, {value.name: constants[value.name] for value in values})


def fix(model):
    """The model with such nodes replaced by what they make, and with every size that can be inferred."""
    while True:
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        constants, shapes = stored(model.graph), known_shapes(model.graph)
        outputs = {value.name for value in model.graph.output}
        left, changed = [], False
        for node in model.graph.node:
            arrays = None if outputs.intersection(node.output) else computed(node, constants, shapes, model)
            if arrays is None:
                left.append(node)
                continue
            changed = True
            for name, array in zip(node.output, arrays):
                constants[name] = np.asarray(array)
                model.graph.initializer.append(numpy_helper.from_array(constants[name], name))
        if not changed:
            return model
        del model.graph.node[:]
        model.graph.node.extend(left)
