"""Quantisers: each makes an ONNX file in integers of one in floats."""
import json
import subprocess

import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

# Name and options; those with pictures also get a folder of them.
WAYS = (("banoff, 100 pictures, all in integers", True, ["--float-layers", 0]), ("banoff, 100 pictures", True, []),
        ("banoff, no pictures, all in integers", False, ["--float-layers", 0]), ("banoff, no pictures", False, []))


def by_banoff(banoff, network, options, result):
    """Returns how many layers stay in float."""
    task = ["--task", f"configs/tasks/{network.task}.task.yaml"] if network.task else []
    command = [banoff, "quantize", network.file, *task, "-o", result, "--json", *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["layers_in_float"]


class Reader(quantization.CalibrationDataReader):
    """The inputs one after another, as ONNX Runtime's quantiser reads them."""

    def __init__(self, name, inputs):
        self.rows = iter({name: x[None]} for x in inputs)

    def get_next(self):
        return next(self.rows, None)


def by_onnxruntime(file, inputs, folder):
    prepared, result = folder / "prepared.onnx", folder / "onnxruntime.onnx"
    quant_pre_process(str(file), str(prepared), skip_symbolic_shape=True)
    name = onnx.load(prepared).graph.input[0].name
    quantization.quantize_static(str(prepared), str(result), Reader(name, inputs),
                                 quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8,
                                 weight_type=quantization.QuantType.QInt8)
    return result


def by_nncf(file, inputs, folder):
    import nncf  # compared only where it is installed
    model, result = onnx.load(file), folder / "nncf.onnx"
    name = model.graph.input[0].name
    onnx.save(nncf.quantize(model, nncf.Dataset([x[None] for x in inputs], lambda x: {name: x})), result)
    return result
