"""How inputs and attributes are drawn: windows and products."""
import numpy as np

from draw import drawn


def windows(d, dims, least=0):
    """Sizes, kernel and the attributes that windows share."""
    kernel = [d.rng.choice((1, 2, 3)) for _ in range(dims)]
    dilations = [d.rng.choice((1, 1, 2, 3)) for _ in range(dims)] if d.some("dilations") and d.has("dilations") else [1] * dims
    strides = [d.rng.choice((1, 2, 3)) for _ in range(dims)] if d.some("strides") else [1] * dims
    reach = [(k - 1) * dilation + 1 for k, dilation in zip(kernel, dilations)]
    pads = [0] * (2 * dims)
    automatic = d.deal("auto_pad", ("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"))
    if automatic == "NOTSET" and d.some("pads"):
        most = [min(k - 1, 2) if least else 2 for k in kernel]
        pads = [d.rng.randint(0, each) for each in most] + [d.rng.randint(0, each) for each in most]
    sizes = [max(d.size() + d.rng.randint(0, 4), r - pads[i] - pads[i + dims]) for i, r in enumerate(reach)]
    if any(each != 1 for each in strides):
        d.attributes["strides"] = strides
    if any(each != 1 for each in dilations):
        d.attributes["dilations"] = dilations
    if any(pads):
        d.attributes["pads"] = pads
    if automatic != "NOTSET":
        d.attributes["auto_pad"] = automatic
    return sizes, kernel


@drawn("Conv")
def conv(d):
    dims = d.deal("dims", (1, 2, 2, 3))
    sizes, kernel = windows(d, dims)
    groups, depth, out = d.deal("groups", ((1, 3, 4), (1, 1, 1), (2, 2, 3), (5, 1, 1), (3, 1, 2), (7, 2, 1)))
    dtype = d.type(only="f")
    d.live(d.values(dtype, [d.rng.choice((1, 2, 3)), groups * depth, *sizes], odd=False))
    d.known(d.values(dtype, [groups * out, depth, *kernel], odd=False))
    if d.some("bias"):
        d.known(d.values(dtype, [groups * out], odd=False))
    if groups > 1:
        d.attributes["group"] = groups
    d.maybe("kernel_shape", kernel)


@drawn("ConvTranspose")
def conv_transpose(d):
    dims = d.deal("dims", (1, 2, 2, 3))
    sizes, kernel = windows(d, dims, 1)
    groups, depth, out = d.deal("groups", ((1, 3, 4), (1, 1, 1), (2, 2, 3), (5, 1, 1), (3, 1, 2)))
    dtype = d.type(only="f")
    d.live(d.values(dtype, [d.rng.choice((1, 2)), groups * depth, *sizes], odd=False))
    d.known(d.values(dtype, [groups * depth, out, *kernel], odd=False))
    if d.some("bias"):
        d.known(d.values(dtype, [groups * out], odd=False))
    if groups > 1:
        d.attributes["group"] = groups
    d.maybe("kernel_shape", kernel)
    strides = d.attributes.get("strides", [1] * dims)
    if d.some("output_padding") and "auto_pad" not in d.attributes:
        d.attributes["output_padding"] = [d.rng.randint(0, each - 1) for each in strides]


@drawn("MaxPool", "AveragePool")
def pool(d):
    dims = d.deal("dims", (1, 2, 2, 3))
    sizes, kernel = windows(d, dims, 1)
    dtype = d.type()
    d.live(d.values(dtype, [d.rng.choice((1, 2)), d.rng.choice((1, 3, 5)), *sizes], nan=False))
    d.attributes["kernel_shape"] = kernel
    d.maybe("ceil_mode", d.flag("ceil"))
    d.maybe("count_include_pad", d.flag("include"))
    if d.op == "MaxPool" and d.opset >= 8 and d.some("indices"):
        d.outputs = 2
        d.tame = True
        d.inputs[0] = (d.values(dtype, d.inputs[0][0].shape, odd=False), False)
        d.maybe("storage_order", d.flag("order"))


@drawn("GlobalAveragePool", "GlobalMaxPool")
def global_pool(d):
    d.live(d.values(d.type(), d.shape(d.rank(3, 5)), nan=False))


@drawn("LRN")
def lrn(d):
    d.live(d.values(d.type(), d.shape(4), odd=False))
    d.put("size", d.deal("size", (1, 2, 3, 4, 5, 7)))
    d.maybe("alpha", 0.5)
    d.maybe("beta", 0.5)
    d.maybe("bias", 2.0)



@drawn("Gemm")
def gemm(d):
    m, k, n = d.size(), d.size(), d.size()
    dtype = d.type(only="f") if d.flag("floats") else d.type()
    a, b = d.flag("transA"), d.flag("transB")
    d.live(d.values(dtype, [k, m] if a else [m, k], odd=False))
    d.either(d.values(dtype, [n, k] if b else [k, n], odd=False), "b")
    if d.opset < 11 or d.some("c"):
        d.either(d.values(dtype, d.deal("shape of c", ([m, n], [n], [1, n], [m, 1], [1], [])), odd=False), "c")
    if a:
        d.attributes["transA"] = 1
    if b:
        d.attributes["transB"] = 1
    if np.dtype(dtype).kind == "f":
        d.maybe("alpha", 0.5)
        d.maybe("beta", 2.5)


@drawn("MatMul")
def matmul(d):
    m, k, n = d.size(), d.size(), d.size()
    dtype = d.type(only="f") if d.flag("floats") else d.type()
    batch = d.shape(d.rng.randint(0, 2))
    left, right = d.deal("shapes", (([m, k], [k, n]), ([*batch, m, k], [*batch, k, n]), ([k], [k, n]), ([m, k], [k]), ([k], [k]),
                                    ([*batch, m, k], [k, n]), ([m, k], [*batch, k, n]), ([*batch, m, k], [k])))
    d.live(d.values(dtype, left, odd=False))
    d.either(d.values(dtype, right, odd=False), "right")
