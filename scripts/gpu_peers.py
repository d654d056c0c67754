#!/usr/bin/env python3
"""Times other runtimes on this GPU beside banoff: PyTorch as a CUDA graph, and more of them where they are asked for.

Opt-in: needs torch and torchvision. Appends a JSON line to --log for each runtime, precision and batch, as it is done:
the median and the least of single runs in milliseconds. `graph` keeps its input on the GPU, `graph-host` copies it in and
out as a session of banoff does; `eager`, `compile` (max-autotune: minutes) and `onnxruntime` are the rest.
"""

import argparse
import json
import statistics
import sys
import time

import torch
import torchvision

DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def measured(run, seconds, least=20):
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


def network_on_gpu(network, precision, batch):
    """The network and an image, in channels-last, on the GPU."""
    model = getattr(torchvision.models, network)(weights=None).eval().cuda()
    model = model.to(dtype=DTYPES[precision], memory_format=torch.channels_last)
    image = torch.randn(batch, 3, 224, 224, device="cuda", dtype=DTYPES[precision])
    return model, image.contiguous(memory_format=torch.channels_last)


def graphed(model, image):
    """The model as a CUDA graph over a fixed input, and its output."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            model(image)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = model(image)
    return graph.replay, output


def graph(network, precision, batch):
    return graphed(*network_on_gpu(network, precision, batch))[0]


def graph_host(network, precision, batch):
    model, image = network_on_gpu(network, precision, batch)
    replay, output = graphed(model, image)
    sent = torch.randn(batch, 3, 224, 224, dtype=DTYPES[precision]).pin_memory()
    received = torch.empty_like(output, device="cpu").pin_memory()

    def run():
        image.copy_(sent, non_blocking=True)
        replay()
        received.copy_(output, non_blocking=True)

    return run


def eager(network, precision, batch):
    model, image = network_on_gpu(network, precision, batch)
    return lambda: model(image)


def compiled(network, precision, batch):
    model, image = network_on_gpu(network, precision, batch)
    fast = torch.compile(model, mode="max-autotune")
    return lambda: fast(image)


def onnxruntime_run(network, precision, batch):
    """ONNX Runtime's CUDA provider in fp32, from and to the host."""
    import io

    import onnxruntime

    if precision != "fp32":
        raise ValueError("ONNX Runtime is measured in fp32")
    model = getattr(torchvision.models, network)(weights=None).eval()
    image = torch.randn(batch, 3, 224, 224)
    file = io.BytesIO()
    torch.onnx.export(model, (image,), file, input_names=["x"], dynamo=False)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CUDAExecutionProvider"])
    return lambda: session.run(None, {"x": image.numpy()})


RUNTIMES = {"graph": graph, "graph-host": graph_host, "eager": eager, "compile": compiled, "onnxruntime": onnxruntime_run}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", help="a function of torchvision.models")
    parser.add_argument("--log", required=True, help="file that lines are added to")
    parser.add_argument("--runtimes", nargs="*", default=["graph", "graph-host"], choices=RUNTIMES)
    parser.add_argument("--precisions", nargs="*", default=["fp16"], choices=DTYPES)
    parser.add_argument("--batch", type=int, nargs="*", default=[1])
    parser.add_argument("--seconds", type=float, default=1)
    options = parser.parse_args()
    torch.manual_seed(0)
    failed = False
    with open(options.log, "a", encoding="utf-8") as log, torch.inference_mode():
        for precision in options.precisions:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
            for batch in options.batch:
                for name in options.runtimes:
                    line = {"network": options.network, "runtime": name, "precision": precision, "batch": batch}
                    try:
                        run = RUNTIMES[name](options.network, precision, batch)
                        line |= measured(run, options.seconds)
                    except (RuntimeError, ValueError, ImportError) as error:  # told, and the others go on
                        line["error"] = f"{type(error).__name__}: {error}"
                        failed = True
                    line |= {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__,
                             "cudnn": torch.backends.cudnn.version()}
                    print(json.dumps(line), file=log, flush=True)
                    print(json.dumps(line))
    sys.exit(failed)


if __name__ == "__main__":
    main()
