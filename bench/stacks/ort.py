"""ONNX Runtime with its optimisations off, basic (which fold batch norms into convolutions) or all."""
import functools

import numpy as np
import onnxruntime

from engine import Engine, Way

LEVELS = {"ort-off": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
          "ort-basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
          "ort-all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL}


def session_of(network, level, threads):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning workers would use up CPU time between the runs, and disturb whoever runs there.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(network.serialized(), options, providers=["CPUExecutionProvider"])


def load(level, network, inputs, threads):
    """Inputs and outputs are bound: nothing is copied. Outputs of a size that values decide are made by each run."""
    session = session_of(network, level, threads)
    binding = session.io_binding()
    for name, array in zip(network.inputs, inputs):
        binding.bind_cpu_input(name, array)
    for output in session.get_outputs():
        if output.type == "tensor(float)" and all(isinstance(size, int) for size in output.shape):
            made = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(output.shape, np.float32))
            binding.bind_ortvalue_output(output.name, made)
        else:
            binding.bind_output(output.name)
    return {"run": Way(lambda: session.run_with_iobinding(binding),
                       lambda _: [value.copy() for value in binding.copy_outputs_to_cpu()])}


def right_answer(network, inputs):
    """The outputs as ONNX Runtime computes them without optimisations."""
    session = session_of(network, LEVELS["ort-off"], 1)
    return session.run(network.outputs, dict(zip(network.inputs, inputs)))


def engine(stack):
    return Engine(("onnxruntime",), functools.partial(load, LEVELS[stack]))
