"""How inputs and attributes are drawn: images between their pixels, powers over windows, quantised weights."""
import numpy as np

from draw import drawn
from draws_windows import windows


@drawn("GridSample")
def grid_sample(d):
    old = d.opset < 20
    mode = d.deal("mode", ("bilinear", "nearest", "bicubic") if old else ("linear", "nearest", "cubic"))
    dims = 2 if old or mode == "cubic" else d.deal("dims", (2, 2, 3))
    # onnx.reference clamps what lies outside before a cubic reads it, ONNX Runtime and PyTorch behind.
    words = ("zeros", "reflection") if mode.endswith("cubic") else ("zeros", "border", "reflection")
    sizes = [d.rng.choice((2, 3, 5, 7)) for _ in range(dims)]
    batch = d.rng.choice((1, 2))
    d.live(d.values(np.float32, [batch, d.rng.choice((1, 3)), *sizes], odd=False))
    d.live(d.values(np.float32, [batch, *d.shape(dims), dims], -1.6, 1.6, odd=False))
    if mode not in ("bilinear", "linear"):
        d.attributes["mode"] = mode
    d.maybe("padding_mode", d.deal("outside", words))
    d.maybe("align_corners", d.flag("corners"))


@drawn("RoiAlign")
def roi_align(d):
    batch, boxes = d.rng.choice((1, 2)), d.rng.choice((1, 2, 5))
    x = d.live(d.values(np.float32, [batch, d.rng.choice((1, 3)), d.rng.choice((3, 5, 8)), d.rng.choice((3, 5, 8))], odd=False))
    scale = d.deal("scale", (1.0, 0.5, 0.125))
    corner = d.values(np.float32, [boxes, 2], -1, max(x.shape[2:]), odd=False) / scale
    side = d.values(np.float32, [boxes, 2], 0.3, 9, odd=False) / scale
    d.live(np.concatenate([corner, corner + side], 1).astype(np.float32))
    d.either(d.numbers.integers(0, batch, boxes).astype(np.int64), "pictures")
    d.maybe("output_height", d.rng.choice((1, 2, 3)))
    d.maybe("output_width", d.rng.choice((1, 2, 3)))
    d.maybe("sampling_ratio", d.rng.choice((0, 1, 2)))
    d.maybe("mode", d.deal("mode", ("avg", "max")))
    d.maybe("coordinate_transformation_mode", d.deal("coordinates", ("half_pixel", "output_half_pixel")))
    if scale != 1:
        d.attributes["spatial_scale"] = scale


@drawn("LpPool")
def lp_pool(d):
    dims = d.deal("dims", (1, 2, 2, 3))
    sizes, kernel = windows(d, dims, 1)
    d.live(d.values(np.float32, [d.rng.choice((1, 2)), d.rng.choice((1, 3)), *sizes], odd=False))
    d.attributes["kernel_shape"] = kernel
    d.maybe("p", d.deal("p", (1, 2, 3)))


@drawn("GlobalLpPool")
def global_lp_pool(d):
    d.live(d.values(np.float32, d.shape(d.rank(3, 5)), odd=False))
    d.maybe("p", d.deal("p", (1, 2, 3)))


@drawn("DequantizeLinear")
def dequantize(d):
    dtype = d.deal("type", [each for each in d.types(d.schema.inputs[0].type_str) if each not in (np.float32, np.int32)])
    x = d.values(dtype, d.shape(d.rank(1, 4)), -99, 99)
    way = d.deal("way", ("tensor", "axis", "blocks"))
    shape = []
    if way == "blocks" and d.has("block_size"):
        axis, block = d.axis(x.ndim), d.rng.choice((1, 2, 3))
        shape = list(x.shape)
        shape[axis] = -(-shape[axis] // block)
        d.attributes.update(axis=axis, block_size=block)
    elif way == "axis" and d.has("axis"):
        axis = d.axis(x.ndim)
        shape = [x.shape[axis]]
        d.attributes["axis"] = axis
    d.either(x, "weights")
    d.known(d.values(np.float32, shape, 0.01, 2, odd=False))
    if d.some("zero point"):
        d.known(d.values(dtype, shape, -20, 20, odd=False))


EQUATIONS = ("ij,jk->ik", "bij,bjk->bik", "...ij,...jk->...ik", "ij->ji", "ii->i", "bii->b", "i,j", "ij,ij->", "ijk->j", "...i->...",
             "abc,cd,de->abe", "bhid,bhjd->bhij", "ij, kj -> ki", "ab...,b->a...", "i,i", "aij,aik->ajk")


@drawn("Einsum")
def einsum(d):
    equation = d.deal("equation", EQUATIONS)
    sizes = {letter: d.rng.choice((2, 3, 4)) for letter in "abcdehijk"}
    batch = d.shape(d.rng.randint(0, 2))
    for i, term in enumerate(equation.split("->")[0].replace(" ", "").split(",")):
        before, dots, behind = term.partition("...")
        shape = [sizes[c] for c in before] + (batch if dots else []) + [sizes[c] for c in behind]
        (d.live if i == 0 else lambda x: d.either(x, "operand"))(d.values(np.float32, shape, odd=False))
    d.attributes["equation"] = equation


@drawn("MaxUnpool")
def max_unpool(d):
    """Places that are all different, as pools without overlap have them."""
    dims = d.deal("dims", (1, 2, 2))
    size = [d.rng.choice((1, 2)), d.rng.choice((1, 3)), *d.shape(dims)]
    kernel = [d.rng.choice((2, 3)) for _ in range(dims)]
    strides = kernel if d.flag("apart") else [1] * dims
    d.live(d.values(np.float32, size, odd=False))
    larger = size[:2] + [(each - 1) * stride + width for each, stride, width in zip(size[2:], strides, kernel)]
    d.live(d.numbers.permutation(int(np.prod(larger)))[:int(np.prod(size))].reshape(size).astype(np.int64))
    d.attributes["kernel_shape"] = kernel
    if strides != [1] * dims:
        d.attributes["strides"] = strides
