#!/usr/bin/env python3
"""Whether the files in integers that `banoff quantize` writes mean the same everywhere: what banoff, ONNX Runtime (operator by
operator, and with its optimisers) and OpenVINO make of one file, on trained networks and the demo nets.

Distances are roots of squared differences of centred answers over the squared answers of floats. Needs numpy, onnx, onnxruntime
and pillow; openvino is compared where it is installed. Exits 1 where an answer is further off than --tolerance.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "quantisers"))
from makers import WAYS, by_banoff
from networks import demo_networks, networks
from pictures import write_pictures
from runtimes import answers, banoff_answers, distance, openvino_answers, optimised_answers


def compare(network, what, file, arguments):
    """Prints a row, and returns the largest distance."""
    inputs = network.prepare(network.pixels[: arguments.pictures])
    floats = answers(network.file, inputs)
    found = [banoff_answers(arguments.banoff, file, inputs), answers(file, inputs), optimised_answers(file, inputs)]
    try:
        found.append(openvino_answers(file, inputs))
    except ImportError:
        pass
    distances = [distance(other, found[0], floats) for other in found[1:]]
    cells = [f"{value:.4f}" for value in distances] + ["-"] * (3 - len(distances))
    print("| " + " | ".join((network.name, what, f"{distance(found[0], floats, floats):.4f}", *cells)) + " |", flush=True)
    return max(distances)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banoff", default="build/release/cli/banoff", help="the command-line tool")
    parser.add_argument("--data", type=pathlib.Path, help="folder of trained networks and pictures; without it only the demo nets")
    parser.add_argument("--pictures", type=int, default=30, help="so many are compared on")
    parser.add_argument("--only", default="", help="networks whose name holds this")
    parser.add_argument("--tolerance", type=float, default=0.05)
    arguments = parser.parse_args()
    columns = ("network", "quantised with", "from floats", "ONNX Runtime", "with its optimisers", "OpenVINO")
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    most = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        chosen = [*demo_networks(arguments.banoff, folder), *(networks(arguments.data) if arguments.data else [])]
        for number, network in enumerate(chosen):
            if arguments.only not in network.name:
                continue
            calibration = folder / f"pictures{number}"
            write_pictures(network.calibration, calibration)
            for what, with_pictures, options in WAYS:
                options = [*options, "--data", calibration] if with_pictures else options
                by_banoff(arguments.banoff, network, options, folder / "integers.onnx")
                most = max(most, compare(network, what.removeprefix("banoff, "), folder / "integers.onnx", arguments))
    if most > arguments.tolerance:
        sys.exit(f"answers of one file differ by {most:.4f}, expected at most {arguments.tolerance}")


if __name__ == "__main__":
    main()
