#!/usr/bin/env python3
"""Folds each network of tests/onnx/data/reports.csv by each method and runs what was written in ONNX Runtime.

The networks, their inputs and the right outputs are in the data folder (../shared/data beside the source tree, or --data).
A written file must pass onnx.checker, have the inputs and outputs of the network as it was, by name and element type,
and give the right outputs. Needs onnx and onnxruntime from PyPI; exits 1 on a difference.
"""
import argparse
import csv
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import onnx

import comparison
from onnx_files import is_lacking, session

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ("none", "naive", "banoff", "optimal")


def arrays_of(model, kind, names):
    """The arrays for the inputs ("in") or outputs ("out") called so; names.txt has the first 60 letters of each name."""
    folder = next((each for each in model.parents[:3] if (each / "names.txt").exists()), None)
    if folder is None:
        word = {"in": "in", "out": "expected"}[kind]
        return {name: np.load(f"{model.parent}/{model.stem}.{word}.{name}.npy") for name in names}
    text = (folder / "names.txt").read_text()
    numbers = range(len(list(folder.glob(f"{kind}[0-9]*.npy"))))
    return {name: np.load(folder / f"{kind}{i}.npy") for name in names for i in numbers if f"{kind}{i}\t{name[:60]}" in text}


def with_links(model, folder):
    """Where links do not survive copying, a link is a file that holds its target: links again, in a copy; else the model."""
    if model.is_symlink() or model.stat().st_size > 100:
        return model
    top = model.parents[2]
    copy = folder / "links"
    if not copy.exists():
        shutil.copytree(top, copy)
        for file in (copy / model.parent.relative_to(top)).iterdir():
            target = file.read_text()
            file.unlink()
            file.symlink_to(target)
    return copy / model.relative_to(top)


def values_of(graph):
    """Names and element types of what a graph takes and gives. Initializers count as inputs where they are listed so."""
    return [{each.name: each.type.tensor_type.elem_type for each in values} for values in (graph.input, graph.output)]


def faults(model, tolerance, method, banoff, folder):
    """What is wrong with the file that banoff writes, in words."""
    written = folder / "folded.onnx"
    linked = with_links(model, folder)
    shapes = []
    for each in comparison.inspected(banoff, [linked])["inputs"]:
        if any(each["symbols"]):  # what is written may be for one value of a size alone: then for the one that is fed
            fed = arrays_of(model, "in", [each["name"]])[each["name"]].shape
            shapes += ["--shape", f"{each['name']}:{'x'.join(map(str, fed))}"]
    comparison.run_banoff(banoff, "fold", linked, "--method", method, *shapes, "-o", written)
    onnx.checker.check_model(str(written), full_check=True)
    before, after = (values_of(onnx.load(str(file), load_external_data=False).graph) for file in (linked, written))
    if before != after:
        yield f"inputs and outputs were {before}, are {after}"
    expected = arrays_of(model, "out", after[1])
    actual = session(written).run(list(after[1]), arrays_of(model, "in", after[0]))
    for name, value in zip(after[1], actual):
        error = comparison.difference(value.astype(np.float64), expected[name].astype(np.float64))
        if value.dtype != expected[name].dtype or not error <= tolerance:
            yield f"{name[:60]!r} differs by {error:.1e} ({value.dtype} {value.shape})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data", help="where the networks are")
    parser.add_argument("networks", nargs="*", metavar="NAME", help="only networks whose path has one of these words in it")
    arguments = parser.parse_args()
    wrong = checked = 0
    with tempfile.TemporaryDirectory() as folder, open(ROOT / "tests/onnx/data/reports.csv", newline="") as table:
        for row in csv.DictReader(table):
            if arguments.networks and not any(word in row["model"] for word in arguments.networks):
                continue
            for method in METHODS:
                checked += 1
                try:
                    found = list(faults(arguments.data / row["model"], float(row["tolerance"]), method, arguments, pathlib.Path(folder)))
                except Exception as error:  # what the checker, ONNX Runtime or banoff says against the file
                    if is_lacking(error):
                        print(f"{row['model']} by {method}: not run: {str(error)[:120]}")
                        continue
                    found = [str(error)]
                wrong += bool(found)
                for fault in found:
                    print(f"{row['model']} by {method}: {fault}")
    print(f"{checked} folded files, {wrong} wrong")
    sys.exit(1 if wrong or not checked else 0)


if __name__ == "__main__":
    main()
