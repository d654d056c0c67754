#!/usr/bin/env python3
"""How far 8-bit integers are from floats: `banoff quantize`, with and without pictures, beside ONNX Runtime's quantiser
and NNCF's, on trained networks. Files of all are run by ONNX Runtime, so that only the choice of grids differs.

Needs numpy, onnx, onnxruntime and pillow; nncf is compared where it is installed.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

CIFAR_MEAN, CIFAR_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def normalised(pixels, mean, std):
    """[count, height, width, 3] of bytes as a network's input."""
    return ((pixels / 255.0 - mean) / std).astype(np.float32).transpose(0, 3, 1, 2)


def cifar_pictures(data):
    """Pixels and labels of the records: a label, then the planes of red, green and blue."""
    records = np.fromfile(data / "data_cifar10/cifar10_jpeg_500.bin", np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0].astype(int)


def crops(files, count, seed):
    """Square parts of photographs, of any size and place, as 256 x 256 pixels."""
    draw = np.random.default_rng(seed)
    pictures = []
    photos = [Image.open(file).convert("RGB") for file in files]
    for i in range(count):
        photo = photos[i % len(photos)]
        side = int(min(photo.size) * draw.uniform(0.4, 1.0))
        left, top = int(draw.integers(0, photo.width - side + 1)), int(draw.integers(0, photo.height - side + 1))
        part = photo.crop((left, top, left + side, top + side)).resize((256, 256), Image.BILINEAR)
        pictures.append(np.asarray(part))
    return np.stack(pictures)


def networks(data):
    """Name, file, task, pixels to calibrate on, pixels to compare on, their labels, and what makes them an input."""
    pixels, labels = cifar_pictures(data)
    place = np.random.default_rng(0).permutation(len(pixels))
    calibration, rest = place[:100], place
    for depth in (20, 56):
        yield (f"CIFAR ResNet-{depth}", data / f"net_cifar_resnet/resnet{depth}_cifar10.onnx", "cifar_resnet",
               pixels[calibration], pixels[rest], labels[rest], lambda p: normalised(p, CIFAR_MEAN, CIFAR_STD))
    photos = sorted((data / "data_detection_photos").glob("*.jpg"))
    others = sorted(f for f in (data / "data_free_photos").iterdir() if f.suffix in (".jpg", ".png"))
    centre = lambda p: normalised(p[:, 16:240, 16:240], 0.5, 0.5)
    yield ("MobileNetV1 0.25", data / "net_mobilenet_v1_0.25_imagenet/mobilenet_v1_0.25_224.onnx",
           "mobilenet_v1_0.25_224", crops(others, 100, 1), crops(photos, 300, 2), None, centre)


def outputs_of(file, inputs):
    """Logits of each input; of a network that ends in its softmax their logarithms, which are the same but for a shift."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # What the file says, operator by operator.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rows = np.stack([session.run(None, {name: x[None]})[0].reshape(-1) for x in inputs]).astype(np.float64)
    ends_in_softmax = rows.min() >= 0 and np.allclose(rows.sum(1), 1, atol=1e-3)
    return np.log(np.maximum(rows, 1e-37)) if ends_in_softmax else rows


def figures(expected, actual, labels):
    """Accuracy (where labels are known), agreement with the floats, and the relative error of centred logits."""
    centred = expected - expected.mean(1, keepdims=True)
    difference = actual - actual.mean(1, keepdims=True) - centred
    relative = np.sqrt((difference**2).sum() / (centred**2).sum())
    agreement = (expected.argmax(1) == actual.argmax(1)).mean()
    accuracy = None if labels is None else (actual.argmax(1) == labels).mean()
    return accuracy, agreement, relative


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


def write_pictures(pixels, folder):
    folder.mkdir()
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{i:04}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banoff", default="build/release/cli/banoff", help="the command-line tool")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of trained networks and pictures")
    parser.add_argument("--only", default="", help="networks whose name holds this")
    parser.add_argument("--ours-only", action="store_true", help="leave the other quantisers out")
    arguments = parser.parse_args()

    print("| network | quantiser | top-1 | agrees with float | relative error | layers in float |")
    print("|---|---|---|---|---|---|")
    for name, file, task, calibration, pixels, labels, prepare in networks(arguments.data):
        if arguments.only not in name:
            continue
        inputs = prepare(pixels)
        expected = outputs_of(file, inputs)

        def row(what, actual, in_float):
            accuracy, agreement, relative = figures(expected, actual, labels)
            top1 = "" if accuracy is None else f"{100 * accuracy:.1f}"
            print(f"| {name} | {what} | {top1} | {100 * agreement:.1f} % | {relative:.4f} | {in_float} |", flush=True)

        row("float", expected, "all")
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            write_pictures(calibration, folder / "pictures")
            pictures = ["--data", folder / "pictures"]
            for what, options in (("banoff, 100 pictures, all in integers", [*pictures, "--float-layers", 0]),
                                  ("banoff, 100 pictures", pictures),
                                  ("banoff, no pictures, all in integers", ["--float-layers", 0]),
                                  ("banoff, no pictures", [])):
                out = folder / "banoff.onnx"
                command = [arguments.banoff, "quantize", file, "--task", f"configs/tasks/{task}.task.yaml", "-o", out,
                           "--json", *options]
                done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
                row(what, outputs_of(out, inputs), json.loads(done.stdout)["layers_in_float"])
            if arguments.ours_only:
                continue
            row("ONNX Runtime, 100 pictures", outputs_of(by_onnxruntime(file, prepare(calibration), folder), inputs), 0)
            try:
                row("NNCF, 100 pictures", outputs_of(by_nncf(file, prepare(calibration), folder), inputs), "")
            except ImportError:
                pass


if __name__ == "__main__":
    main()
