"""Arithmetic, activations, and bounds per channel."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases.table import case, f64, normal, seeded


@seeded
def elementwise():
    functions = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
    shapes = {"same": ((2, 5, 4, 3), (2, 5, 4, 3)), "gate": ((1, 8, 5, 7), (1, 8, 1, 1)),
              "gate_first": ((1, 8, 1, 1), (1, 8, 5, 7)), "spatial_gate": ((2, 6, 4, 5), (2, 1, 4, 5)),
              "row": ((2, 3, 4), (4,)), "both_stretched": ((2, 1, 3), (1, 4, 1)), "one": ((2, 3, 2, 2), (1,))}
    for op, function in functions.items():
        for name, (a, b) in shapes.items():
            x, y = normal(*a), normal(*b)
            if op == "div":
                y = (np.sign(y) * (np.abs(y) + 0.3)).astype(np.float32)
            magnitude = np.abs(x).max() + np.abs(y).max() if op in ("add", "sub") else 0
            case(f"{op}_{name}", op, {}, [x, y], function(f64(x), f64(y)).numpy(), None, magnitude)
    for name, (a, b) in shapes.items():
        x, y = (np.round(normal(*shape)).astype(np.float32) for shape in (a, b))
        case(f"equal_{name}", "equal", {}, [x, y], (f64(x) == f64(y)).numpy())
    many = [normal(2, 4, 3, 3) for _ in range(4)]
    case("add_four", "add", {}, many, sum(f64(x) for x in many).numpy(), None, 6)
    gated = [normal(1, 4, 3, 5), normal(1, 4, 1, 1), normal(5)]
    case("add_three_broadcast", "add", {}, gated, (f64(gated[0]) + f64(gated[1]) + f64(gated[2])).numpy(), None, 6)

    def values(*shape):
        x = normal(*shape, std=3).reshape(-1)
        x[:6] = [0, 100, -100, 1e-4, -1e-4, -3]
        return x.reshape(shape)
    activations = {
        "relu": (F.relu, {}), "relu6": (F.relu6, {}), "sigmoid": (torch.sigmoid, {}), "tanh": (torch.tanh, {}),
        "silu": (F.silu, {}), "swish": (F.silu, {}), "hard_swish": (F.hardswish, {}), "mish": (F.mish, {}),
        "softplus": (lambda t: F.softplus(t, threshold=1000), {}), "clip": (lambda t: t.clamp(-1.5, 2.25), {"min": -1.5, "max": 2.25}),
        "leaky_relu": (F.leaky_relu, {}), "leaky_relu_0.2": (lambda t: F.leaky_relu(t, 0.2), {"alpha": 0.2}),
        "elu": (F.elu, {}), "elu_0.5": (lambda t: F.elu(t, 0.5), {"alpha": 0.5}),
        "hard_sigmoid": (F.hardsigmoid, {}),
        "hard_sigmoid_0.2": (lambda t: (0.2 * t + 0.4).clamp(0, 1), {"alpha": 0.2, "beta": 0.4}),
        "linear": (lambda t: -2.5 * t + 0.75, {"alpha": -2.5, "beta": 0.75}), "linear_0.5": (lambda t: t + 0.5, {"beta": 0.5}),
        "gelu": (F.gelu, {}), "gelu_tanh": (lambda t: F.gelu(t, approximate="tanh"), {}),
    }
    for name, (function, attributes) in activations.items():
        op = name.split("_0.")[0]
        x = values(2, 5, 4, 3)
        case(f"{name}_4d", op, attributes, [x], function(f64(x)).numpy())
    for op in ("relu", "sigmoid", "hard_swish", "gelu"):
        x = values(3, 13)
        case(f"{op}_2d", op, {}, [x], activations[op][0](f64(x)).numpy())
    x = values(1, 8, 6, 5)
    case("relu_8ch", "relu", {}, [x], F.relu(f64(x)).numpy())

    def prelu(name, shape, slopes):
        x, w = normal(*shape, std=2), normal(slopes)
        case(f"prelu_{name}", "prelu", {}, [x], F.prelu(f64(x), f64(w)).numpy(), {"weight": w})
    prelu("4d", (2, 6, 4, 3), 6)
    prelu("shared", (1, 5, 3, 4), 1)
    prelu("2d", (3, 7), 7)

    def softmax(name, shape, axis, std=2.0):
        x = normal(*shape, std=std)
        attributes = {"axis": axis} if axis != 1 else {}
        case(f"softmax_{name}", "softmax", attributes, [x], torch.softmax(f64(x), axis).numpy())
    softmax("2d", (3, 10), 1)
    softmax("4d", (2, 5, 3, 4), 1)
    softmax("last", (2, 3, 7), -1)
    softmax("first", (4, 3), 0)
    softmax("large", (2, 6), 1, std=300)


@seeded
def bounds():
    def along(shape, axis, values):
        where = [1] * len(shape)
        where[axis] = shape[axis]
        return f64(values).reshape(where)

    def clamp(name, shape, axis=1, lower=True, upper=True):
        x = normal(*shape, std=3)
        params, y = {}, f64(x)
        if lower:
            params["lower"] = normal(shape[axis], mean=-1, std=2)
            y = torch.maximum(y, along(shape, axis, params["lower"]))
        if upper:
            params["upper"] = params["lower"] + np.abs(normal(shape[axis], std=2)) if lower else normal(shape[axis])
            y = torch.minimum(y, along(shape, axis, params["upper"]))
        attributes = {**({"axis": axis} if axis != 1 else {}), **({} if lower else {"lower": False}),
                      **({} if upper else {"upper": False})}
        case(f"clamp_{name}", "clamp", attributes, [x], y.numpy(), params)

    clamp("4d", (2, 5, 4, 3))
    clamp("lower_only", (1, 8, 3, 5), upper=False)
    clamp("upper_only", (1, 8, 5, 3), lower=False)
    clamp("2d", (3, 6))
    clamp("3d_20ch", (2, 20, 7), upper=False)
    clamp("5d", (1, 3, 2, 4, 3))
    clamp("last_axis", (2, 3, 4, 5), -1)
    clamp("first_axis", (3, 4), 0)

    def kinked(name, shape, axis=1):
        x = normal(*shape, std=3)
        params = {key: normal(shape[axis]) for key in ("kink", "below", "above")}
        kink, below, above = (along(shape, axis, params[key]) for key in ("kink", "below", "above"))
        t = f64(x)
        # As a sum of two one-sided lines.
        y = kink + above * F.relu(t - kink) - below * F.relu(kink - t)
        case(f"kinked_{name}", "kinked", {"axis": axis} if axis != 1 else {}, [x], y.numpy(), params,
             np.abs(x).max() * max(1, *(np.abs(params[key]).max() for key in ("below", "above"))))

    kinked("4d", (2, 5, 4, 3))
    kinked("8ch", (1, 8, 3, 5))
    kinked("2d", (3, 6))
    kinked("3d_20ch", (2, 20, 7))
    kinked("5d", (1, 3, 2, 4, 3))
    kinked("last_axis", (2, 3, 4, 5), -1)
    kinked("first_axis", (3, 4), 0)
