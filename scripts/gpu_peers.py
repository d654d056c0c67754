#!/usr/bin/env python3
"""Times other runtimes on this GPU: PyTorch eager, compiled and as a CUDA graph, ONNX Runtime and TensorRT.

Opt-in: needs torch and torchvision, and takes onnxruntime or tensorrt where they can be imported. Prints JSON: for each
runtime, precision and batch the median and the least of single runs in milliseconds, host to host where it says so.
"""

import argparse
import json
import statistics
import time

import torch
import torchvision

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def measured(run, seconds=1.0, least=20):
    """Milliseconds of single runs, each waited for."""
    for _ in range(10):
        run()
    torch.cuda.synchronize()
    samples = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < least:
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        samples.append((time.perf_counter() - start) * 1e3)
    return {"median_ms": statistics.median(samples), "min_ms": min(samples), "runs": len(samples)}


def graphed(model, image):
    """The model as a CUDA graph over a fixed input."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            model(image)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        model(image)
    return graph.replay


def torch_runs(network, precision, batch):
    """(name, function) pairs; the input stays on the GPU, the last one copies in and out as banoff does."""
    model = getattr(torchvision.models, network)(weights=None).eval().cuda()
    model = model.to(dtype=DTYPES[precision], memory_format=torch.channels_last)
    image = torch.randn(batch, 3, 224, 224, device="cuda", dtype=DTYPES[precision])
    image = image.contiguous(memory_format=torch.channels_last)
    yield "torch eager", lambda: model(image)
    yield "torch graph", graphed(model, image)
    compiled = torch.compile(model, mode="max-autotune")
    yield "torch.compile max-autotune", lambda: compiled(image)
    replay = graphed(model, image)
    host = torch.randn(batch, 3, 224, 224, dtype=DTYPES[precision]).pin_memory()

    def through_the_host():
        image.copy_(host, non_blocking=True)
        replay()

    yield "torch graph, input from the host", through_the_host


def onnxruntime_runs(network, batch):
    """ONNX Runtime's CUDA and TensorRT providers in fp32, from and to the host."""
    import io

    import onnxruntime

    model = getattr(torchvision.models, network)(weights=None).eval()
    image = torch.randn(batch, 3, 224, 224)
    file = io.BytesIO()
    torch.onnx.export(model, (image,), file, input_names=["x"], dynamo=False)
    wanted = {"CUDAExecutionProvider", "TensorrtExecutionProvider"}
    for provider in wanted & set(onnxruntime.get_available_providers()):
        session = onnxruntime.InferenceSession(file.getvalue(), providers=[provider])
        array = image.numpy()
        yield f"onnxruntime {provider}, host to host", lambda s=session, a=array: s.run(None, {"x": a})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", help="a function of torchvision.models")
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 64])
    options = parser.parse_args()
    torch.manual_seed(0)
    results = []

    def take(runs, precision, batch):
        try:
            for name, run in runs:
                results.append({"runtime": name, "precision": precision, "batch": batch, **measured(run)})
        except Exception as error:  # a peer that does not run is told as such, and the others go on
            results.append({"precision": precision, "batch": batch, "error": f"{type(error).__name__}: {error}"})

    with torch.inference_mode():
        for batch in options.batch:
            for tf32 in (False, True):
                torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
                take(torch_runs(options.network, "fp32", batch), "tf32" if tf32 else "fp32", batch)
            for precision in ("fp16", "bf16"):
                take(torch_runs(options.network, precision, batch), precision, batch)
    try:
        for batch in options.batch:
            take(onnxruntime_runs(options.network, batch), "fp32", batch)
    except ImportError as error:
        results.append({"error": str(error)})
    print(json.dumps({"network": options.network, "gpu": torch.cuda.get_device_name(), "torch": torch.__version__,
                      "cudnn": torch.backends.cudnn.version(), "results": results}, indent=2))


if __name__ == "__main__":
    main()
