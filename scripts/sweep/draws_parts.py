"""How inputs and attributes are drawn: what joins, cuts and pads."""
import numpy as np

from draw import drawn


@drawn("Concat")
def concat(d):
    rank = d.rank(1, 5)
    shape, axis, dtype = d.shape(rank), d.axis(rank) if d.opset >= 11 else d.axis(rank) % rank, d.type()
    for i in range(d.deal("parts", (1, 2, 3))):
        shape[axis] = d.size()
        x = d.values(dtype, shape)
        d.live(x) if i == 0 else d.either(x, "part")
    d.attributes["axis"] = axis


@drawn("Split")
def split(d):
    rank = d.rank(1, 4)
    shape, axis = d.shape(rank), d.axis(rank) if d.opset >= 11 else d.axis(rank) % rank
    d.outputs = d.deal("parts", (1, 2, 3))
    sizes = [d.size() for _ in range(d.outputs)]
    way = d.deal("way", ("sizes", "equal", "uneven"))
    if way != "sizes":
        sizes = [d.size()] * d.outputs
        if way == "uneven" and d.opset >= 18 and d.outputs > 1:
            sizes[-1] = d.rng.randint(1, sizes[0])
    shape[axis] = sum(sizes)
    d.live(d.values(d.type(), shape))
    if way == "sizes":
        d.attributes.update(split=sizes) if d.opset < 13 else d.integers(sizes)
    elif d.opset >= 18:
        d.attributes["num_outputs"] = d.outputs
    d.maybe("axis", axis)
    if "axis" not in d.attributes:
        d.attributes["axis"] = axis


@drawn("Slice")
def slicing(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    axes = d.axes(rank) if d.opset >= 11 else [each % rank for each in d.axes(rank)]
    begins, ends, steps = [], [], []
    for axis in axes:
        size = shape[axis]
        step = d.rng.choice((1, 1, 2, 3, -1, -2)) if d.opset >= 10 else 1
        first = d.rng.randint(0, size - 1)
        last = d.rng.randint(0, first) if step < 0 else d.rng.randint(first, size - 1)
        end = last + (1 if step > 0 else -1)
        if end == -1:
            end = d.rng.choice((-size - 1, -10**9, -2**63))
        elif end >= size:
            end = d.rng.choice((size, size + 5, 2**63 - 1, 2**31 - 1))
        elif d.flag("end from behind"):
            end -= size
        begins.append(first - size if d.flag("begin from behind") else first)
        ends.append(end)
        steps.append(step)
    d.live(d.values(d.type(), shape))
    if d.opset < 10:
        d.attributes.update(starts=begins, ends=ends, axes=axes)
        return
    narrow = all(-2**31 <= each < 2**31 for each in ends) and d.flag("narrow indices")
    for values in (begins, ends, axes, steps):
        d.known(np.asarray(values, np.int32 if narrow else np.int64))
    if all(step == 1 for step in steps) and d.flag("no steps"):
        d.inputs.pop()


@drawn("Pad")
def pad(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    dtype = d.type()
    mode = d.deal("mode", ("constant", "reflect", "edge", "wrap") if d.opset >= 19 else ("constant", "reflect", "edge"))
    with_axes = d.opset >= 18 and d.some("axes")
    axes = d.axes(rank) if with_axes else list(range(rank))
    pads = []
    for _ in range(2):
        for axis in axes:
            most = min(shape[axis] - 1, 3) if mode in ("reflect", "wrap") else 3
            # What is cut before it is reflected leaves less to reflect; older ONNX Runtimes read beyond it.
            cut = mode not in ("reflect", "wrap") and shape[axis] > 2 and d.flag("cut")
            pads.append(d.rng.randint(-1 if cut else 0, max(most, 0)))
    d.live(d.values(dtype, shape))
    d.maybe("mode", mode) if mode == "constant" else d.put("mode", mode)
    value = d.values(dtype, (), odd=True) if np.dtype(dtype).kind != "f" else dtype(2.5)
    if d.opset < 11:
        d.attributes["pads"] = pads
        if mode == "constant":
            d.maybe("value", float(value))
        return
    d.integers(pads)
    if mode == "constant" and d.some("value"):
        d.known(value)
    elif with_axes:
        d.absent()
    if with_axes:
        d.integers(axes)
