"""Functions of one and several values, reductions, and ops that read and write at indices."""
import numpy as np
import torch
import torchvision

from op_cases import table
from op_cases.table import case, f64, normal, seeded


def whole(*shape, low=-9, high=10, dtype=np.int64):
    return table.rng.integers(low, high, shape).astype(dtype)


@seeded
def functions_of_one():
    x = normal(2, 3, 4, 5, std=2)
    inside = np.tanh(normal(3, 7)).astype(np.float32)
    real = {"abs": torch.abs, "neg": torch.neg, "sign": torch.sign, "floor": torch.floor, "ceil": torch.ceil,
            "exp": torch.exp, "erf": torch.erf, "sin": torch.sin, "cos": torch.cos, "atan": torch.atan,
            "sinh": torch.sinh, "cosh": torch.cosh, "asinh": torch.asinh}
    for op, function in real.items():
        case(op, op, {}, [x], function(f64(x)).numpy())
    for op in ("tan", "asin", "acos", "atanh"):
        case(op, op, {}, [inside], getattr(torch, op)(f64(inside)).numpy())
    above = (1.5 + np.abs(x)).astype(np.float32)
    for op in ("reciprocal", "sqrt", "log", "acosh"):
        case(op, op, {}, [above], getattr(torch, op)(f64(above)).numpy())
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49, 7.51], np.float32)
    case("round_halves", "round", {}, [halves], np.round(halves.astype(np.float64)))
    integers = whole(4, 5)
    for op, function in {"abs": np.abs, "neg": np.negative, "sign": np.sign}.items():
        case(f"{op}_integers", op, {}, [integers], function(integers))
    case("not", "not", {}, [integers > 0], ~(integers > 0))


@seeded
def functions_of_several():
    shapes = {"same": ((2, 3, 4), (2, 3, 4)), "row": ((2, 3, 4), (4,)), "both_stretched": ((2, 1, 3), (1, 4, 1))}
    for name, (a, b) in shapes.items():
        x, y = (np.round(normal(*shape, std=2)).astype(np.float32) for shape in (a, b))
        p, q = f64(x), f64(y)
        case(f"less_{name}", "less", {}, [x, y], (p < q).numpy())
        case(f"less_equal_{name}", "less_equal", {}, [x, y], (p <= q).numpy())
        case(f"max_{name}", "max", {}, [x, y], torch.maximum(p, q).numpy())
        case(f"min_{name}", "min", {}, [x, y], torch.minimum(p, q).numpy())
        base, divisor = np.abs(x) + np.float32(0.5), y + np.float32(0.25)
        case(f"pow_{name}", "pow", {}, [base, y], torch.pow(f64(base), q).numpy())
        case(f"mod_{name}", "mod", {}, [x, divisor], torch.remainder(p, f64(divisor)).numpy())
        case(f"fmod_{name}", "fmod", {}, [x, divisor], torch.fmod(p, f64(divisor)).numpy())
    i, j = whole(3, 4), whole(3, 4, low=1)
    j[0] *= -1
    case("mod_integers", "mod", {}, [i, j], np.mod(i, j))
    case("fmod_integers", "fmod", {}, [i, j], np.fmod(i, j))
    case("div_integers", "div", {}, [i, j], np.fix(i / j).astype(np.int64))
    case("add_integers", "add", {}, [i.astype(np.int32), j.astype(np.int32)], (i + j).astype(np.int32))
    case("pow_integers", "pow", {}, [i, np.abs(j)], i ** np.abs(j))
    case("max_booleans", "max", {}, [i > 0, j > 0], (i > 0) | (j > 0))
    case("min_booleans", "min", {}, [i > 0, j > 0], (i > 0) & (j > 0))
    case("equal_integers", "equal", {}, [i, np.where(j > 3, i, j)], i == np.where(j > 3, i, j))
    x, y = normal(2, 3, 4), normal(3, 1)
    mask = table.rng.random((2, 1, 4)) < 0.5
    case("where", "where", {}, [mask, x, y], np.where(mask, f64(x), f64(y)))
    case("where_integers", "where", {}, [mask[0], i, j], np.where(mask[0], i, j))


@seeded
def reductions():
    x = normal(2, 3, 4, 5)
    for axes in ([1], [2, 3], [0, -1], [0, 1, 2, 3]):
        for keep in (True, False):
            name = "_".join(map(str, axes)) + ("" if keep else "_dropped")
            attributes = {"axes": axes, "keep_dims": keep}
            values = x.astype(np.float64)
            size = np.prod([x.shape[axis] for axis in axes])
            given = {"axis": tuple(axes), "keepdims": keep}
            case(f"reduce_sum_{name}", "reduce_sum", attributes, [x], values.sum(**given), None, 3 * size)
            case(f"reduce_max_{name}", "reduce_max", attributes, [x], values.max(**given))
            case(f"reduce_min_{name}", "reduce_min", attributes, [x], values.min(**given))
            case(f"reduce_prod_{name}", "reduce_prod", attributes, [x], values.prod(**given))
    i = whole(3, 4, dtype=np.int32)
    case("reduce_max_integers", "reduce_max", {"axes": [1]}, [i], i.max(axis=1, keepdims=True))
    case("reduce_sum_integers", "reduce_sum", {"axes": [0]}, [i], i.sum(axis=0, keepdims=True).astype(np.int32))
    case("reduce_max_booleans", "reduce_max", {"axes": [1]}, [i > 5], (i > 5).max(axis=1, keepdims=True))
    case("reduce_min_booleans", "reduce_min", {"axes": [1]}, [i > -5], (i > -5).min(axis=1, keepdims=True))
    ties = np.round(normal(3, 6, 2)).astype(np.float32)
    last = ties.shape[1] - 1 - np.flip(ties, 1).argmax(axis=1)
    case("arg_max", "arg_max", {"axis": 1}, [ties], ties.argmax(axis=1)[:, None])
    case("arg_max_last", "arg_max", {"axis": 1, "last": True, "keep_dims": False}, [ties], last)
    case("arg_min", "arg_min", {"axis": -1}, [ties], ties.argmin(axis=-1)[..., None])
    for largest in (True, False):
        order = np.argsort(-ties if largest else ties, axis=1, kind="stable")[:, :4]
        case(f"top_k_{'largest' if largest else 'smallest'}", "top_k", {"axis": 1, "k": 4, "largest": largest}, [ties],
             [np.take_along_axis(ties.astype(np.float64), order, 1), order])
    for exclusive in (False, True):
        for reverse in (False, True):
            y = f64(x).flip(2) if reverse else f64(x)
            for op, function, neutral in (("sum", torch.cumsum, 0), ("prod", torch.cumprod, 1)):
                total = function(y, 2)
                if exclusive:
                    total = torch.cat([torch.full_like(total[:, :, :1], neutral), total[:, :, :-1]], 2)
                total = (total.flip(2) if reverse else total).numpy()
                case(f"cumulative_{op}{'_exclusive' * exclusive}{'_reverse' * reverse}", f"cumulative_{op}",
                     {"axis": 2, "exclusive": exclusive, "reverse": reverse}, [x], total, None, 8)


@seeded
def indices():
    x = normal(3, 4, 5)
    case("expand", "expand", {"shape": [2, 3, 4, 5]}, [x[:, :1]], np.broadcast_to(x[:, :1], (2, 3, 4, 5)).astype(np.float64))
    for axis in (0, 1, -1):
        size = x.shape[axis]
        places = whole(2, 3, low=-size, high=size)
        case(f"gather_axis_{axis}", "gather", {"axis": axis}, [x, places], np.take(x.astype(np.float64), places, axis))
    case("gather_scalar", "gather", {"axis": 1}, [x, np.array(-1)], x.astype(np.float64)[:, -1])
    table_of, rows = whole(4, 2), whole(3, low=0, high=4, dtype=np.int32)
    case("gather_integers", "gather", {}, [table_of, rows], np.take(table_of, rows, 0))
    places = whole(3, 2, 5, low=-4, high=4)
    case("gather_elements", "gather_elements", {"axis": 1}, [x, places],
         np.take_along_axis(x.astype(np.float64), places, 1))
    pairs = np.stack([whole(6, low=-3, high=3), whole(6, low=-4, high=4)], -1)
    case("gather_nd", "gather_nd", {}, [x, pairs], x.astype(np.float64)[pairs[:, 0], pairs[:, 1]])
    each = whole(3, 2, 1, low=0, high=4)
    case("gather_nd_batch", "gather_nd", {"batch_dims": 1}, [x, each],
         np.stack([x.astype(np.float64)[n, each[n, :, 0]] for n in range(3)]))
    updates = normal(3, 2, 5)
    for reduction in ("none", "add", "mul", "max", "min"):
        place = np.argsort(table.rng.random((3, 4, 5)), axis=1)[:, :2] - 4  # none twice
        y = x.astype(np.float64)
        there = np.take_along_axis(y, place, 1)
        combined = {"none": updates, "add": there + updates, "mul": there * updates,
                    "max": np.maximum(there, updates), "min": np.minimum(there, updates)}[reduction]
        np.put_along_axis(y, place, combined, 1)
        case(f"scatter_elements_{reduction}", "scatter_elements", {"axis": 1, "reduction": reduction},
             [x, place, updates], y, None, 8)
        rows = np.array([[2, 0], [0, -1]])
        slices = normal(2, 5)
        y = x.astype(np.float64)
        for row, new in zip(rows, slices):
            old = y[tuple(row)]
            y[tuple(row)] = {"none": new, "add": old + new, "mul": old * new, "max": np.maximum(old, new),
                             "min": np.minimum(old, new)}[reduction]
        case(f"scatter_nd_{reduction}", "scatter_nd", {"reduction": reduction}, [x, rows, slices], y, None, 8)


def select(boxes, scores, most, iou, score):
    """Non-maximum suppression box by box (y1 x1 y2 x2), for every image and class."""
    rows = []
    for n in range(boxes.shape[0]):
        for c in range(scores.shape[1]):
            kept = []
            for k in sorted(range(boxes.shape[1]), key=lambda k: -scores[n, c, k]):
                if score is not None and not scores[n, c, k] > score or len(kept) == most:
                    continue
                overlaps = overlaps_of(boxes[n, [k]], boxes[n, kept]) if kept else np.zeros(1)
                if overlaps.max() <= iou:
                    kept.append(k)
            rows += [(n, c, k) for k in kept]
    return np.array(rows, np.int64).reshape(-1, 3)


def overlaps_of(a, b):
    return torchvision.ops.box_iou(f64(a), f64(b)).numpy()


@seeded
def boxes():
    corner, side = table.rng.random((2, 12, 2)), 0.1 + 0.4 * table.rng.random((2, 12, 2))
    corners = np.concatenate([corner, corner + side], -1).astype(np.float32)
    scores = table.rng.random((2, 3, 12)).astype(np.float32)
    flipped = corners.copy()
    flipped[:, ::2] = corners[:, ::2][..., [2, 3, 0, 1]]
    for name, given in (("corners", corners), ("corners_in_any_order", flipped)):
        case(f"select_boxes_{name}", "select_boxes", {"max": 4, "iou": 0.3, "score": 0.2}, [given, scores],
             select(corners.astype(np.float64), scores, 4, 0.3, 0.2))
    centred = np.concatenate([(corner + side / 2)[..., ::-1], side[..., ::-1]], -1).astype(np.float32)
    case("select_boxes_centred", "select_boxes", {"max": 12, "iou": 0.5, "centred": True}, [centred, scores],
         select(corners.astype(np.float64), scores, 12, 0.5, None))


@seeded
def pool_indices():
    x = normal(2, 3, 7, 6)
    _, places = torch.nn.functional.max_pool2d(f64(x), 3, 2, 1, return_indices=True)
    plane = np.arange(6).reshape(2, 3, 1, 1) * 42
    case("max_pool_indices", "max_pool_indices", {"kernel": 3, "stride": 2, "padding": 1}, [x], places.numpy() + plane)
    turned = places.numpy() % 6 * 7 + places.numpy() // 6
    case("max_pool_indices_column_major", "max_pool_indices",
         {"kernel": 3, "stride": 2, "padding": 1, "column_major": True}, [x], turned + plane)
    dilated = normal(1, 2, 9, 8)
    windows = f64(dilated).unfold(2, 5, 1).unfold(3, 5, 1)[..., ::2, ::2]
    case("avg_pool_dilated", "avg_pool", {"kernel": 3, "stride": 1, "dilation": 2}, [dilated], windows.mean((-1, -2)).numpy())
