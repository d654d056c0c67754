"""The table that the families of op cases fill: one-node networks and what they must compute."""
import json
import pathlib
import struct
import zlib

import numpy as np
import torch

cases = []
tensors = {}
rng = None
DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8",
          "uint16": "U16", "uint8": "U8", "bool": "BOOL"}


def f64(x):
    return torch.from_numpy(np.asarray(x)).double()


def normal(*shape, mean=0.0, std=1.0):
    return (rng.standard_normal(shape) * std + mean).astype(np.float32)


def case(name, op, attributes, inputs, expected, params=None, magnitude=None):
    """One case. `magnitude` is the size of the terms that are summed, where that is more than the result's."""
    assert name not in {c["name"] for c in cases}, name
    expected = [np.asarray(e) for e in (expected if isinstance(expected, list) else [expected])]
    entry = {"name": name, "op": op, "attributes": attributes, "inputs": [], "params": {}, "outputs": []}
    for i, x in enumerate(inputs):
        entry["inputs"].append(f"{name}.in{i}")
        tensors[f"{name}.in{i}"] = x
    for key, x in (params or {}).items():
        entry["params"][key] = f"{name}.{key}"
        tensors[f"{name}.{key}"] = x
    for i, x in enumerate(expected):
        entry["outputs"].append(f"{name}.out{i}")
        tensors[f"{name}.out{i}"] = x
    largest = max([float(np.abs(e.astype(np.float64)).max(initial=0)) for e in expected])
    entry["magnitude"] = max(largest, float(magnitude or 0), 1e-30)
    cases.append(entry)


def seeded(function):
    """Every family draws from its own seed, so that a new case changes no other family."""
    global rng
    rng = np.random.default_rng(zlib.crc32(function.__name__.encode()))
    function()
    return function


def write(directory):
    directory = pathlib.Path(directory)
    header, body, offset = {}, [], 0
    for name, x in tensors.items():
        header[name] = {"dtype": DTYPES[x.dtype.name], "shape": list(x.shape), "data_offsets": [offset, offset + x.nbytes]}
        body.append(x.tobytes())
        offset += x.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (directory / "op_cases.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))
    lines = ",\n".join(json.dumps(c) for c in cases)
    (directory / "op_cases.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases, {offset} bytes of tensors")
