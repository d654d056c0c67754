"""Reductions, scatters and others written out from their definitions."""
import numpy as np


def log_sum_exp(x, axes, keep):
    """Exactly x of one element."""
    largest = x.max(axes, keepdims=True)
    total = np.log(np.exp(x - largest).sum(axes, keepdims=True)) + largest
    return total if keep else np.squeeze(total, axes)


def reduction(case):
    """A reduction in float64; of integers the result is rounded toward zero."""
    x, a, inputs = case.arrays()[0], case.attributes, case.arrays()
    axes = a.get("axes") or (inputs[1].tolist() if len(inputs) > 1 and inputs[1] is not None else [])
    if not axes and a.get("noop_with_empty_axes"):
        axes = None
    wide = x.astype(np.float64)
    keep = bool(a.get("keepdims", 1))
    axes = () if axes is None else tuple(axes) or tuple(range(x.ndim))
    total = {"ReduceLogSum": lambda: np.log(wide.sum(axes, keepdims=keep)), "ReduceL2": lambda: np.sqrt((wide ** 2).sum(axes, keepdims=keep)),
             "ReduceLogSumExp": lambda: log_sum_exp(wide, axes, keep)}[case.op]()
    return {"y0": np.asarray(np.trunc(total) if x.dtype.kind in "iu" else total).astype(x.dtype)}


def mean_variance(case):
    """(x - mean) / (deviation + 1e-9), without the cancellation of a mean of squares."""
    x, axes = case.arrays()[0], tuple(case.attributes.get("axes", (0, 2, 3)))
    centred = x.astype(np.float64) - x.astype(np.float64).mean(axes, keepdims=True)
    return {"y0": (centred / (np.sqrt((centred ** 2).mean(axes, keepdims=True)) + 1e-9)).astype(x.dtype)}


def softmax(case):
    """Softmax, LogSoftmax and Hardmax: before opset 13 of a matrix whose rows end at the axis."""
    x = case.arrays()[0]
    axis = case.attributes.get("axis", -1 if case.version >= 13 else 1) % x.ndim
    wide = x.astype(np.float64)
    if case.version < 13:
        wide, axis = wide.reshape(int(np.prod(x.shape[:axis])), -1), 1
    if case.op == "Hardmax":
        y = np.expand_dims(wide.argmax(axis), axis) == np.arange(wide.shape[axis]).reshape(
            [-1 if d == axis else 1 for d in range(wide.ndim)])
    else:
        centred = wide - wide.max(axis, keepdims=True)
        total = np.exp(centred).sum(axis, keepdims=True)
        y = np.exp(centred) / total if case.op == "Softmax" else centred - np.log(total)
    return {"y0": y.reshape(x.shape).astype(x.dtype)}


REDUCTIONS = {"none": lambda there, update: update, "add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}


def scatter(case):
    """Updates one after the other."""
    x, indices, updates = case.arrays()
    y, reduce = x.copy(), REDUCTIONS[case.attributes.get("reduction", "none")]
    for at in np.ndindex(*(indices.shape[:-1] if case.op == "ScatterND" else indices.shape)):
        if case.op == "ScatterND":
            to = tuple(indices[at])
        else:
            axis = case.attributes.get("axis", 0) % x.ndim
            to = (*at[:axis], indices[at], *at[axis + 1:])
        y[to] = reduce(y[to], updates[at])
    return {"y0": y}


def one_hot(case):
    indices, depth, values = case.arrays()
    depth, axis = int(depth.reshape(-1)[0]), case.attributes.get("axis", -1)
    wide = indices.astype(np.float64)
    wide = np.where(wide < 0, wide + depth, wide)
    y = np.expand_dims(wide, axis) == np.arange(depth).reshape([-1 if d == axis % (wide.ndim + 1) else 1 for d in range(wide.ndim + 1)])
    return {"y0": np.where(y, values[1], values[0]).astype(values.dtype)}


def root(case):
    """In float64: NumPy 1.26 makes NaN of some infinities."""
    x = case.arrays()[0]
    return {"y0": np.asarray([np.nan if each != each or each < 0 else each if np.isinf(each) else each ** 0.5
                              for each in x.astype(np.float64).ravel().tolist()]).reshape(x.shape).astype(x.dtype)}


def unique(case):
    """Unique: slices in the order in which they first stand, then sorted if that is asked for."""
    x = case.arrays()[0]
    axis = case.attributes.get("axis")
    rows = x.reshape(-1, 1) if axis is None else np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    keys = [tuple(each.tolist()) for each in rows]
    found = list(dict.fromkeys(keys))
    if case.attributes.get("sorted", 1):
        found.sort()
    first = np.array([keys.index(each) for each in found], np.int64)
    chosen = x.reshape(-1)[first] if axis is None else np.take(x, first, axis)
    lists = [first, np.array([found.index(each) for each in keys], np.int64),
             np.array([keys.count(each) for each in found], np.int64)]
    return {f"y{i}": each for i, each in enumerate([chosen, *lists][:len(case.model.graph.output)])}
