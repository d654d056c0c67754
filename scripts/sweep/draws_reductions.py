"""How inputs and attributes are drawn: reductions and places."""
import numpy as np

from draw import NEWEST, drawn


@drawn("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
       "ReduceLogSumExp", "ReduceSumSquare")
def reduction(d):
    rank = d.rank(0, 5)
    kind = d.op.removeprefix("Reduce")
    dtype = d.type()
    low = 1 if kind in ("Prod", "LogSum") else -4
    d.tame = kind == "Mean" and np.dtype(dtype).kind in "iu"  # nobody says what of a mean overflows
    # Products of doubles stay within float32, in which most devices compute them.
    high = (2 if np.dtype(dtype).kind in "iu" else 1.1) if kind == "Prod" else 4
    d.live(d.values(dtype, d.shape(rank), low, high, odd=kind in ("Max", "Min", "Sum", "Mean")))
    axes = d.axes(rank, 0) if d.opset >= 11 else sorted(each % rank for each in d.axes(rank, 0))
    given = d.some("axes") and axes
    if d.has("axes"):
        if given:
            d.attributes["axes"] = axes
    elif given:
        d.integers(axes)
    elif d.some("no axes") and not axes:
        d.integers(np.zeros(0))
    d.maybe("keepdims", d.flag("keep"))
    if NEWEST >= 23:  # older texts leave open whether the steps around the reduction are done
        d.maybe("noop_with_empty_axes", d.flag("noop"))


@drawn("ArgMax", "ArgMin")
def arg(d):
    rank = d.rank(1, 4)
    dtype = d.type()
    d.live(d.values(dtype, d.shape(rank), -2, 2, odd=False) if d.flag("ties") and np.dtype(dtype).kind != "f"
           else np.round(d.values(dtype, d.shape(rank), -2, 2)))
    d.maybe("axis", d.axis(rank) if d.opset >= 11 else d.axis(rank) % rank)
    d.maybe("keepdims", d.flag("keep"))
    d.maybe("select_last_index", d.flag("last"))


@drawn("CumSum", "CumProd")
def cumulate(d):
    rank = d.rank(1, 4)
    d.live(d.values(d.type(), d.shape(rank), -2, 2))
    d.known(d.deal("axis type", (np.int32, np.int64))(d.axis(rank)))
    d.maybe("exclusive", d.flag("exclusive"))
    d.maybe("reverse", d.flag("reverse"))


@drawn("TopK")
def top_k(d):
    rank = d.rank(1, 4)
    shape = d.shape(rank)
    axis = d.axis(rank) if d.opset >= 11 else d.axis(rank) % rank
    dtype = d.type()
    # Of equal ones the first comes first, as ONNX Runtime has it; onnx.reference, which has all types, need not.
    reach = 3 if dtype in (np.float32, np.float64, np.int32, np.int64) else 10**6
    d.live(d.values(dtype, shape, -reach, reach, odd=False))
    k = d.rng.randint(1, shape[axis])
    d.put("k", k)
    if d.opset >= 10:
        d.integers([k])
    d.attributes["axis"] = axis
    d.maybe("largest", d.flag("largest"))
    d.maybe("sorted", 1)
    d.outputs = 2
