"""ONNX files in ONNX Runtime: what the scripts that compare with it share."""
import onnx
import onnxruntime

from comparison import difference

LEVELS = onnxruntime.GraphOptimizationLevel


def session(file, level=LEVELS.ORT_DISABLE_ALL, saved=None):
    """The network as it stands, on one thread; with another `level`, what is made of it goes to the file `saved`."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if saved:
        options.optimized_model_filepath = str(saved)
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def norms(file):
    """How many BatchNormalization nodes the file has."""
    return sum(node.op_type == "BatchNormalization" for node in onnx.load(str(file)).graph.node)


def largest_difference(actual, expected):
    """Of all outputs."""
    return max(difference(*pair) for pair in zip(actual, expected))


def is_lacking(failure):
    """Whether ONNX Runtime refuses a valid file: it has no kernel for an element type, or makes an invalid one of it when
    it writes out a function for want of a kernel (1.16: Softmax of halves)."""
    return "NOT_IMPLEMENTED" in str(failure) or "_inline_" in str(failure)
