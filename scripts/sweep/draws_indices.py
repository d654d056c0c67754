"""How inputs and attributes are drawn: what reads and writes at indices."""
import numpy as np

from draw import drawn


def places(d, size, shape):
    return d.numbers.integers(-size, size, shape).astype(d.deal("index type", (np.int64, np.int32)))


@drawn("Gather")
def gather(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    axis = d.axis(rank)
    indices = places(d, shape[axis], d.shape(d.rng.randint(0, 2)))
    d.live(d.values(d.type(), shape))
    d.either(indices if d.opset >= 11 else np.abs(indices) % shape[axis], "indices")
    d.maybe("axis", axis)
    if "axis" not in d.attributes:
        d.attributes["axis"] = axis


@drawn("GatherElements")
def gather_elements(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    axis = d.axis(rank)
    target = [d.rng.randint(1, size) for size in shape]
    target[axis] = d.size()
    d.live(d.values(d.type(), shape))
    d.either(places(d, shape[axis], target), "indices")
    d.attributes["axis"] = axis


@drawn("GatherND")
def gather_nd(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    batch = d.rng.randint(0, rank - 1) if d.opset >= 12 else 0
    named = d.rng.randint(1, rank - batch)
    middle = d.shape(d.rng.randint(0, 2))
    columns = [d.numbers.integers(-shape[batch + i], shape[batch + i], [*shape[:batch], *middle]) for i in range(named)]
    d.live(d.values(d.type(), shape))
    d.either(np.stack(columns, -1).astype(np.int64), "indices")
    if batch:
        d.attributes["batch_dims"] = batch


@drawn("ScatterElements", "Scatter")
def scatter_elements(d):
    rank = d.rank(1, 3)
    shape = d.shape(rank)
    axis = d.axis(rank) if d.opset >= 11 else d.axis(rank) % rank
    target = [d.rng.randint(1, size) for size in shape]
    dtype = d.type()
    reduction = d.deal("reduction", ("none", "add", "mul", "max", "min")[:3 if d.opset < 18 else 5])
    indices = places(d, shape[axis], target) if d.opset >= 11 else places(d, shape[axis], target) % shape[axis]
    if reduction == "none":  # of equal places any may win
        lines = np.moveaxis(indices, axis, -1)
        for line in lines.reshape(-1, lines.shape[-1]) if False else [lines[i] for i in np.ndindex(lines.shape[:-1])]:
            line[:] = d.numbers.permutation(shape[axis])[:line.shape[0]]
    d.live(d.values(dtype, shape, -3, 3))
    d.either(indices, "indices")
    d.either(d.values(dtype, target, -3, 3, odd=False), "updates")
    d.attributes["axis"] = axis
    if reduction != "none" and np.dtype(dtype).kind == "b":
        return False
    d.put("reduction", reduction)


@drawn("ScatterND")
def scatter_nd(d):
    rank = d.rank(1, 3)
    shape = d.shape(rank)
    named = d.rng.randint(1, rank)
    reduction = d.deal("reduction", ("none", "add", "mul", "max", "min")[:3 if d.opset < 18 else 5])
    cells = int(np.prod(shape[:named]))
    count = d.rng.randint(1, cells)
    flat = d.numbers.permutation(cells)[:count] if reduction == "none" or not d.has("reduction") else d.numbers.integers(0, cells, count)
    indices = np.stack(np.unravel_index(flat, shape[:named]), -1).astype(np.int64)
    dtype = d.type()
    if reduction != "none" and np.dtype(dtype).kind == "b":
        return False
    d.live(d.values(dtype, shape, -3, 3))
    d.either(indices, "indices")
    d.either(d.values(dtype, [count, *shape[named:]], -3, 3, odd=False), "updates")
    d.put("reduction", reduction)


@drawn("OneHot")
def one_hot(d):
    rank = d.rank(0, 3)
    depth = d.size()
    index, value = d.type("T1"), d.type("T3")
    indices = d.values(index, d.shape(rank), -depth - 1, depth + 1, odd=False)
    d.live(np.trunc(indices).astype(index))
    d.known(np.asarray(depth, np.int64) if d.flag("scalar depth") else np.asarray([depth], np.int64))
    d.either(d.values(value, (2,), odd=False), "values")
    d.maybe("axis", d.rng.randint(-rank - 1, rank))


@drawn("NonMaxSuppression")
def suppression(d):
    n, c, k = d.rng.randint(1, 2), d.rng.randint(1, 2), d.rng.choice((1, 3, 5, 7))
    centre, size = d.numbers.uniform(0, 4, (n, k, 2)), d.numbers.uniform(0.5, 2, (n, k, 2))
    centred = d.flag("centred")
    boxes = np.concatenate([centre, size] if centred else [centre - size / 2, centre + size / 2], -1)
    if not centred and d.flag("turned"):
        boxes = boxes[..., [2, 3, 0, 1]]
    d.live(boxes.astype(np.float32))
    d.live(d.numbers.uniform(0, 1, (n, c, k)).astype(np.float32))
    d.integers([d.rng.choice((1, 2, 5))])
    d.known(np.float32([0.3]))
    if d.some("score"):
        d.known(np.float32([0.4]))
    if centred or d.some("said"):
        d.attributes["center_point_box"] = centred
