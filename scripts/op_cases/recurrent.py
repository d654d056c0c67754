"""Recurrent layers: the formulas written out, which are PyTorch's layers where it has them."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases.table import case, f64, normal, seeded

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
FUNCTIONS = {
    "sigmoid": lambda x, a, b: torch.sigmoid(x), "tanh": lambda x, a, b: torch.tanh(x),
    "relu": lambda x, a, b: F.relu(x), "affine": lambda x, a, b: a * x + b,
    "leaky_relu": lambda x, a, b: F.leaky_relu(x, a), "thresholded_relu": lambda x, a, b: torch.where(x >= a, x, 0.0),
    "scaled_tanh": lambda x, a, b: a * torch.tanh(b * x), "hard_sigmoid": lambda x, a, b: (a * x + b).clip(0, 1),
    "elu": lambda x, a, b: torch.where(x >= 0, x, a * torch.expm1(x)), "softsign": lambda x, a, b: F.softsign(x),
    "softplus": lambda x, a, b: F.softplus(x)}


def step(op, a, functions, x, h, c, weight, bias, peephole):
    """One step of one direction: the next h and c."""
    bound = a.get("clip", np.inf)
    f, *rest = [lambda v, bounds=i < 2, each=each: FUNCTIONS[each[0]](v.clip(-bound, bound) if bounds else v, *each[1:])
                for i, each in enumerate(functions)]
    parts = [h @ w.T for w in weight.chunk(GATES[op])]
    x = x.chunk(GATES[op], -1)
    if op == "rnn":
        return f(x[0] + parts[0]), c
    if op == "gru":
        z, r = f(x[0] + parts[0]), f(x[1] + parts[1])
        past = r * (parts[2] + bias) if a.get("reset_after") else (r * h) @ weight.chunk(3)[2].T
        return (1 - z) * rest[0](x[2] + past) + z * h, c
    p = peephole.chunk(3)
    i = f(x[0] + parts[0] + p[0] * c)
    forget = 1 - i if a.get("coupled") else f(x[2] + parts[2] + p[2] * c)
    c = forget * c + i * rest[0](x[3] + parts[3])
    return f(x[1] + parts[1] + p[1] * c) * rest[1](c), c


def layer(op, a, x, weight, bias, peephole, first, lengths):
    """The outputs of a layer: all states, the last h and of lstm the last c."""
    time, batch, _ = x.shape
    directions, hidden = weight.shape[0], weight.shape[2]
    standard = {"rnn": ["tanh"], "gru": ["sigmoid", "tanh"], "lstm": ["sigmoid", "tanh", "tanh"]}[op] * directions
    names = a.get("functions", standard)
    alpha, beta = a.get("alpha", [0.0] * len(names)), a.get("beta", [0.0] * len(names))
    functions = list(zip(names, alpha, beta))
    y = torch.zeros(time, directions, batch, hidden, dtype=torch.float64)
    last = [torch.zeros(directions, batch, hidden, dtype=torch.float64) for _ in range(2)]
    for d in range(directions):
        backward = a.get("direction") == "reverse" or d == 1
        own = functions[d * len(functions) // directions:][:len(functions) // directions]
        for n in range(batch):
            h, c = (s[d, n] for s in first)
            for t in sorted(range(lengths[n]), reverse=backward):
                h, c = step(op, a, own, x[t, n].chunk(directions)[d], h, c, weight[d], bias[d], peephole[d])
                y[t, d, n] = h
            if lengths[n]:
                last[0][d, n], last[1][d, n] = h, c
    return [y, *last[:2 if op == "lstm" else 1]]


def torch_layer(op, x, weight, bias):
    """PyTorch's own, which has other orders of gates, on gates in place of its input."""
    directions, rows, hidden = weight.shape
    order = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 2, 3, 1]}[op]
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[op]
    own = kind(x.shape[2], hidden, bidirectional=directions == 2).double()
    place = torch.cat([torch.arange(hidden) + gate * hidden for gate in order])
    with torch.no_grad():
        for d, suffix in enumerate(["", "_reverse"][:directions]):
            getattr(own, "weight_ih_l0" + suffix).copy_(torch.eye(x.shape[2]).double()[place + d * rows])
            getattr(own, "weight_hh_l0" + suffix).copy_(weight[d][place])
            getattr(own, "bias_ih_l0" + suffix).zero_()
            getattr(own, "bias_hh_l0" + suffix).zero_()
            if op == "gru":
                getattr(own, "bias_hh_l0" + suffix)[2 * hidden:] = bias[d]
        y, last = own(x)
    y = y.reshape(*y.shape[:2], directions, hidden).transpose(1, 2)
    return [y, *(last if op == "lstm" else [last])]


@seeded
def recurrent():
    def one(op, name, time, batch, hidden, lengths=None, initial=False, **a):
        directions = 2 if a.get("direction") == "bidirectional" else 1
        rows = GATES[op] * hidden
        x = normal(time, batch, directions * rows, std=1.5)
        params = {"weight": normal(directions, rows, hidden, std=1 / np.sqrt(hidden))}
        if a.get("bias"):
            params["bias"] = normal(directions, hidden)
        if a.get("peephole"):
            params["peephole"] = normal(directions, 3 * hidden, std=0.5)
        states = [normal(directions, batch, hidden, std=0.7) for _ in range(2 if op == "lstm" else 1)] if initial else []
        inputs = [x, *states, *([np.array(lengths, np.int32)] if lengths else [])]
        attributes = {"hidden": hidden, **a, **({"initial": True} if initial else {}), **({"lengths": True} if lengths else {})}
        zeros = torch.zeros(directions, 3 * hidden, dtype=torch.float64)
        bias = f64(params["bias"]) if a.get("bias") else zeros[:, :hidden]
        peephole = f64(params["peephole"]) if a.get("peephole") else zeros
        first = [f64(s) for s in states] + [torch.zeros(directions, batch, hidden, dtype=torch.float64)] * (2 - len(states))
        expected = layer(op, a, f64(x), f64(params["weight"]), bias, peephole, first, lengths or [time] * batch)
        if not lengths and not initial and set(a) <= {"direction", "bias", "reset_after"} and a.get("direction") != "reverse" \
                and (op != "gru" or a.get("reset_after")):
            for ours, theirs in zip(expected, torch_layer(op, f64(x), f64(params["weight"]), bias)):
                assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12), name
        case(f"{op}_{name}", op, attributes, inputs, [each.numpy() for each in expected], params)

    both = {"direction": "bidirectional"}
    for op in GATES:
        one(op, "forward", 5, 1, 7)
        one(op, "one_cell", 3, 2, 1)
        one(op, "reverse", 4, 2, 5, direction="reverse")
        one(op, "bidirectional", 6, 3, 16, **both)
        one(op, "wide", 3, 1, 37, **both)
        one(op, "initial", 4, 2, 6, initial=True, **both)
        one(op, "lengths", 5, 4, 3, lengths=[3, 5, 0, 1], **both)
        one(op, "lengths_initial", 5, 3, 9, lengths=[0, 2, 5], initial=True, direction="reverse")
        one(op, "clip", 5, 2, 5, clip=0.4)
    one("rnn", "long", 23, 1, 20, **both)
    for function in FUNCTIONS:
        one("rnn", function, 4, 2, 3, functions=[function], alpha=[0.3], beta=[0.6])
    one("rnn", "two_functions", 3, 2, 4, functions=["relu", "softsign"], **both)
    one("gru", "reset_after", 5, 2, 7, reset_after=True)
    one("gru", "reset_after_bias", 4, 3, 18, reset_after=True, bias=True, **both)
    one("gru", "reset_after_clip", 4, 2, 5, reset_after=True, bias=True, clip=0.5, lengths=[2, 4])
    one("gru", "functions", 4, 2, 5, functions=["hard_sigmoid", "softsign", "sigmoid", "leaky_relu"], alpha=[0.25, 0, 0, 0.2],
        beta=[0.4, 0, 0, 0], **both)
    one("gru", "functions_reset_after", 4, 2, 5, functions=["sigmoid", "scaled_tanh"], alpha=[0, 1.2], beta=[0, 0.7],
        reset_after=True, bias=True)
    one("lstm", "long", 19, 1, 24, **both)
    one("lstm", "many_rows", 3, 7, 17)
    one("lstm", "peephole", 4, 2, 6, peephole=True)
    one("lstm", "coupled", 4, 2, 6, coupled=True)
    one("lstm", "everything", 5, 3, 19, peephole=True, coupled=True, clip=0.8, initial=True, lengths=[5, 2, 4], **both)
    one("lstm", "peephole_clip", 5, 2, 33, peephole=True, clip=0.7, initial=True)
    one("lstm", "functions", 4, 2, 5, functions=["hard_sigmoid", "elu", "softsign", "sigmoid", "softplus", "affine"],
        alpha=[0.2, 0.6, 0, 0, 0, 0.5], beta=[0.5, 0, 0, 0, 0, 0.1], peephole=True, **both)
