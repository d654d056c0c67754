"""What networks answer, computed by one runtime or another; and how far answers are apart."""
import pathlib
import subprocess
import tempfile

import numpy as np
import onnxruntime

LEVELS = onnxruntime.GraphOptimizationLevel


def answers(file, inputs, level=LEVELS.ORT_DISABLE_ALL):
    """Of ONNX Runtime, the first output for each input: without optimisers operator by operator, as the file says."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.stack([session.run(None, {name: x[None]})[0][0] for x in inputs]).astype(np.float64)


def optimised_answers(file, inputs):
    """Of ONNX Runtime as it is by default."""
    return answers(file, inputs, LEVELS.ORT_ENABLE_ALL)


def openvino_answers(file, inputs):
    """Of OpenVINO, with floats of 32 bits where there are floats."""
    import openvino  # compared only where it is installed
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(str(file)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.stack([compiled([x[None]])[0][0] for x in inputs]).astype(np.float64)


def banoff_answers(banoff, file, inputs):
    results = []
    with tempfile.TemporaryDirectory() as folder:
        given, made = pathlib.Path(folder) / "in.npy", pathlib.Path(folder) / "out.npy"
        for x in inputs:
            np.save(given, x[None])
            subprocess.run([banoff, "run", str(file), "--input", str(given), "--output", str(made)], check=True,
                           capture_output=True)
            results.append(np.load(made)[0])
    return np.stack(results).astype(np.float64)


def logits(rows):
    """Centred, one row a picture; of answers that are a softmax their logarithms, the same but for a shift."""
    rows = rows.reshape(len(rows), -1)
    if rows.min() >= 0 and np.allclose(rows.sum(1), 1, atol=1e-3):
        rows = np.log(np.maximum(rows, 1e-37))
    return rows - rows.mean(1, keepdims=True)


def distance(first, second, floats):
    """Root of the squared difference of centred answers, over the squared answers of floats."""
    return np.sqrt(((logits(first) - logits(second)) ** 2).sum() / (logits(floats) ** 2).sum())
