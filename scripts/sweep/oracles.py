"""Two other implementations of ONNX, each as a function of a case: its outputs by name, or why it does not run it."""
import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

OPTIONS = onnxruntime.SessionOptions()
OPTIONS.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
OPTIONS.log_severity_level = 4
OPTIONS.intra_op_num_threads = 1


def run_bytes(model, feeds):
    """ONNX Runtime's outputs of a serialised model."""
    session = onnxruntime.InferenceSession(model, OPTIONS, providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds)))


def onnx_runtime(case):
    """The operator's own kernel in ONNX Runtime."""
    if not case.runtime:
        return "not asked"
    try:
        return run_bytes(case.model.SerializeToString(), case.live())
    except Exception as error:  # whatever it does not like
        return str(error).splitlines()[0]


def onnx_reference(case):
    """The specification's own implementation in NumPy."""
    try:
        outputs = ReferenceEvaluator(case.model).run(None, case.live())
    except Exception as error:  # whatever it does not like
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    names = [each.name for each in case.model.graph.output]
    if any(not hasattr(each, "dtype") for each in outputs):
        return "an output that is no array"
    result = {name: np.asarray(each) for name, each in zip(names, outputs)}
    first = case.schema.outputs[0].type_str
    if first == case.schema.inputs[0].type_str if case.schema.inputs else False:
        # NumPy widens the sums of integers, and halves now and then; the definition keeps their type.
        result["y0"] = result["y0"].astype(case.arrays()[0].dtype)
    return result


TOLERANCE = {"float16": 1e-2, "bfloat16": 4e-2}


def same(a, b):
    """Whether two arrays are alike up to rounding; NaN equals NaN."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "iub":
        return bool((a == b).all())
    x, y = a.astype(np.float64), b.astype(np.float64)
    finite = np.abs(y[np.isfinite(y)])
    most = TOLERANCE.get(b.dtype.name, 1e-4) * (np.abs(y) + 0.1 * (finite.max() if finite.size else 0) + 0.1)
    return bool(((x == y) | (np.isnan(x) & np.isnan(y)) | (np.abs(x - y) <= most)).all())


def closeness(a, b):
    """Whether two oracles agree on every output."""
    return all(same(a[name], b[name]) for name in a)


def same_as_original(outputs, case):
    """Whether ONNX Runtime makes these outputs of the case itself."""
    original = onnx_runtime(case)
    return not isinstance(original, str) and closeness(outputs, original)


def exported_difference(file, case, answers):
    """Why ONNX Runtime computes something else of the written file; empty: it does not, or cannot run it."""
    if not case.runtime:
        return ""
    try:
        written = onnx.load_model_from_string(file)
        types = {each.name: each.type.tensor_type.elem_type for each in written.graph.input}
        for name, value in case.live().items():
            wanted = onnx.helper.np_dtype_to_tensor_dtype(value.dtype)
            if name in types and types[name] != wanted:
                return f"input {name} has type {types[name]}, expected {wanted}"
        outputs = run_bytes(file, {name: value for name, value in case.live().items() if name in types})
    except Exception as error:
        # ONNX Runtime lacks kernels that the specification has; anything else is the file's fault.
        lacking = ("NOT_IMPLEMENTED", "is not supported with", "size_ % 2 == 1", "pool_attributes.h", "_inline_")
        return "" if any(each in str(error) for each in lacking) else str(error).splitlines()[0]
    # Or what it makes of the original, where that is not the answer.
    if any(closeness(outputs, answer) for answer in answers) or same_as_original(outputs, case):
        return ""
    return "; ".join(f"{name} {value.ravel()[:6]} {value.dtype} {value.shape}" for name, value in outputs.items())
