"""How inputs and attributes are drawn: what is known while reading."""
from onnx import numpy_helper

from draw import drawn, onnx_type


@drawn("Constant")
def constant(d):
    kinds = [each for each in ("value", "value_int", "value_ints", "value_float", "value_floats") if d.has(each)]
    kind = d.deal("kind", kinds)
    value = {"value": numpy_helper.from_array(d.values(d.type(), d.shape(d.rank(0, 3)))) if kind == "value" else None,
             "value_int": -7, "value_ints": [3, -2**60, 5], "value_float": 2.5, "value_floats": [0.1, -3.0]}[kind]
    d.attributes[kind] = value


@drawn("ConstantOfShape")
def constant_of_shape(d):
    d.integers(d.shape(d.rank(1, 4)))
    if d.some("value"):
        d.attributes["value"] = numpy_helper.from_array(d.values(d.type("T2"), (1,)))


@drawn("Shape", "Size")
def shape_of(d):
    rank = d.rank(1, 5)
    d.live(d.values(d.type(), d.shape(rank)))
    d.maybe("start", d.rng.randint(-rank - 1, 0))
    d.maybe("end", d.rng.choice((rank, rank + 2, -0, rank)))
    if d.attributes.get("end") == 0:
        d.attributes["end"] = rank


@drawn("Range")
def range_(d):
    dtype = d.type()
    step = d.rng.choice((1, 2, 3, -1, -2))
    start = d.rng.randint(-5, 5)
    for value in (start, start + step * d.rng.randint(1, 6) + d.rng.choice((0, 1 if step > 0 else -1)), step):
        d.known(dtype(value))


@drawn("EyeLike")
def eye_like(d):
    d.live(d.values(d.type("T1"), d.shape(2), odd=False))
    d.maybe("k", d.rng.randint(-3, 3))
    if d.some("dtype"):
        d.attributes["dtype"] = int(onnx_type(d.deal("target", d.types("T2"))))
