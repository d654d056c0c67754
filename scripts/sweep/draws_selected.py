"""How inputs and attributes are drawn: results as large as known values say, sequences in reverse."""
import numpy as np

from draw import drawn


@drawn("Compress")
def compress(d):
    x = d.values(d.type(), d.shape(d.rank(1, 4)))
    axis = d.axis(x.ndim) if d.some("axis") else None
    length = x.size if axis is None else x.shape[axis]
    holds = d.numbers.integers(0, 2, d.rng.randint(1, length)).astype(bool)
    holds[d.rng.randrange(holds.size)] = True
    d.live(x)
    d.known(holds)
    if axis is not None:
        d.attributes["axis"] = axis


@drawn("NonZero")
def non_zero(d):
    x = d.values(d.type(), d.shape(d.rank(1, 4)), -1, 1, odd=False)
    x.reshape(-1)[0] = 1
    d.known(x)


@drawn("Unique")
def unique(d):
    x = d.known(np.round(d.values(d.type(), d.shape(d.rank(1, 3)), -2, 2, odd=False)))
    d.outputs = d.deal("outputs", (1, 4))
    d.maybe("sorted", d.flag("sorted"))
    if d.some("axis"):
        d.attributes["axis"] = d.axis(x.ndim)


@drawn("ReverseSequence")
def reverse_sequence(d):
    x = d.live(d.values(d.type(), d.shape(d.rank(2, 4))))
    time = d.flag("time")
    d.either(d.numbers.integers(1, x.shape[time] + 1, x.shape[1 - time]).astype(np.int64), "lengths")
    if time == 1 or d.some("axes"):
        d.attributes.update(time_axis=time, batch_axis=1 - time)
