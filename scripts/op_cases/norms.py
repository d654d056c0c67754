"""Batch norm and affine, group norm, instance norm and layer norm."""
import numpy as np
import torch
import torch.nn.functional as F

from op_cases import table
from op_cases.table import case, f64, normal, seeded


@seeded
def normalisation():
    def batch_norm(name, shape, affine=True, **attributes):
        c = shape[1]
        # Both signs of gamma, means far from zero, variances over two decades.
        mean = normal(c, std=40)
        var = np.exp(table.rng.uniform(np.log(0.05), np.log(20), c)).astype(np.float32)
        columns = [1, c] + [1] * (len(shape) - 2)
        x = (mean.reshape(columns) + table.rng.standard_normal(shape) * np.sqrt(var).reshape(columns)).astype(np.float32)
        params = {"running_mean": mean, "running_var": var}
        if affine:
            gamma = normal(c, std=2)
            gamma[0] = -abs(gamma[0])
            params.update({"weight": gamma, "bias": normal(c, std=3)})
        else:
            attributes["affine"] = False
        w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
        eps = attributes.get("eps", 1e-5)
        y = F.batch_norm(f64(x), f64(mean), f64(var), w, b, False, 0.0, eps)
        scale = (np.abs(params["weight"]) if affine else 1.0) / np.sqrt(var + eps)
        case(f"batch_norm_{name}", "batch_norm", attributes, [x], y.numpy(), params, (scale * np.abs(mean)).max())

    batch_norm("2d", (5, 6))
    batch_norm("3d", (2, 5, 9))
    batch_norm("4d", (2, 7, 5, 6))
    batch_norm("4d_16ch", (1, 16, 4, 5))
    batch_norm("5d", (1, 3, 3, 4, 5))
    batch_norm("not_affine", (2, 4, 5, 5), affine=False)
    batch_norm("large_eps", (1, 6, 4, 4), eps=0.001)

    def affine(name, shape, axis, scale=True, shift=True):
        x = normal(*shape, mean=1)
        along = [1] * len(shape)
        along[axis] = shape[axis]
        params, y = {}, f64(x)
        if scale:
            params["weight"] = normal(shape[axis], std=2)
            y = y * f64(params["weight"]).reshape(along)
        if shift:
            params["bias"] = normal(shape[axis], std=5)
            y = y + f64(params["bias"]).reshape(along)
        attributes = {**({"axis": axis} if axis != 1 else {}), **({} if scale else {"scale": False}),
                      **({} if shift else {"shift": False})}
        case(f"affine_{name}", "affine", attributes, [x], y.numpy(), params, max(np.abs(v).max() for v in params.values()))

    affine("4d", (2, 5, 4, 3), 1)
    affine("2d", (3, 6), 1)
    affine("scale_only", (1, 8, 3, 5), 1, shift=False)
    affine("shift_only", (1, 8, 5, 3), 1, scale=False)
    affine("last_axis", (2, 3, 4, 5), -1)
    affine("first_axis", (3, 4), 0)

    def group_norm(name, shape, groups, affine=True, **attributes):
        c = shape[1]
        x = normal(*shape, mean=7, std=3)
        params = {"weight": normal(c, std=2), "bias": normal(c, std=2)} if affine else {}
        w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
        y = F.group_norm(f64(x), groups or c, w, b, attributes.get("eps", 1e-5)).numpy()
        attributes = {**attributes, **({"groups": groups} if groups else {}), **({} if affine else {"affine": False})}
        op = "group_norm" if groups else "instance_norm"
        case(f"{op}_{name}", op, attributes, [x], y, params, 10)

    group_norm("2", (2, 6, 4, 5), 2)
    group_norm("3_not_affine", (1, 6, 5, 3), 3, affine=False)
    group_norm("one", (2, 4, 3, 3), 1, eps=0.01)
    group_norm("3d", (2, 8, 7), 4)
    group_norm("5d", (1, 4, 3, 2, 4), 2)
    group_norm("4d", (2, 5, 4, 6), 0)
    group_norm("3d", (1, 4, 9), 0, eps=0.001)
    group_norm("not_affine", (1, 3, 5, 5), 0, affine=False)

    def layer_norm(name, shape, axes, affine=True, **attributes):
        x = normal(*shape, mean=-5, std=3)
        size = [shape[a] for a in axes]
        t = f64(x)
        mean = t.mean(axes, keepdim=True)
        y = (t - mean) / torch.sqrt(((t - mean) ** 2).mean(axes, keepdim=True) + attributes.get("eps", 1e-5))
        params = {"weight": normal(*size, std=2), "bias": normal(*size, std=2)} if affine else {}
        if affine:
            full = [shape[a] if a in [i % len(shape) for i in axes] else 1 for a in range(len(shape))]
            y = y * f64(params["weight"]).reshape(full) + f64(params["bias"]).reshape(full)
        if sorted(a % len(shape) for a in axes)[-1] == len(shape) - 1:
            w, b = (f64(params["weight"]), f64(params["bias"])) if affine else (None, None)
            assert torch.allclose(F.layer_norm(t, size, w, b, attributes.get("eps", 1e-5)), y, atol=1e-12)
        attributes = {**attributes, "axes": axes, **({} if affine else {"affine": False})}
        case(f"layer_norm_{name}", "layer_norm", attributes, [x], y.numpy(), params, 10)

    layer_norm("last", (2, 4, 7), [-1])
    layer_norm("2d", (3, 9), [1], eps=0.001)
    layer_norm("image", (2, 3, 4, 5), [1, 2, 3])
    layer_norm("plane_not_affine", (2, 3, 4, 5), [-2, -1], affine=False)
    layer_norm("channels", (2, 6, 3, 4), [1])


@seeded
def local_response():
    for name, shape, attributes in (("default_size", (2, 7, 3, 4), {"size": 5, "alpha": 0.3, "beta": 0.75, "bias": 1.5}),
                                    ("wide", (1, 4, 5), {"size": 9, "alpha": 2.0, "beta": 0.5, "bias": 2.0})):
        x = normal(*shape, std=3)
        y = F.local_response_norm(f64(x), attributes["size"], attributes["alpha"], attributes["beta"], attributes["bias"])
        case(f"lrn_{name}", "lrn", attributes, [x], y.numpy())
