"""Small networks for the tests: nodes after each other, with weights drawn far from the identity."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Chain:
    """Adds nodes to a network on a picture of `shape` (NCHW, the first size open as N), each behind the last one."""

    def __init__(self, shape, seed=0):
        self.source = np.random.default_rng(seed)
        self.shape = shape
        self.nodes, self.constants = [], []
        self.last, self.channels = "image", shape[1]

    def constant(self, array, dtype=np.float32):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def drawn(self, *shape):
        return self.source.standard_normal(shape)

    def add(self, kind, *others, of=None, **attributes):
        """A node of the last tensor (or of `of`) and others; returns the name of what it makes."""
        made = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.last if of is None else of, *others], [made], **attributes))
        self.last = made
        return made

    def conv(self, out, kernel, bias=True, of=None, **attributes):
        weights = self.drawn(out, self.channels // attributes.get("group", 1), *kernel) / np.prod(kernel) ** 0.5
        self.channels = out
        others = [self.constant(weights)] + ([self.constant(self.drawn(out))] if bias else [])
        return self.add("Conv", *others, of=of, kernel_shape=kernel, **attributes)

    def norm(self):
        """A batch norm with gammas of both signs and variances over two decades."""
        count = self.channels
        variance = 10.0 ** self.source.uniform(-1, 1, count)
        arrays = self.drawn(count) * 2, self.drawn(count), self.drawn(count), variance
        return self.add("BatchNormalization", *map(self.constant, arrays), epsilon=1e-3)

    def by_channel(self):
        return self.constant(self.drawn(self.channels, 1, 1))

    def dense(self, rows, columns):
        matrix = self.drawn(columns, rows) / rows**0.5
        return self.add("Gemm", self.constant(matrix), self.constant(self.drawn(columns)), transB=1)

    def model(self):
        value = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *self.shape[1:]])
        made = helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "net", [value], [made], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model)  # the output's size, which the checker wants
        onnx.checker.check_model(model)
        return model

    def save(self, path):
        onnx.save(self.model(), path)
        return path
