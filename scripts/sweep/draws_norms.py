"""How inputs and attributes are drawn: norms."""
import numpy as np

from draw import drawn


@drawn("BatchNormalization")
def batch_norm(d):
    dtype = d.type(only="f")
    shape = d.shape(d.rank(2, 5))
    other = d.type("T1", "f") if d.opset >= 15 else d.type("U", "f") if d.opset == 14 else dtype
    variance = other if d.opset < 15 else d.type("T2", "f")
    c = shape[1]
    if d.opset < 9 and d.some("spatial") and len(shape) > 2:
        d.attributes["spatial"] = d.deal("spatial", (0, 1))
        if d.attributes["spatial"] == 0:
            c = shape[1:]
    d.live(d.values(dtype, shape, odd=False))
    for low, high, each in ((-2, 2, other if d.opset >= 15 else dtype), (-2, 2, other if d.opset >= 15 else dtype),
                            (-2, 2, variance), (0.1, 4, variance)):
        d.known(d.values(each, c, low, high, odd=False))
    d.put("epsilon", 1e-2)
    d.maybe("momentum", 0.5)
    d.maybe("training_mode", 0)


@drawn("InstanceNormalization")
def instance_norm(d):
    dtype = d.type(only="f")
    shape = d.shape(d.rank(3, 5))
    d.live(d.values(dtype, shape, odd=False))
    for _ in range(2):
        d.known(d.values(dtype, shape[1:2], odd=False))
    d.put("epsilon", 1e-2)


@drawn("GroupNormalization")
def group_norm(d):
    dtype = d.type(only="f")
    groups, each = d.deal("groups", ((1, 3), (3, 1), (2, 3), (3, 2), (1, 1)))
    shape = [d.size(), groups * each, *d.shape(d.rng.randint(1, 3))]
    d.live(d.values(dtype, shape, odd=False))
    for _ in range(2):
        d.known(d.values(dtype, [groups * each if d.opset >= 21 else groups], odd=False))
    d.attributes["num_groups"] = groups
    d.put("epsilon", 1e-2)


@drawn("LayerNormalization", "RMSNormalization")
def layer_norm(d):
    dtype = d.type(only="f") if d.op == "LayerNormalization" else d.type("T", "f")
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    axis = d.axis(rank)
    d.live(d.values(dtype, shape, odd=False))
    d.known(d.values(dtype, shape[axis:] if axis < 0 else shape[axis:], odd=False))
    if d.op == "LayerNormalization" and d.some("bias"):
        d.known(d.values(dtype, shape[axis:], odd=False))
    if axis != -1 or d.flag("said"):
        d.attributes["axis"] = axis
    d.put("epsilon", 1e-2)
    if d.op == "LayerNormalization" and d.some("statistics") and dtype == np.float32:
        d.outputs = 3


@drawn("LpNormalization")
def lp_norm(d):
    rank = d.rank(1, 4)
    d.live(d.values(d.type(), d.shape(rank), odd=False))
    d.maybe("axis", d.axis(rank))
    d.maybe("p", d.deal("p", (1, 2)))


@drawn("MeanVarianceNormalization")
def mean_variance_norm(d):
    d.live(d.values(d.type(), d.shape(4), odd=False))
    d.maybe("axes", sorted(each % 4 for each in d.axes(4)))
