"""A minimal safetensors reader and writer (float32 tensors only)."""
import json
import struct

import numpy as np


def save(path, tensors):
    """Writes a map of name to array: 8-byte little-endian header length, JSON header, data.

    Names are sorted and the header is padded with spaces to a multiple of 8 bytes, so equal
    tensors give equal files.
    """
    header, blobs, offset = {}, [], 0
    for name in sorted(tensors):
        array = np.asarray(tensors[name], dtype="<f4", order="C")
        blob = array.tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    """Reads a float32 safetensors file into a map of name to array."""
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(raw[begin:end], dtype="<f4").reshape(entry["shape"]).copy()
    return tensors
