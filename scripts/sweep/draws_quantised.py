"""How inputs and attributes are drawn: integers that stand for floats."""
import numpy as np

from draw import drawn

BYTES = (np.uint8, np.int8)


def grid(d, what, kind, shape=(), zero=True):
    """A scale and a zero point, known; the latter left out now and then where it may be."""
    d.known(d.values(np.float32, list(shape), 0.02, 0.5, odd=False))
    if zero or d.some("zero point " + what):
        d.known(d.values(kind, list(shape), 0 if kind == np.uint8 else -20, 20, odd=False))


def away_from_halves(d, x, scale):
    """x moved to where no rounding of its quotient comes near the middle between two integers."""
    steps = np.round(x / scale)
    return ((steps + np.clip(x / scale - steps, -0.4, 0.4)) * scale).astype(x.dtype)


@drawn("QuantizeLinear")
def quantize(d):
    kind = d.deal("to", [each for each in d.types(d.schema.inputs[2].type_str) if each in (*BYTES, np.int16, np.uint16)])
    shape = d.shape(d.rank(1, 4))
    way = d.deal("way", ("tensor", "axis", "blocks"))
    sizes, axis = [], None
    if way != "tensor" and d.has("axis"):
        axis = d.axis(len(shape))
        d.attributes["axis"] = axis
        sizes = [shape[axis]]
    spread = np.ones(len(shape), int)
    if way == "blocks" and d.has("block_size"):
        block = d.rng.choice((1, 2, 3))
        d.attributes["block_size"] = block
        sizes = list(shape)
        sizes[axis] = -(-shape[axis] // block)
    scale = d.values(np.float32, sizes, 0.02, 0.5, odd=False)
    if sizes and "block_size" in d.attributes:
        along = np.take(np.repeat(scale, d.attributes["block_size"], axis), np.arange(shape[axis]), axis)
    elif sizes:
        spread[axis] = shape[axis]
        along = scale.reshape(spread)
    else:
        along = scale
    x = away_from_halves(d, d.values(np.float32, shape, -20, 20, odd=False), along)
    d.either(x, "x")
    d.known(scale) if way != "tensor" else d.either(scale.reshape([1]), "scale")
    if kind != np.uint8 or d.some("zero point"):
        d.known(d.values(kind, sizes or [1], 0 if np.dtype(kind).kind == "u" else -20, 20, odd=False))


@drawn("DynamicQuantizeLinear")
def dynamic(d):
    d.outputs = 3
    d.live(d.values(np.float32, d.shape(d.rank(1, 4)), *d.deal("range", ((-3, 4), (1, 5), (-4, -2))), odd=False))


@drawn("MatMulInteger")
def matmul_integer(d):
    rows, count, columns = (d.rng.choice((1, 3, 5)) for _ in range(3))
    batch = d.shape(d.rng.randint(0, 2))
    for what, shape, size in (("a", [*batch, rows, count], rows), ("b", [count, columns], columns)):
        kind = d.deal("type " + what, BYTES)
        d.either(d.values(kind, shape, -128, 255), what)
    for what, size in (("a", rows), ("b", columns)):
        kind = d.inputs[0 if what == "a" else 1][0].dtype
        if not d.some("zero points"):
            break
        several = what == "b" and d.flag("several")
        d.known(d.values(kind, [size] if several else [], 0, 30, odd=False))


@drawn("ConvInteger")
def conv_integer(d):
    groups, each, out = d.rng.choice((1, 2)), d.rng.choice((1, 2, 3)), d.rng.choice((1, 2))
    rank = d.rng.choice((1, 2))
    kernel = [d.rng.choice((1, 2, 3)) for _ in range(rank)]
    d.live(d.values(np.uint8, [2, groups * each, *[d.rng.choice((5, 6)) for _ in range(rank)]], 0, 255))
    d.known(d.values(np.uint8, [groups * out, each, *kernel], 0, 255))
    if d.some("zero point of x"):
        d.known(d.values(np.uint8, [], 0, 30, odd=False))
        if d.some("zero point of w"):
            d.known(d.values(np.uint8, [], 0, 30, odd=False))
    d.attributes.update(group=groups, kernel_shape=kernel, strides=[d.rng.choice((1, 2)) for _ in range(rank)],
                        pads=[d.rng.choice((0, 1)) for _ in range(2 * rank)])


@drawn("QLinearConv")
def qlinear_conv(d):
    kinds = [d.deal(what, BYTES) for what in ("type of x", "type of w")]
    out, channels = d.rng.choice((1, 3)), d.rng.choice((1, 4))
    d.live(d.values(kinds[0], [1, channels, 5, 6], -100, 200))
    grid(d, "x", kinds[0])
    d.known(d.values(kinds[1], [out, channels, 3, 2], -100, 200))
    grid(d, "w", kinds[1], [out] if kinds[1] == np.int8 and d.flag("per channel") else [])
    d.known(np.float32(37.0))
    d.known(d.values(kinds[0], [], 0, 20, odd=False))
    if d.some("bias"):
        d.known(d.values(np.int32, [out], -500, 500, odd=False))


@drawn("QLinearMatMul")
def qlinear_matmul(d):
    kinds = [d.deal(what, BYTES) for what in ("type of a", "type of b")]
    d.live(d.values(kinds[0], [2, 3, 4], -100, 200))
    grid(d, "a", kinds[0])
    d.either(d.values(kinds[1], [4, 5], -100, 200), "b")
    grid(d, "b", kinds[1])
    d.known(np.float32(23.0))
    d.known(d.values(kinds[0], [], 0, 20, odd=False))
