"""How inputs and attributes are drawn: what gives elements other places."""
import numpy as np

from draw import drawn


@drawn("Reshape")
def reshape(d):
    shape = d.shape(d.rank(1, 4))
    d.live(d.values(d.type(), shape))
    count = int(np.prod(shape))
    target = d.deal("target", ("flat", "copy", "infer", "split", "scalar"))
    if target == "flat":
        sizes = [count]
    elif target == "copy":
        sizes = [0, -1] if len(shape) > 1 else [0]
    elif target == "infer":
        sizes = [1, -1]
    elif target == "split":
        sizes = [*shape[::-1], 1]
    else:
        sizes = [] if count == 1 else [-1]
    d.integers(sizes)
    if 0 not in sizes:
        d.maybe("allowzero", d.flag("zero"))


@drawn("Flatten")
def flatten(d):
    rank = d.rank(1, 5)
    d.live(d.values(d.type(), d.shape(rank)))
    d.maybe("axis", d.rng.randint(-rank if d.opset >= 11 else 0, rank))


@drawn("Transpose")
def transpose(d):
    rank = d.rank(1, 5)
    d.live(d.values(d.type(), d.shape(rank)))
    d.maybe("perm", d.rng.sample(range(rank), rank))


@drawn("Squeeze")
def squeeze(d):
    rank = d.rank(1, 5)
    shape = d.shape(rank)
    axes = d.axes(rank, 0) if d.opset >= 11 else sorted(each % rank for each in d.axes(rank, 0))
    for axis in axes:
        shape[axis] = 1
    d.live(d.values(d.type(), shape))
    if axes:
        d.attributes.update(axes=axes) if d.opset < 13 else d.integers(axes)


@drawn("Unsqueeze")
def unsqueeze(d):
    rank = d.rank(0, 3)
    count = d.rng.randint(1, 2)
    d.live(d.values(d.type(), d.shape(rank)))
    axes = d.rng.sample(range(rank + count), count)
    axes = sorted(axes) if d.opset < 11 else [each - rank - count if d.rng.random() < 0.5 else each for each in axes]
    d.attributes.update(axes=axes) if d.opset < 13 else d.integers(axes)


@drawn("Expand")
def expand(d):
    whole = d.shape(d.rank(1, 4))
    shape = [1 if d.rng.random() < 0.5 else size for size in whole]
    d.live(d.values(d.type(), shape[d.rng.randint(0, len(shape)):] if d.flag("shorter") else shape))
    d.integers([1 if d.rng.random() < 0.3 and shape[i] == size else size for i, size in enumerate(whole)])


@drawn("Tile")
def tile(d):
    rank = d.rank(1, 4)
    d.live(d.values(d.type(), d.shape(rank)))
    d.integers([d.rng.choice((1, 2, 3)) for _ in range(rank)])


@drawn("DepthToSpace", "SpaceToDepth")
def blocks(d):
    b = d.deal("block", (1, 2, 3))
    n, c, h, w = d.shape(4)
    d.live(d.values(d.type(), [n, c * b * b, h, w] if d.op == "DepthToSpace" else [n, c, h * b, w * b]))
    d.attributes["blocksize"] = b
    d.maybe("mode", d.deal("mode", ("DCR", "CRD")))


@drawn("CenterCropPad")
def center_crop_pad(d):
    rank = d.rank(1, 4)
    d.live(d.values(d.type(), d.shape(rank)))
    axes = d.axes(rank)
    if d.some("axes"):
        d.attributes["axes"] = axes
    d.integers([d.size() for _ in range(len(axes) if "axes" in d.attributes else rank)])


@drawn("Trilu")
def trilu(d):
    d.live(d.values(d.type(), d.shape(d.rank(2, 4))))
    if d.some("k"):
        d.integers(d.rng.randint(-6, 6))
    d.maybe("upper", d.flag("upper"))
