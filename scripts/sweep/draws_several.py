"""How inputs and attributes are drawn: functions of several elements."""
import numpy as np

from draw import EXTREME, drawn


def broadcast_shapes(d, count=2):
    """Shapes that broadcast to one."""
    whole = d.shape(d.rank())
    shapes = []
    for i in range(count):
        shape = [1 if d.rng.random() < 0.3 else size for size in whole]
        shapes.append(shape[d.rng.randint(0, len(shape)):] if d.flag(f"shorter {i}") else shape)
    return shapes


def operands(d, dtypes, shapes, **options):
    """At least one of them live."""
    for i, (dtype, shape) in enumerate(zip(dtypes, shapes)):
        x = d.values(dtype, shape, **options)
        d.live(x) if i == 0 else d.either(x, f"operand {i}")
    if d.flag("swapped") and len(d.inputs) == 2 and dtypes[0] == dtypes[1]:
        d.inputs.reverse()


@drawn("Add", "Sub", "Mul")
def arithmetic(d):
    dtype = d.type()
    operands(d, [dtype] * 2, broadcast_shapes(d), low=EXTREME[0] if np.dtype(dtype).kind in "iu" else -4,
             high=EXTREME[1] if np.dtype(dtype).kind in "iu" else 4)


@drawn("Div", "Mod")
def division(d):
    dtype = d.type()
    kind = np.dtype(dtype).kind
    shapes = broadcast_shapes(d)
    x = d.values(dtype, shapes[0], -100, 100, odd=kind == "f" and d.op == "Div")
    y = d.values(dtype, shapes[1], -7, 7, odd=False)
    if kind in "iu":
        y = np.where(y == 0, dtype(3), y).astype(dtype)
    if kind == "f" and d.op == "Mod":
        y = np.where(np.abs(y) < 0.5, dtype(1.5), y).astype(dtype)
    if kind in "iu" and d.flag("zero or overflow"):
        x, y = np.full_like(x, np.iinfo(dtype).min), np.where(d.numbers.random(y.shape) < 0.5, 0, -1).astype(dtype)
        d.anything, d.runtime = True, False  # it may kill the process
    d.live(x)
    d.either(y, "divisor")
    if d.op == "Mod":
        d.put("fmod", 1 if kind == "f" else d.flag("fmod"))


@drawn("Pow")
def power(d):
    base = d.type("T")
    exponent = d.type("T1") if d.opset >= 12 else base
    shapes = broadcast_shapes(d)
    whole = np.dtype(base).kind in "iu" or np.dtype(exponent).kind in "iu"
    tiny = np.dtype(base).kind in "iu" and np.dtype(exponent).kind == "f"
    x = d.values(base, shapes[0], *((-3, 3) if whole else (0, 4)), odd=False)
    y = d.values(exponent, shapes[1], 0, 3, odd=False)
    if tiny:  # a root of a negative integer is no integer
        y = np.round(y)
    if d.flag("one exponent"):
        y = np.asarray(d.deal("exponent", (0, 1, 2, 3) if whole else (0.5, 1, 2, -1, 0)), exponent)
    d.live(x)
    d.either(y, "exponent")


@drawn("Max", "Min", "Sum", "Mean")
def of_many(d):
    dtype = d.type()
    count = d.deal("operands", (1, 2, 2, 3))
    operands(d, [dtype] * count, broadcast_shapes(d, count))


@drawn("And", "Or", "Xor")
def logic(d):
    operands(d, [np.bool_] * 2, broadcast_shapes(d))


@drawn("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
def compare(d):
    dtype = d.type("T")
    operands(d, [dtype] * 2, broadcast_shapes(d), low=-1, high=1)


@drawn("Where")
def where(d):
    dtype = d.type("T")
    shapes = broadcast_shapes(d, 3)
    d.live(d.values(np.bool_, shapes[0]))
    d.either(d.values(dtype, shapes[1]), "first")
    d.either(d.values(dtype, shapes[2]), "second")
