"""Runs of `banoff` and tables of differences: what the check_*.py scripts share, whatever their oracle."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np


def run_banoff(arguments, *command):
    """Runs the command-line tool; its message is the exception's where it fails."""
    done = subprocess.run([arguments.banoff, *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def inspected(arguments, given):
    """What `banoff inspect` says of a model file; `given` names it and its weights."""
    return json.loads(run_banoff(arguments, "inspect", *given, "--json"))


def difference(actual, expected):
    """The largest one, relative to the largest value; infinite where the shapes differ or a value is not finite."""
    if actual.shape != expected.shape or not np.isfinite(actual).all():
        return float("inf")
    return float(np.abs(actual - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-300))


def add_arguments(parser):
    parser.add_argument("--banoff", default="banoff", help="the command-line tool")
    parser.add_argument("--device", default="cpu", help="one of `banoff devices`")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative to the largest value")


def check_all(names, check_one, columns, owner="PyTorch's"):
    """Prints the table's header and what check_one(name, folder) returns: a row, and whether it is right.

    Exits 1 if one is not, or could not be made.
    """
    print(f"{'net':20} {'size':>9} {'BN':>4} {'parameters':>11}" + "".join(f" {column:>11}" for column in columns))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                row, right = check_one(name, pathlib.Path(folder))
            except RuntimeError as error:
                row, right = f"{name:20} {error}", False
            print(row, flush=True)
            failed += not right
    if failed:
        sys.exit(f"{failed} networks differ from {owner}")


def verdict(name, size, published, given, differences, right, arguments, owner="PyTorch"):
    """A row for the table, and whether all is right: the differences, as the caller judged, and the number of parameters.

    There must be as many as are `published`; `given` names the model file and its weights.
    """
    net = inspected(arguments, given)
    norms = sum(layer["op"] == "batch_norm" for layer in net["layers"])
    right = right and net["parameters"] == published
    row = f"{name:20} {'x'.join(map(str, size)):>9} {norms:4} {net['parameters']:11,}"
    row += "".join(f" {value:11.1e}" for value in differences)
    return row + ("" if right else f"  WRONG ({owner} has {published:,} parameters)"), right
