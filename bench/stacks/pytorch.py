"""PyTorch, by the modules that onnx2torch makes of a file: eager, or compiled by `torch.compile` as it comes."""
import functools

import torch
from onnx2torch import convert

import torch_operators
from engine import Engine, Way


def set_threads(threads):
    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != 1:
        torch.set_num_interop_threads(1)


def load(compiled, network, inputs, threads):
    set_threads(threads)
    model = convert(torch_operators.simplified(network)).eval()
    if compiled:
        model = torch.compile(model)
    tensors = [torch.from_numpy(array) for array in inputs]

    def run():
        with torch.inference_mode():
            return model(*tensors)

    def outputs(answer):
        return [tensor.numpy().copy() for tensor in (answer if isinstance(answer, (list, tuple)) else [answer])]

    return {"compile" if compiled else "eager": Way(run, outputs)}


def engine(stack):
    return Engine(("torch", "onnx2torch"), functools.partial(load, stack == "pytorch-compile"))
