"""What the choices of one operator are made with, and the table of functions that make them."""
import random
import zlib

import numpy as np
from onnx import defs, helper

OLDEST, NEWEST = 7, min(28, defs.onnx_opset_version())
SIZES = (1, 2, 3, 5, 7)
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
         **{f"tensor({each})": np.dtype(each).type for each in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                                                                "uint64", "bool")}}


DRAWS = {}
EXTREME = (-10**9, 10**9)


def drawn(*ops):
    """The function draws these operators; one that returns False has drawn nothing."""
    def add(function):
        DRAWS.update(dict.fromkeys(ops, function))
        return function
    return add


def onnx_type(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


class Draw:
    """The choices of one operator at one definition. A word or flag is dealt from a shuffled deck, so that each comes up."""

    def __init__(self, op, first, last, schema, seed):
        self.op, self.version, self.schema = op, first, schema
        self.rng = random.Random(zlib.crc32(f"{op} {first} {seed}".encode()))
        self.numbers = np.random.default_rng(self.rng.getrandbits(32))
        self.decks = {}
        self.opsets = sorted({first, last})
        self.begin()

    def begin(self):
        self.inputs, self.attributes, self.outputs = [], {}, 1
        self.anything, self.runtime, self.tame = False, True, False
        self.opset = self.deal("opset", self.opsets)

    def deal(self, what, options):
        """The next of the options, all of which come up before one comes up again."""
        options = list(options)
        deck = self.decks.setdefault((what, str(options)), [])
        if not deck:
            deck += self.rng.sample(range(len(options)), len(options))
        return options[deck.pop()]

    def flag(self, what):
        return self.deal(what, (0, 1))

    def some(self, what):
        """Whether something optional is there."""
        return bool(self.flag("with " + what))

    def size(self):
        return self.rng.choice(SIZES)

    def shape(self, rank):
        return [self.size() for _ in range(rank)]

    def rank(self, low=0, high=5):
        return self.deal(f"rank {low} {high}", range(low, high + 1))

    def axis(self, rank, what="axis"):
        """Any dimension, also counted from the end."""
        return self.deal(f"{what} of {rank}", range(-rank, rank))

    def axes(self, rank, least=1):
        """Some dimensions in any order, some of them counted from the end."""
        chosen = self.rng.sample(range(rank), self.rng.randint(min(least, rank), rank))
        return [each - rank if self.rng.random() < 0.4 else each for each in chosen]

    def has(self, attribute):
        return attribute in self.schema.attributes

    def put(self, name, value):
        """Sets an attribute, if this definition has it."""
        if self.has(name):
            self.attributes[name] = value

    def maybe(self, name, value):
        """The same, or leaves the standard."""
        if self.has(name) and self.some(name):
            self.attributes[name] = value

    def types(self, variable="T"):
        """The element types that the definition allows and banoff has."""
        for each in self.schema.type_constraints:
            if each.type_param_str == variable:
                return [TYPES[name] for name in sorted(each.allowed_type_strs) if name in TYPES]
        raise KeyError(f"{self.op} has no {variable}")

    def type(self, variable="T", only=None):
        """Floats of 32 bits half of the time."""
        allowed = [each for each in self.types(variable) if only is None or np.dtype(each).kind in only]
        if np.float32 in allowed and self.flag("plain " + variable):
            return np.float32
        return self.deal("type " + variable, allowed)

    def values(self, dtype, shape, low=-4, high=4, odd=True, nan=True):
        """Numbers in a range; where `odd`, NaN and infinities or the extremes of an integer among them now and then."""
        kind = np.dtype(dtype).kind
        if kind == "b":
            return self.numbers.integers(0, 2, shape).astype(bool)
        if kind == "f":
            x = np.asarray(self.numbers.uniform(low, high, shape), dtype)
            pool = [np.nan, np.inf, -np.inf, 0.0, -0.0][0 if nan else 1:]
        else:
            bounds = np.iinfo(dtype)
            x = np.asarray(self.numbers.integers(max(low, bounds.min), min(high, bounds.max) + 1, shape), dtype)
            pool = [bounds.min, bounds.max, bounds.max // 2, 0]
        if odd and not self.tame and x.size and self.flag("odd " + kind):
            flat = x.reshape(-1).copy()
            for _ in range(max(1, flat.size // 6)):
                flat[self.rng.randrange(flat.size)] = self.rng.choice(pool)
            x = flat.reshape(x.shape)
        return x

    def live(self, x):
        """An input that is given when the network runs."""
        self.inputs.append((np.asarray(x), False))
        return x

    def known(self, x):
        """An input that the file knows."""
        self.inputs.append((np.asarray(x), True))
        return x

    def absent(self):
        self.inputs.append(None)

    def either(self, x, what):
        """One or the other."""
        self.inputs.append((np.asarray(x), bool(self.flag("known " + what))))
        return x

    def integers(self, values):
        return self.known(np.asarray(values, np.int64))
