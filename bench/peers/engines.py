"""The peers' runtimes, each as a function that loads a network's files and returns what runs them once.

`run()` computes the output of the given input (NCHW, float32) on `threads` threads, from and into the caller's memory:
what a runtime does to its own layout and back is part of the time. `spinning`: whether idle workers spin, where the
runtime itself decides that. Reading the answer, `output()`, is no part of it.
"""
import numpy as np


def onnxruntime(folder, picture, threads, spinning):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    session = onnxruntime.InferenceSession(str(folder / "net.onnx"), options, providers=["CPUExecutionProvider"])
    made = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(session.get_outputs()[0].shape, np.float32))
    binding = session.io_binding()
    binding.bind_cpu_input(session.get_inputs()[0].name, picture)
    binding.bind_ortvalue_output(session.get_outputs()[0].name, made)
    return lambda: session.run_with_iobinding(binding), made.numpy


def openvino(folder, picture, threads, spinning):
    import openvino

    compiled = openvino.Core().compile_model(folder / "net.xml", "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(picture, shared_memory=True))
    return lambda: request.infer(share_outputs=True), lambda: request.get_output_tensor().data


def ncnn(folder, picture, threads, spinning):
    import ncnn

    net = ncnn.Net()
    options = net.opt
    options.num_threads = threads
    options.use_vulkan_compute = False
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "bf16_packed", "int8_inference"):
        setattr(options, f"use_{name}", False)
    for name in ("use_winograd_convolution", "use_sgemm_convolution", "use_packing_layout", "lightmode"):
        setattr(options, name, True)
    allocators = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
    options.blob_allocator, options.workspace_allocator = allocators
    if net.load_param(str(folder / "net.ncnn.param")) or net.load_model(str(folder / "net.ncnn.bin")):
        raise RuntimeError("ncnn does not load what pnnx wrote")
    given = ncnn.Mat(picture[0]).clone()
    # Read at the end; and the options do not keep their allocators alive.
    last = [allocators]

    def run():
        extractor = net.create_extractor()
        extractor.input("in0", given)
        code, made = extractor.extract("out0")
        if code:
            raise RuntimeError(f"ncnn fails with code {code}")
        last[1:] = [made]

    return run, lambda: np.array(last[1])


def mnn(folder, picture, threads, spinning):
    import MNN

    release = 1  # Session_Release: without callbacks
    interpreter = MNN.Interpreter(str(folder / "net.mnn"))
    interpreter.setSessionMode(release)
    session = interpreter.createSession({"backend": "CPU", "numThread": threads, "precision": "high", "power": "high"})
    source, target = interpreter.getSessionInput(session), interpreter.getSessionOutput(session)

    def in_nchw(array):
        return MNN.Tensor(array.shape, MNN.Halide_Type_Float, array, MNN.Tensor_DimensionType_Caffe)

    given = in_nchw(picture)
    made = in_nchw(np.zeros(target.getShape(), np.float32))

    def run():
        source.copyFrom(given)
        interpreter.runSession(session)
        target.copyToHostTensor(made)

    return run, lambda: np.array(made.getNumpyData())


ENGINES = {"onnxruntime": onnxruntime, "openvino": openvino, "ncnn": ncnn, "mnn": mnn}
