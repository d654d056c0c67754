#!/usr/bin/env python3
"""Checks that what banoff writes holds at every size that it leaves open, by ONNX Runtime.

A network of configs/models gets made-up weights; an .onnx file has its own. It is exported, folded (`fold -o`) and, an ONNX
file, imported and exported again. Each written file runs with 1, 2 and 3 pictures and at a second height and width, where
it has those open, and must give what the network as it was gives: of an ONNX file the file itself, of a model file an
export of one picture, at the very size, row by row, within the tolerance or four times what a unit in the last place of
its inputs does to it there. A size that is not open must be one that `banoff` says is fixed.
Needs onnx and onnxruntime from PyPI; exits 1 on a difference. Without names the quick networks are checked.
"""
import argparse
import json
import pathlib
import re
import sys
import tempfile

import numpy as np
import onnxruntime

import comparison
from comparison import run_banoff
from onnx_files import largest_difference, session

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUICK = ("resnet20_v2", "espnet_cityscapes", "shufflenet_v2_x1_0", "squeezenet1_1", "unet_resnet34", "paper_fig4b")
# Sides of pictures that take seconds.
SMALL = (128, 256)


class Refused(Exception):
    """ONNX Runtime does not run the file at this size."""


def is_open(size):
    return not isinstance(size, int)


class Network:
    """A model or ONNX file: the sizes that it is looked at, and what it computes there."""

    def __init__(self, arguments, name, folder):
        self.arguments, self.folder = arguments, folder
        file = pathlib.Path(name)
        self.is_onnx = file.suffix == ".onnx"
        self.given = [file]
        if not self.is_onnx:
            # Made-up weights depend on the size that norms are calibrated at: they are made once.
            self.given = [folder / "net.yaml"]
            run_banoff(arguments, "fold", ROOT / f"configs/models/{name}.yaml", "--weights", "random:1", "--method", "none",
                       "--no-check", "-o", self.given[0])
        self.inspected = comparison.inspected(arguments, self.given)
        self.outputs = [each["name"] for each in self.inspected["outputs"]]
        self.base = self.shapes()
        self.reference = {}

    def shapes(self):
        """The shapes to look at: smaller than the network's own where those are open and it takes smaller ones."""
        own = {each["name"]: each["shape"] for each in self.inspected["inputs"]}
        for side in () if self.arguments.full else SMALL:
            shapes = {each["name"]: [min(size, side) if axis > 1 and each["symbols"][axis] else size
                                     for axis, size in enumerate(each["shape"])] for each in self.inspected["inputs"]}
            try:
                run_banoff(self.arguments, "inspect", *self.given, *self.at(shapes))
                return shapes
            except RuntimeError:
                continue
        return own

    def at(self, shapes):
        return [word for name, shape in shapes.items() for word in ("--shape", f"{name}:{'x'.join(map(str, shape))}")]

    def write(self, command, file, shapes, *options):
        """Runs `banoff COMMAND -o FILE`; returns what it prints."""
        try:
            return run_banoff(self.arguments, command, *self.given, *self.at(shapes), *options, "-o", file)
        except RuntimeError:
            if shapes == self.base:
                raise
            raise Refused from None

    def expected(self, feeds):
        """What the network as it was computes: of a model file row by row, as each was written for its size."""
        if self.is_onnx:
            return session(self.given[0]).run(self.outputs, feeds)
        shapes = {name: [1, *values.shape[1:]] for name, values in feeds.items()}
        key = json.dumps(shapes)
        if key not in self.reference:
            file = self.folder / f"reference{len(self.reference)}.onnx"
            self.write("export", file, shapes)
            self.reference[key] = file
        net = session(self.reference[key])
        rows = [net.run(self.outputs, {name: values[i:i + 1] for name, values in feeds.items()})
                for i in range(len(next(iter(feeds.values()))))]
        return [np.concatenate(parts) for parts in zip(*rows)]

    def own_error(self, feeds, expected):
        """How far inputs that are one unit in the last place off take the network: some magnify all rounding."""
        rng = np.random.default_rng(1)
        off = [{name: (values * (1 + rng.choice([-1, 1], values.shape) * 2.0**-23)).astype(np.float32)
                for name, values in feeds.items()} for _ in range(4)]
        return max(largest_difference(self.expected(each), expected) for each in off)


def larger(network, symbols, by):
    """The base shapes with a second height and width."""
    return {name: [size + by if axis > 1 and symbols[name][axis] else size for axis, size in enumerate(shape)]
            for name, shape in network.base.items()}


def check_file(network, file, symbols):
    """The largest difference of a written file, over the sizes that it takes; those sizes; and whether all is right."""
    worst, seen, right = 0.0, [], True
    takes = {each.name: each.shape for each in session(file).get_inputs()}
    wanted = [(batch, 0) for batch in (1, 2, 3)] + [(1, by) for by in (8, 32, 128, 1)]
    rng = np.random.default_rng(4)
    for batch, by in wanted:
        if by and any(kind == "side" for kind, _ in seen):
            break
        shapes = {name: [batch, *shape[1:]] for name, shape in larger(network, symbols, by).items()}
        if by and shapes == network.base:
            break
        if any(not is_open(size) and size != wish for name in takes for size, wish in zip(takes[name], shapes[name])):
            continue
        feeds = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
        try:
            expected = network.expected(feeds)
        except (Refused, onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException):
            continue  # the network does not take this size
        found = largest_difference(session(file).run(network.outputs, feeds), expected)
        tolerance = network.arguments.tolerance
        right = right and (found <= tolerance or found <= 4 * network.own_error(feeds, expected))
        worst = max(worst, found)
        seen.append(("side", by) if by else ("batch", batch))
    return worst, seen, right


def check(arguments, name, folder):
    """A row of the table, and whether all is right."""
    network = Network(arguments, name, folder)
    symbols = {each["name"]: each["symbols"] for each in network.inspected["inputs"]}
    written = {}
    fixed = set()
    for kind, command, options in (("export", "export", ()), ("fold", "fold", ("--json", "--no-check")),
                                   ("clamp", "fold", ("--activations", "clamp", "--json", "--no-check")),
                                   ("import", "import", ())):
        file = folder / f"{kind}.onnx"
        if kind in ("export", "import") and kind != ("import" if network.is_onnx else "export"):
            continue
        if kind == "import":
            text = network.write("import", folder / "imported.yaml", network.base)
            run_banoff(arguments, "export", folder / "imported.yaml", "-o", file)
        else:
            text = network.write(command, file, network.base, *options)
        if kind in ("fold", "clamp"):
            fixed |= {each["name"] for each in json.loads(text)["sizes"] if each["fixed_by"]}
        elif " alone: " in text:
            fixed |= {line.split(" is for ")[1].split("=")[0] for line in text.splitlines() if " is for " in line}
        written[kind] = check_file(network, file, symbols)
    worst = max(difference for difference, _, _ in written.values())
    sizes = {kind: "batch 1-3" if ("batch", 3) in seen else "batch 1" for kind, (_, seen, _) in written.items()}
    for kind, (_, seen, _) in written.items():
        sizes[kind] += ", sides" if any(way == "side" for way, _ in seen) else ""
    right = all(right for _, _, right in written.values())
    # What was not run at other batches must be fixed, and said to be.
    first = next(iter(symbols.values()))[0]
    right = right and (not first or first in fixed or all(("batch", 3) in seen for _, seen, _ in written.values()))
    return (f"{pathlib.Path(name).stem:28} {worst:9.1e}  {'; '.join(f'{kind}: {text}' for kind, text in sizes.items())}"
            f"{'  fixed: ' + ', '.join(sorted(fixed)) if fixed else ''}"), right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", metavar="NET", help="networks of configs/models, or .onnx files")
    comparison.add_arguments(parser)
    parser.add_argument("--full", action="store_true", help="at the networks' own heights and widths")
    arguments = parser.parse_args()
    failed = 0
    print(f"{'net':28} {'largest':>9}  sizes run")
    for name in arguments.nets or QUICK:
        with tempfile.TemporaryDirectory() as folder:
            try:
                row, right = check(arguments, name, pathlib.Path(folder))
            except (RuntimeError, Refused) as error:
                row, right = f"{pathlib.Path(name).stem:28} {error}", re.search("ha(s|ve) no ONNX operator", str(error)) is not None
        print(row + ("" if right else "  WRONG"), flush=True)
        failed += not right
    if failed:
        sys.exit(f"{failed} networks differ")


if __name__ == "__main__":
    main()
