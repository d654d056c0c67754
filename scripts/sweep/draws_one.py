"""How inputs and attributes are drawn: functions of one element."""
import numpy as np

from draw import EXTREME, drawn, onnx_type


@drawn("Relu", "LeakyRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Tanh",
       "Softplus", "Softsign", "Mish", "Gelu", "Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Reciprocal", "Sqrt", "Exp", "Log",
       "Erf", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Identity")
def unary(d):
    dtype = d.type("V" if d.op == "Identity" and d.opset >= 14 else "T", "f" if d.op == "Erf" else None)
    # Without infinities where 0 times infinity is in the formula.
    x = d.values(dtype, d.shape(d.rank()), odd=d.op not in ("Swish", "Mish", "Gelu", "HardSwish"))
    if d.op in ("Round", "Floor", "Ceil") and d.flag("halves"):
        x = (np.round(x * 2) / 2).astype(dtype)
    d.live(x)
    d.maybe("alpha", d.rng.choice((0.25, 1.5, -0.5) if d.op != "Celu" else (0.5, 2.0)))
    d.maybe("beta", 0.75)
    d.maybe("gamma", 1.75)
    d.maybe("approximate", d.deal("approximate", ("none", "tanh")))


@drawn("Not")
def negation(d):
    d.live(d.values(np.bool_, d.shape(d.rank())))


@drawn("IsNaN", "IsInf")
def is_something(d):
    d.live(d.values(d.type("T1"), d.shape(d.rank(1))))
    d.maybe("detect_positive", d.flag("positive"))
    d.maybe("detect_negative", d.flag("negative"))


@drawn("Shrink")
def shrink(d):
    d.live(d.values(d.type(), d.shape(d.rank()), odd=False))
    d.maybe("lambd", 1.5)
    d.maybe("bias", 0.5)


@drawn("Clip")
def clip(d):
    dtype = d.type()
    # An absent bound is none here, so that infinities pass; the text puts the largest number there.
    d.tame = True
    d.live(d.values(dtype, d.shape(d.rank())))
    low, high = d.deal("bounds", ((-1, 2), (0, 6), (2, -1), (1, 1)))
    low = max(low, 0) if np.dtype(dtype).kind == "u" else low
    high = max(high, 0) if np.dtype(dtype).kind == "u" else high
    if d.opset < 11:
        d.maybe("min", float(low))
        d.maybe("max", float(high))
        return
    with_low, with_high = d.deal("given", ((1, 1), (1, 0), (0, 1), (0, 0)))
    d.either(dtype(low), "min") if with_low else d.absent()
    if with_high:
        d.either(dtype(high), "max")
    elif not with_low:
        d.inputs.pop()


@drawn("PRelu")
def prelu(d):
    dtype = d.type()
    shape = d.shape(d.rank(1, 4))
    slope = d.deal("slope", ("one", "channel", "all", "last", "first"))
    sizes = {"one": [1], "all": shape, "last": shape[-1:], "channel": [*shape[1:2], *[1] * (len(shape) - 2)] or [1],
             "first": [shape[0], *[1] * (len(shape) - 1)]}[slope]
    d.live(d.values(dtype, shape))
    d.either(d.values(dtype, sizes, odd=False), "slope")


@drawn("Softmax", "LogSoftmax", "Hardmax")
def softmax(d):
    rank = d.rank(1, 4)
    d.live(d.values(d.type(), d.shape(rank), odd=d.op != "Hardmax"))
    low = -rank if d.opset >= 11 else 0
    d.maybe("axis", d.deal(f"axis of {rank}", range(low, rank)))
    if rank == 1 and d.opset < 13:
        d.attributes["axis"] = 0


@drawn("Dropout")
def dropout(d):
    d.live(d.values(d.type(), d.shape(d.rank(1))))
    d.maybe("ratio", 0.25)
    d.maybe("seed", 3)
    if d.opset >= 12 and d.some("ratio input"):
        d.known(np.float32(0.25))
        if d.some("training"):
            d.known(np.bool_(False))
    if d.opset >= 12 and d.some("mask"):  # before that nobody says what the mask is
        d.outputs = 2


@drawn("Cast")
def cast(d):
    source, to = d.deal("source", d.types("T1")), d.deal("target", d.types("T2"))
    x = d.values(source, d.shape(d.rank()), -100, 100, odd=False)
    from_kind, to_kind = np.dtype(source).kind, np.dtype(to).kind
    if from_kind == "f" and to_kind in "iu":
        x = np.abs(x) if to_kind == "u" else x
        if d.flag("beyond"):  # undefined, but must not crash
            x, d.anything = d.values(source, (7,), -1e30 if source != np.float16 else -6e4, 6e4), True
    elif from_kind in "iu":
        x = d.values(source, d.shape(d.rank()), *EXTREME)
    elif to_kind in "fb":
        x = d.values(source, d.shape(d.rank()))
    d.live(x)
    d.attributes["to"] = int(onnx_type(to))


@drawn("CastLike")
def cast_like(d):
    source, to = d.deal("source", d.types("T1")), d.deal("target", d.types("T2"))
    x = d.values(source, d.shape(d.rank()), 0, 100, odd=False)
    d.live(x)
    d.either(np.zeros((2,), to), "like")
