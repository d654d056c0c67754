#!/usr/bin/env python3
"""Converts FOLDER/net.onnx to the files of one runtime, beside it; the exit code tells whether that went well."""
import argparse
import importlib.util
import pathlib
import shutil
import tempfile

import children


def to_openvino(folder):
    import openvino

    # As `openvino.convert_model` does, which reports its use over the network besides.
    model = openvino.Core().read_model(folder / "net.onnx")
    openvino.save_model(model, folder / "net.xml", compress_to_fp16=False)


def to_ncnn(folder):
    # Beside the package's Python, which imports PyTorch and is not needed.
    program = pathlib.Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"
    with tempfile.TemporaryDirectory() as scratch:
        link = pathlib.Path(scratch) / "net.onnx"
        link.symlink_to((folder / "net.onnx").resolve())
        children.run([program, link, "fp16=0"])
        for name in ("net.ncnn.param", "net.ncnn.bin"):
            shutil.move(link.parent / name, folder / name)


def to_mnn(folder):
    # What the command `mnnconvert` calls; that one also installs packages into the first Python on the PATH, and
    # reports its use over the network.
    import _tools

    made = folder / "net.mnn"
    made.unlink(missing_ok=True)
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", str(folder / "net.onnx"), "--MNNModel", str(made),
                       "--bizCode", "net", "--optimizePrefer", "2"])  # 2: the fastest
    if not made.exists():
        raise children.Failed("mnnconvert wrote nothing")


CONVERTERS = {"openvino": to_openvino, "ncnn": to_ncnn, "mnn": to_mnn}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runtime", choices=CONVERTERS)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    children.serve(lambda: CONVERTERS[arguments.runtime](arguments.folder))


if __name__ == "__main__":
    main()
