"""Made-up networks around what banoff only carries: other domains, subgraphs, functions, values that are no tensors.

Each has batch norms that fold, with statistics far from the identity. What ONNX Runtime cannot run either (a domain of
nobody's) is compared by onnx.checker alone.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
node = helper.make_node


class Net:
    """A network as it is written down: layers with seeded weights by name."""

    def __init__(self, opset, seed):
        self.opset, self.random = opset, np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.outputs, self.functions = [], [], [], [], []
        self.domains, self.told = {}, []

    def tell(self, name, shape):
        """What an exporter that knew would write of a value that shape inference says nothing of."""
        self.told.append(helper.make_tensor_value_info(name, F, shape))

    def weight(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, op, inputs, outputs, **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(node(op, inputs, outputs, **attributes))
        return outputs[0]

    def normed(self, x, name, channels, out):
        """A convolution, its batch norm and a ReLU."""
        w = self.random.normal(size=(out, channels, 3, 3)).astype(np.float32) * 0.3
        self.add("Conv", [x, self.weight(name + ".w", w)], name + ".c", pads=[1, 1, 1, 1])
        return self.add("Relu", [self.norm(name + ".c", name, out)], name)

    def norm(self, x, name, channels):
        draw = self.random.normal(size=(4, channels)).astype(np.float32)
        numbers = [draw[0] + np.sign(draw[0]), 2 * draw[1], 3 * draw[2], np.abs(draw[3]) * 3 + 0.2]
        names = [self.weight(f"{name}.{what}", each) for what, each in zip(("scale", "shift", "mean", "var"), numbers)]
        return self.add("BatchNormalization", [x, *names], name + ".n")

    def image(self, channels=3, side=8, batch=1):
        self.inputs.append(helper.make_tensor_value_info("x", F, [batch, channels, side, side]))
        return "x"

    def output(self, name, kind=F, shape=None):
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def model(self):
        graph = helper.make_graph(self.nodes, "made", self.inputs, self.outputs, self.initializers,
                                  value_info=self.told)
        imports = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(*each) for each in self.domains.items())]
        model = helper.make_model(graph, opset_imports=imports, functions=self.functions)
        model.ir_version = min(model.ir_version, 10)
        return model


def graph_of(nodes, inputs, outputs, initializers=()):
    info = helper.make_tensor_value_info
    return helper.make_graph(nodes, "inner", [info(*each) for each in inputs], [info(*each) for each in outputs], initializers)


def nobodys_domain():
    net = Net(17, 1)
    net.domains["com.nobody"] = 3
    y = net.normed(net.image(), "a", 3, 4)
    net.add("Swirl", [y, "", net.weight("table", np.arange(6.0))], ["s", "extra"], domain="com.nobody", turns=3, names=["é", "b"])
    net.normed("s", "b", 4, 5)
    net.output("b", shape=[1, 5, 8, 8])
    net.output("extra")
    net.tell("s", [1, 4, 8, 8])
    return net.model()


def runtimes_own_domain():
    """Operators of ONNX Runtime's own domain, with a batch that stays open."""
    net = Net(15, 2)
    net.domains["com.microsoft"] = 1
    y = net.normed(net.image(batch="N"), "a", 3, 4)
    net.add("Gelu", [y], "g", domain="com.microsoft")
    net.normed("g", "b", 4, 4)
    net.add("FusedConv", ["b", net.weight("fw", net.random.normal(size=(2, 4, 1, 1)).astype(np.float32))], "f",
            domain="com.microsoft", activation="Relu", kernel_shape=[1, 1])
    net.output("f", shape=["N", 2, 8, 8])
    net.tell("g", ["N", 4, 8, 8])
    return net.model()


def branch_on_values():
    """If whose condition is computed; both branches read values around them, one under a name of its own making."""
    net = Net(13, 3)
    y = net.normed(net.image(), "a", 3, 4)
    net.add("ReduceMax", [y], "m", keepdims=0)
    net.add("Greater", ["m", net.weight("limit", np.float32(2))], "large")
    yes = graph_of([node("Mul", ["a", "limit"], ["inner"]), node("Sub", ["inner", "a"], ["r"])], [], [("r", F, None)])
    no = graph_of([node("Neg", ["a"], ["inner2"]), node("Identity", ["inner2"], ["q"])], [], [("q", F, None)])
    net.add("If", ["large"], "chosen", then_branch=yes, else_branch=no)
    net.normed("chosen", "b", 4, 3)
    net.output("b", shape=[1, 3, 8, 8])
    return net.model()


def loop_on_values():
    """Loop that ends on a value, an If in it that reads from both levels."""
    net = Net(11, 4)
    y = net.normed(net.image(), "a", 3, 4)
    net.weight("most", np.int64(7)), net.weight("go", np.array(True)), net.weight("half", np.float32(0.5))
    inner_yes = graph_of([node("Mul", ["held", "half"], ["p"])], [], [("p", F, None)])
    inner_no = graph_of([node("Add", ["held", "a"], ["n"])], [], [("n", F, None)])
    body = graph_of(
        [node("ReduceMean", ["held"], ["mean"], axes=[0, 1, 2, 3], keepdims=0), node("Greater", ["mean", "half"], ["again"]),
         node("If", ["again"], ["next"], then_branch=inner_yes, else_branch=inner_no),
         node("Squeeze", ["next"], ["row"], axes=[0])],
        [("i", I, []), ("c", B, []), ("held", F, None)], [("again", B, []), ("next", F, None), ("row", F, None)])
    net.add("Loop", ["most", "go", y], ["last", "rows"], body=body)
    net.tell("last", [1, 4, 8, 8])
    net.normed("last", "b", 4, 3)
    net.output("b", shape=[1, 3, 8, 8]), net.output("rows")
    return net.model()


def scan():
    net = Net(16, 5)
    y = net.normed(net.image(), "a", 3, 4)
    net.add("Squeeze", [y, net.weight("zero", np.array([0]))], "rows")
    net.weight("start", np.zeros((8, 8), np.float32))
    body = graph_of([node("Add", ["s", "row"], ["t"]), node("Tanh", ["t"], ["o"])], [("s", F, [8, 8]), ("row", F, [8, 8])],
                    [("t", F, [8, 8]), ("o", F, [8, 8])])
    net.add("Scan", ["start", "rows"], ["sum", "each"], body=body, num_scan_inputs=1)
    net.add("Unsqueeze", ["each", "zero"], "e")
    net.tell("each", [4, 8, 8])
    net.normed("e", "b", 4, 2)
    net.output("b", shape=[1, 2, 8, 8]), net.output("sum")
    return net.model()


def functions():
    """A function with a default, one that calls another, and one that holds what is only carried."""
    net = Net(17, 6)
    net.domains["my.own"] = 1
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("my.own", 1)]
    leaky = node("LeakyRelu", ["v"], ["w"])
    reference = leaky.attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", 1
    net.functions.append(helper.make_function("my.own", "Leaky", ["v"], ["w"], [leaky], imports, [],
                                              [helper.make_attribute("slope", 0.25)]))
    twice = [node("Leaky", ["v"], ["u"], domain="my.own"), node("Leaky", ["u"], ["w"], domain="my.own", slope=3.0)]
    net.functions.append(helper.make_function("my.own", "Twice", ["v"], ["w"], twice, imports))
    places = [node("NonZero", ["v"], ["z"]), node("Shape", ["z"], ["sizes"]), node("Cast", ["sizes"], ["count"], to=F),
              node("ReduceMax", ["count"], ["most"], keepdims=0), node("Div", ["v", "most"], ["w"])]
    net.functions.append(helper.make_function("my.own", "ByCount", ["v"], ["w"], places, imports))
    y = net.normed(net.image(), "a", 3, 4)
    net.add("Twice", [y], "t", domain="my.own")
    net.normed("t", "b", 4, 4)
    net.add("ByCount", ["b"], "n", domain="my.own")
    net.tell("n", [1, 4, 8, 8])
    net.normed("n", "c", 4, 2)
    net.output("c", shape=[1, 2, 8, 8])
    return net.model()


def sequences():
    net = Net(17, 7)
    y = net.normed(net.image(), "a", 3, 6)
    net.add("SplitToSequence", [y, net.weight("parts", np.array([2, 4]))], "q", axis=1)
    net.add("SequenceAt", ["q", net.weight("second", np.int64(1))], "s")
    net.add("ConcatFromSequence", ["q"], "again", axis=1)
    net.tell("again", [1, 6, 8, 8])
    net.normed("again", "b", 6, 3)
    net.normed("a", "c", 6, 2)
    for name in ("s", "b", "c"):
        net.output(name)
    net.outputs.append(helper.make_tensor_sequence_value_info("q", F, None))
    return net.model()


def words_and_trees():
    """Strings, an ensemble of trees and labels behind a network's scores."""
    net = Net(16, 8)
    net.domains["ai.onnx.ml"] = 3
    y = net.normed(net.image(), "a", 3, 4)
    net.add("GlobalAveragePool", [y], "p")
    net.add("Flatten", ["p"], "f")
    net.add("ArgMax", ["f"], "best", axis=1, keepdims=0)
    net.add("LabelEncoder", ["best"], "word", domain="ai.onnx.ml", keys_int64s=[0, 1, 2, 3],
            values_strings=["zero", "one", "two", "drei"])
    net.add("Normalizer", ["f"], "scaled", domain="ai.onnx.ml", norm="L2")
    net.output("word", TensorProto.STRING, [1]), net.output("scaled", shape=[1, 4])
    return net.model()


def sizes_of_values():
    """What follows from values: NonZero, Compress, Unique, and a fold in front of each."""
    net = Net(14, 9)
    y = net.normed(net.image(), "a", 3, 4)
    net.add("NonZero", [y], "z")
    net.add("Reshape", [y, net.weight("flat", np.array([-1]))], "v")
    net.add("Unique", ["v"], ["u", "", "", "counts"], sorted=1)
    net.add("Cast", ["z"], "zf", to=F)
    net.normed("a", "b", 4, 2)
    net.output("zf"), net.output("u"), net.output("counts", I), net.output("b", shape=[1, 2, 8, 8])
    return net.model()


def old_forms():
    """Opset 9: forms that later became others, in a loop's body and behind what is only carried."""
    net = Net(9, 10)
    y = net.normed(net.image(), "a", 3, 4)
    net.weight("three", np.int64(3)), net.weight("go", np.array(True))
    body = graph_of(
        [node("Clip", ["h"], ["clipped"], min=0.0, max=3.0), node("Pad", ["clipped"], ["padded"], pads=[0, 0, 1, 1, 0, 0, 1, 1]),
         node("Slice", ["padded"], ["cut"], starts=[1, 1], ends=[9, 9], axes=[2, 3]), node("Softmax", ["cut"], ["soft"], axis=2),
         node("ReduceSum", ["soft"], ["total"], keepdims=0), node("Cast", ["total"], ["again"], to=B),
         node("Unsqueeze", ["total"], ["row"], axes=[0])],
        [("i", I, []), ("c", B, []), ("h", F, [1, 4, 8, 8])],
        [("again", B, []), ("soft", F, [1, 4, 8, 8]), ("row", F, [1])])
    net.add("Loop", ["three", "go", y], ["h2", "rows"], body=body)
    net.tell("h2", [1, 4, 8, 8])
    net.normed("h2", "b", 4, 3)
    net.add("Upsample", ["b", net.weight("scales", np.array([1, 1, 2, 2], np.float32))], "up", mode="nearest")
    net.add("NonZero", ["up"], "z")
    net.add("Squeeze", ["rows"], "total", axes=[1])
    net.output("up", shape=[1, 3, 16, 16]), net.output("total"), net.output("z", I)
    return net.model()


NETS = (nobodys_domain, runtimes_own_domain, branch_on_values, loop_on_values, scan, functions, sequences, words_and_trees,
        sizes_of_values, old_forms)


def feeds(model):
    """Random inputs."""
    random = np.random.default_rng(5)
    sizes = {each.name: [dim.dim_value or 2 for dim in each.type.tensor_type.shape.dim] for each in model.graph.input}
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in sizes.items()}
