"""What a stack's module hands to `serve.py`."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Way:
    """One network in one mode. `run()` computes it once on the inputs it was made for and returns what the framework's
    user gets; `outputs(answer)` makes of that the list of arrays, NCHW, in the order of the file's outputs."""
    run: Callable
    outputs: Callable


@dataclasses.dataclass
class Engine:
    """`distributions`: the packages whose versions are told. `load(network, inputs, threads)` makes a Way by mode of
    the stack, and raises what the framework raises. `derive` makes the other methods' networks of the unfolded one
    where the stack folds by itself: a Way by mode and the norms that are (folded, left)."""
    distributions: tuple
    load: Callable
    derive: Callable = None
