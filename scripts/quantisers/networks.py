"""The trained networks that quantisers are compared on."""
import dataclasses
import pathlib
import subprocess
from collections.abc import Callable

import numpy as np
from PIL import Image

from pictures import CIFAR_MEAN, CIFAR_STD, cifar_pictures, crops, normalised, photographs


@dataclasses.dataclass
class Network:
    name: str
    file: pathlib.Path
    task: str  # its file in configs/tasks, without the ending; empty where one lies beside the network
    calibration: np.ndarray  # pixels [count, height, width, 3]
    pixels: np.ndarray  # to compare on
    labels: np.ndarray | None
    prepare: Callable  # pixels to inputs
    finds_boxes: bool = False


def demo_networks(banoff, folder):
    """Those of configs/demo whose outputs ONNX has operators for, written there; calibrated on what they are compared on."""
    demo = pathlib.Path(__file__).resolve().parent.parent.parent / "configs/demo"

    def pictures(kind, mode, side):
        files = [f for f in sorted((demo / "data" / kind).glob("*.png")) if not f.name.endswith(".mask.png")]
        return np.stack([np.asarray(Image.open(f).convert(mode).resize((side, side), Image.BILINEAR)) for f in files])

    digits, scenes = pictures("digits", "RGB", 32)[:100], pictures("scenes", "RGB", 96)
    for name, pixels, prepare in (("classifier", digits, lambda p: normalised(p, 0.305, 0.3766)[:, :1]),
                                  ("segmenter", scenes, lambda p: normalised(p, 0.5, 0.25))):
        file = folder / f"{name}.onnx"
        subprocess.run([banoff, "export", str(demo / f"{name}.yaml"), "-o", str(file)], check=True, capture_output=True)
        yield Network(f"demo {name}", file, "", pixels, pixels, None, prepare)


def networks(data):
    pixels, labels = cifar_pictures(data)
    place = np.random.default_rng(0).permutation(len(pixels))
    for depth in (20, 56):
        yield Network(f"CIFAR ResNet-{depth}", data / f"net_cifar_resnet/resnet{depth}_cifar10.onnx", "cifar_resnet",
                      pixels[place[:100]], pixels[place], labels[place],
                      lambda p: normalised(p, CIFAR_MEAN, CIFAR_STD))
    others, photos = photographs(data)
    yield Network("MobileNetV1 0.25", data / "net_mobilenet_v1_0.25_imagenet/mobilenet_v1_0.25_224.onnx",
                  "mobilenet_v1_0.25_224", crops(others, 100, 1, 256), crops(photos, 300, 2, 256), None,
                  lambda p: normalised(p[:, 16:240, 16:240], 0.5, 0.5))
    yield Network("FastestDet", data / "net_fastestdet_coco/fastestdet_coco.onnx", "fastestdet_coco",
                  crops(others, 100, 1, 352), crops(photos, 300, 2, 352), None,
                  lambda p: normalised(p[..., ::-1], 0, 1), finds_boxes=True)
