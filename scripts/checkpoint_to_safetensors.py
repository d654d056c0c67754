#!/usr/bin/env python3
"""Converts a PyTorch checkpoint to a safetensors file that `banoff` loads.

Takes what `torch.save` wrote: a state dict, or a dictionary holding one under `state_dict`, `model_state_dict` or
`model`. A `module.` prefix (DataParallel) is dropped. Unpickling runs code: convert only files whose origin you trust.
"""
import argparse
import json
import os
import struct
import tempfile

import torch

TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.uint8: "U8", torch.bool: "BOOL",
}


def state_dict_of(checkpoint):
    """The dictionary of tensors inside a checkpoint."""
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(key), dict):
            checkpoint = checkpoint[key]
    tensors = {name: value.detach().contiguous().cpu() for name, value in checkpoint.items()
               if isinstance(value, torch.Tensor)}
    if not tensors:
        raise SystemExit("the checkpoint holds no tensors")
    prefix = "module."
    if all(name.startswith(prefix) for name in tensors):
        tensors = {name[len(prefix):]: value for name, value in tensors.items()}
    return tensors


def bytes_of(tensor):
    """Little-endian bytes; viewed as integers because NumPy has no bfloat16."""
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def write_safetensors(path, tensors):
    """Writes the file under a temporary name and renames it, so that it is complete or absent."""
    unknown = sorted(name for name, tensor in tensors.items() if tensor.dtype not in TYPES)
    if unknown:
        raise SystemExit(f"element type not supported: {unknown[0]} is {tensors[unknown[0]].dtype}")
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))  # widest first: all aligned
    header, offset = {}, 0
    for name in names:
        tensor = tensors[name]
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            for name in names:
                out.write(bytes_of(tensors[name]))
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", help="what torch.save wrote (.pt, .pth, .th, .tar)")
    parser.add_argument("output", help="the .safetensors file to write")
    arguments = parser.parse_args()
    tensors = state_dict_of(torch.load(arguments.checkpoint, map_location="cpu"))
    write_safetensors(arguments.output, tensors)
    print(f"{arguments.output}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
