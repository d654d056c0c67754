#!/usr/bin/env python3
"""How far 8-bit integers are from floats: `banoff quantize`, with and without pictures, beside ONNX Runtime's quantiser
and NNCF's, on trained networks. Files of all are run by ONNX Runtime, so that only the choice of grids differs.

Prints a table of classifiers and one of a detector: how many of the boxes that it finds in floats it finds in integers too.
Needs numpy, onnx, onnxruntime and pillow; nncf is compared where it is installed.
"""
import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "quantisers"))
import boxes
from makers import WAYS, by_banoff, by_nncf, by_onnxruntime
from networks import networks
from pictures import write_pictures
from runtimes import answers, distance, logits

CLASSES = ("top-1, %", "agrees with float, %", "relative error")
BOXES = ("boxes found again, %", "of scores from 0.5 on, %", "extra boxes, %", "change of scores", "relative error")


def class_figures(network, expected, actual):
    found = logits(actual).argmax(1)
    top1 = "-" if network.labels is None else f"{100 * (found == network.labels).mean():.1f}"
    return top1, f"{100 * (found == logits(expected).argmax(1)).mean():.1f}", f"{distance(actual, expected, expected):.4f}"


def box_figures(network, expected, actual):
    c = boxes.compared(expected, actual)
    return (f"{100 * c.found / c.boxes:.1f}", f"{100 * c.sure_found / c.sure:.1f}", f"{100 * c.extra / c.boxes:.1f}",
            f"{c.score_change:.3f}", f"{distance(actual, expected, expected):.4f}")


def compare(network, arguments):
    inputs = network.prepare(network.pixels)
    expected = answers(network.file, inputs)
    figures = box_figures if network.finds_boxes else class_figures
    if network.finds_boxes:
        c = boxes.compared(expected, expected)
        print(f"\n{network.name}: {c.boxes} boxes in {len(inputs)} pictures, {c.sure} of scores from 0.5 on\n")
    columns = ("network", "quantiser", "layers in float", *(BOXES if network.finds_boxes else CLASSES))
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")

    def row(what, actual, in_float):
        print("| " + " | ".join((network.name, what, str(in_float), *figures(network, expected, actual))) + " |", flush=True)

    row("float", expected, "all")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        write_pictures(network.calibration, folder / "pictures")
        for what, with_pictures, options in WAYS:
            options = [*options, "--data", folder / "pictures"] if with_pictures else options
            in_float = by_banoff(arguments.banoff, network, options, folder / "banoff.onnx")
            row(what, answers(folder / "banoff.onnx", inputs), in_float)
        if arguments.ours_only:
            return
        calibration = network.prepare(network.calibration)
        row("ONNX Runtime, 100 pictures", answers(by_onnxruntime(network.file, calibration, folder), inputs), 0)
        try:
            row("NNCF, 100 pictures", answers(by_nncf(network.file, calibration, folder), inputs), "-")
        except ImportError:
            print("NNCF is not installed", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banoff", default="build/release/cli/banoff", help="the command-line tool")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of trained networks and pictures")
    parser.add_argument("--only", default="", help="networks whose name holds this")
    parser.add_argument("--ours-only", action="store_true", help="leave the other quantisers out")
    arguments = parser.parse_args()
    for network in networks(arguments.data):
        if arguments.only in network.name:
            compare(network, arguments)


if __name__ == "__main__":
    main()
