"""What the specification says where ONNX Runtime and onnx.reference differ, or where both are known to be wrong.

`WRITTEN` holds operators written out here from the text of their definitions, exactly where that matters; `RULES` says of
others which of the two to believe.
"""
import numpy as np

import cases
import written_resize
import written_values as values
import written_windows as windows

WRITTEN = {
    "MaxPool": windows.pools, "AveragePool": windows.pools, "GlobalMaxPool": windows.global_max, "Conv": windows.convolution,
    "ConvTranspose": windows.transposed, "LRN": windows.response, "Resize": written_resize.resize,
    "Upsample": written_resize.resize, "OneHot": values.one_hot, "Scatter": values.scatter,
    "ScatterElements": values.scatter, "ScatterND": values.scatter, "ReduceLogSum": values.reduction,
    "ReduceL2": values.reduction, "ReduceLogSumExp": values.reduction, "Sqrt": values.root,
    "Softmax": values.softmax, "LogSoftmax": values.softmax, "Hardmax": values.softmax,
    "MeanVarianceNormalization": values.mean_variance,
}


def first_difference(a, b):
    """Where ONNX Runtime and onnx.reference differ."""
    for name in a:
        x, y = a[name], b[name]
        if x.dtype != y.dtype or x.shape != y.shape:
            return f"{name} is {x.dtype}{list(x.shape)} in ONNX Runtime, {y.dtype}{list(y.shape)} in onnx.reference"
        different = ~((x == y) | ((x != x) & (y != y)))
        if different.any():
            at = tuple(int(each) for each in np.argwhere(different)[0])
            return f"{name}{list(at)} is {x[at]} in ONNX Runtime, {y[at]} in onnx.reference"
    return "none"


def has(case, test):
    """Whether a float among the inputs is of that kind."""
    return any(each is not None and each.dtype.kind == "f" and test(each).any() for each in case.arrays())


def has_nan(case):
    return has(case, np.isnan)


def nan_is_open(case):
    """Whether versions of ONNX Runtime differ on the case by its NaN."""
    return has_nan(case) and any(case.op in ops for ops, holds, *_ in RULES if holds is has_nan)


def always(_):
    return True


# The operators, whether the rule holds for a case, the oracle that is right, and why.
RULES = (
    (("ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "Max", "Min", "Clip", "Relu", "Erf", "Sign"), has_nan, "reference",
     "a NaN is kept, and stands before every number, as in NumPy and PyTorch; the text does not say"),
    (("PRelu",), lambda case: has(case, np.isinf), "reference", "f(x) = x for x >= 0; ONNX Runtime multiplied by 0"),
    (("ReduceProd", "ReduceSum", "ReduceSumSquare", "CumSum"), lambda case: case.arrays()[0].dtype.kind in "iu", "reference",
     "integers wrap; ONNX Runtime sums some of them in floats"),
    (("LpNormalization",), always, "runtime", "the norm for p = 1 is a sum of magnitudes"),
    (("TopK",), always, "runtime", "of equal elements the first comes first"),
    (("BatchNormalization",), always, "runtime", "the reference computes in the smaller of the types"),
    (("LSTM", "GRU", "RNN"), always, "runtime", "the reference leaves out lengths, clip and most activations"),
    (("CenterCropPad", "CastLike"), always, "runtime", "older versions of the reference are wrong"),
)


def decide(case, told):
    """The oracles that are right ("runtime", "reference"), or None."""
    for ops, holds, right, _ in RULES:
        if case.op in ops and holds(case):
            return [right]
    if case.version < cases.spans(case.op)[-1][0]:
        return ["runtime"]  # the reference knows the newest definition only
    return None
