"""How inputs and attributes are drawn: recurrent layers."""
import numpy as np

from draw import drawn

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
EACH = {"RNN": 1, "GRU": 2, "LSTM": 3}
PLAIN = ("Sigmoid", "Tanh", "Relu", "Softsign", "Softplus")
WITH_NUMBERS = {"Affine": (1, 1), "LeakyRelu": (1, 0), "ThresholdedRelu": (1, 0), "ScaledTanh": (1, 1),
                "HardSigmoid": (1, 1), "Elu": (1, 0)}


def functions(d, directions):
    names = [d.deal("function", PLAIN + tuple(WITH_NUMBERS)) for _ in range(EACH[d.op] * directions)]
    alpha = sum(WITH_NUMBERS.get(each, (0, 0))[0] for each in names)
    beta = sum(WITH_NUMBERS.get(each, (0, 0))[1] for each in names)
    d.attributes["activations"] = names
    for name, count in (("activation_alpha", alpha), ("activation_beta", beta)):
        if count:
            d.attributes[name] = [round(d.rng.uniform(0.2, 0.9), 2) for _ in range(count)]


@drawn("LSTM", "GRU", "RNN")
def recurrent(d):
    dtype = np.float32  # ONNX Runtime, which alone has everything, computes no other
    direction = d.deal("direction", ("forward", "reverse", "bidirectional"))
    directions = 2 if direction == "bidirectional" else 1
    time, batch, features, hidden = d.size(), d.size(), d.size(), d.size()
    drawn_functions = d.some("functions")
    if drawn_functions:
        time = min(time, 3)  # gates beyond 1 let states grow until ONNX Runtime's floats overflow
    rows = GATES[d.op] * hidden
    values = lambda *shape: d.values(dtype, shape, -1, 1, odd=False)
    d.live(values(time, batch, features))
    d.known(values(directions, rows, features))
    d.known(values(directions, rows, hidden))
    optional = [lambda: d.known(values(directions, 2 * rows)),
                lambda: d.either(d.numbers.integers(0, time + 1, batch).astype(np.int32), "lengths"),
                lambda: d.either(values(directions, batch, hidden), "first state")]
    if d.op == "LSTM":
        optional += [lambda: d.either(values(directions, batch, hidden), "first cell"),
                     lambda: d.known(values(directions, 3 * hidden))]
    for i, add in enumerate(optional):
        if d.some(f"input {i}"):
            add()
        else:
            d.absent()
    d.attributes["hidden_size"] = hidden
    d.attributes["direction"] = direction
    if drawn_functions:
        functions(d, directions)
    d.maybe("clip", round(d.rng.uniform(0.3, 2), 2) + 0.005)  # no threshold
    d.maybe("input_forget", 1)
    d.maybe("linear_before_reset", 1)
    d.outputs = 3 if d.op == "LSTM" else 2
