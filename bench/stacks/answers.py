"""How far a network's outputs are from another one's."""
import numpy as np

NOT_THE_SAME = 1e-3  # of the largest output: beyond it a converted file is another network
AMPLIFIED = 16  # times what one rounding of the input changes, where that is more: each layer rounds
COMPARABLE = 0.1  # but never more than this


def difference(right, found):
    """Of two lists of arrays, in float64: the worst over the outputs. None where their sizes differ.

    `max_relative` is the largest difference over the largest magnitude of that output of `right`.
    """
    if [array.shape for array in right] != [array.shape for array in found]:
        return None
    worst = {"max_abs": 0.0, "mean_abs": 0.0, "max_relative": 0.0}
    for one, other in zip(right, found):
        one = one.astype(np.float64)
        distance = np.abs(other.astype(np.float64) - one)
        if not distance.size:
            continue
        largest = np.abs(one).max()
        relative = distance.max() / largest if largest else distance.max()
        for name, value in zip(worst, (distance.max(), distance.mean(), relative)):
            worst[name] = max(worst[name], float(value))
    return worst


def finite(arrays):
    return all(np.isfinite(array).all() for array in arrays)


def rounded_otherwise(inputs, seed=1):
    """The inputs, each number changed by one rounding (2^-23 of itself) up or down."""
    source = np.random.default_rng(seed)
    return [array * (1 + source.choice(np.float32([-1, 1]), array.shape) * np.float32(2**-23)) for array in inputs]


def limit(right, otherwise):
    """How far from `right` an answer of the same network may be, and a remark where that is not the usual.

    Made-up weights may make a network so sensitive that float32 answers of any two frameworks differ by percents;
    `otherwise` is the answer to the input rounded otherwise, which shows it.
    """
    rounding = difference(right, otherwise)["max_relative"]
    if not rounding * AMPLIFIED > NOT_THE_SAME:
        return NOT_THE_SAME, ""
    return min(rounding * AMPLIFIED, COMPARABLE), (f", where one rounding of its input alone changes {rounding:.2g}: "
                                                   "other weights, or norms calibrated at this size, can be compared")
