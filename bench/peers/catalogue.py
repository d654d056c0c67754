"""The networks and runtimes that are compared. Needs nothing beyond Python itself."""
import dataclasses
import sys
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Networks by their torchvision names, and the sides of their square pictures.
NETS = {
    "resnet18": 224, "resnet50": 224, "googlenet": 224, "densenet121": 224, "efficientnet_b0": 224, "mobilenet_v2": 224,
    "mobilenet_v3_small": 224, "mobilenet_v3_large": 224, "vgg16_bn": 224, "inception_v3": 299, "squeezenet1_1": 224,
    "mnasnet1_0": 224, "shufflenet_v2_x1_0": 224, "regnet_y_400mf": 224,
}


@dataclasses.dataclass(frozen=True)
class Variant:
    """How idle workers wait for work: of several variants the faster one counts. One thread has none to wait."""
    name: str
    environment: dict
    spinning: bool = False


# libgomp, whose threads banoff, ncnn and MNN use, reads it when it is loaded.
OPENMP = tuple(Variant(policy, {"OMP_WAIT_POLICY": policy}, policy == "active") for policy in ("passive", "active"))
OWN_THREADS = (Variant("not spinning", {}), Variant("spinning", {}, True))


@dataclasses.dataclass(frozen=True)
class Runtime:
    title: str
    packages: tuple  # on PyPI; the first one has the version that counts
    settings: str
    converter: str = ""  # the package whose version a converted file depends on
    variants: tuple = (Variant("", {}),)


RUNTIMES = {
    "banoff": Runtime("banoff", (), "default fold", variants=OPENMP),
    "onnxruntime": Runtime("ONNX Runtime", ("onnxruntime", "onnx"), "ORT_ENABLE_ALL, inputs and outputs bound",
                           variants=OWN_THREADS),
    "openvino": Runtime("OpenVINO", ("openvino",), "PERFORMANCE_HINT LATENCY, INFERENCE_PRECISION_HINT f32",
                        "openvino"),
    "ncnn": Runtime("ncnn", ("ncnn", "pnnx"), "fp32, winograd, sgemm, packing, light mode, pool allocators", "pnnx",
                    OPENMP),
    "mnn": Runtime("MNN", ("MNN",), "precision high, power high, release session", "MNN", OPENMP),
}
# What makes the networks where it can be imported.
MAKERS = ("torch", "torchvision")
# The largest difference from ONNX Runtime without optimisations, relative to the largest output, that is no error.
TOLERANCE = 1e-3
WARM_UP_SECONDS = 0.2
LEAST_RUNS = 10


def use_scripts():
    """Lets the modules of scripts/ be imported."""
    sys.path.insert(0, str(ROOT / "scripts"))
