"""Weights by a formula that is exact everywhere: small integers over powers of two, from a hash of the parameter's name.

Two programs that agree on a network's parameter names and shapes so have the same weights without sharing a file; the
other one is tests/session/formula_weights.hpp. Batch norms are far from the identity (gamma of both signs, variances over
two decades). Their statistics take one exponent per norm, the size of what reaches it, so that deep nets stay finite.
"""
import numpy as np


GAMMA = np.uint64(0x9E3779B97F4A7C15)


def mixed(z):
    """SplitMix64's output function (Steele, Lea and Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fnv1a(name):
    """The 64-bit FNV-1a hash."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return np.uint64(value)


def random_bytes(name, count):
    """[count, 2] bytes: of each number that runtime/load/random.hpp draws for seed 0 and this name, the two highest."""
    with np.errstate(over="ignore"):
        start = mixed(np.array([GAMMA])) ^ fnv1a(name)
        drawn = mixed(start + np.arange(1, count + 1, dtype=np.uint64) * GAMMA)
    return drawn.astype(">u8").view(np.uint8).reshape(count, 8)[:, :2].astype(np.float64)


def halvings(fan_in):
    """The largest k with 6 * 4^k <= fan_in, at least 0: uniform in +-2^-k has He's variance, 2 / fan_in, or a bit more."""
    k = 0
    while 6 * 4 ** (k + 1) <= fan_in:
        k += 1
    return k


def centred(byte):
    """A byte as a number in (-1, 1), never 0."""
    return (2 * byte - 255) / 256


def made_up(name, shape, norm_exponent=None):
    """The parameter `name`; norm_exponent is given for those of a batch norm."""
    byte = random_bytes(name, int(np.prod(shape)))
    slot = name.rsplit(".", 1)[1]
    if slot == "bias":
        values = centred(byte[:, 0]) / 2
    elif slot == "running_mean":
        values = centred(byte[:, 0]) * 2.0**norm_exponent
    elif slot == "running_var":
        values = (1 + byte[:, 0] / 256) * 2.0 ** (byte[:, 1] % 7 - 3) * 4.0**norm_exponent
    elif norm_exponent is not None:
        values = (0.5 + byte[:, 0] / 256) * np.where(byte[:, 1] < 77, -1, 1)
    else:
        values = centred(byte[:, 0]) * 2.0 ** -halvings(int(np.prod(shape[1:])))
    return values.reshape(shape)


def picture(shape):
    """An input of numbers in (-2, 2)."""
    return 2 * centred(random_bytes("image", int(np.prod(shape)))[:, 0]).reshape(shape)
