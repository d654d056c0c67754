"""How far a network's outputs are from another one's."""
import numpy as np

NOT_THE_SAME = 1e-3  # of the largest output: beyond it a converted file is another network


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
