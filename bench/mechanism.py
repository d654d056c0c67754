#!/usr/bin/env python3
"""Explains savings by two costs per framework: of calling a norm's layer, and of a megabyte that it reads or writes.

  mechanism.py bench/results/tables_quick_cpu.json --banoff build/release/cli/banoff

Both come from the table `layers` of the results (32 norms on eight values, 32 on 64 maps of 56x56). What they predict
for the networks named stands beside what was measured there, in percent of the unfolded network's time.
"""
import argparse
import json
import pathlib
import subprocess

MODELS = pathlib.Path(__file__).resolve().parent.parent / "configs/models"
NETWORKS = ("resnet50", "resnet152", "mobilenet_v2", "efficientnet_b0", "resnet20_v2", "resnet56_v2")
LARGE_MEGABYTES = 8 * 64 * 56 * 56 / 1e6  # a norm of `norms_large` reads and writes float32


def by_place(report):
    """Cells of one thread and batch 1 by framework and mode, by network: of the table `layers`, and of those with savings
    in percent."""
    layers, networks = {}, {}
    for table in report["tables"]:
        for row in table["rows"]:
            for cell in row["cells"]:
                place = f"{cell['stack']} {cell['mode']}" if cell["stack"] else "banoff"
                cells = layers if "cost" in cell["measured"] else networks if "naive" in cell["measured"] else None
                if cells is not None and cell["threads"] == 1 and cell["batch"] == 1:
                    cells.setdefault(pathlib.Path(row["model"]).stem, {})[place] = cell
    return layers, networks


def row_of(cell, method):
    """The method's result with norms in passes of their own."""
    return next(each for each in cell["results"] if each["method"] == method and each["norms"] != "fused")


def norms_of(banoff, network):
    """(norms, megabytes that they read and write) of a network of the zoo."""
    told = subprocess.run([banoff, "inspect", MODELS / f"{network}.yaml", "--weights", "random:0", "--json"],
                          capture_output=True, text=True, check=True).stdout
    norms = [layer for layer in json.loads(told)["layers"] if layer["op"] == "batch_norm"]
    values = 0
    for norm in norms:
        size = 1
        for side in norm["outputs"][0]["shape"]:
            size *= side
        values += size
    return len(norms), 8 * values / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="what `banoff bench --table … --json` printed")
    parser.add_argument("--banoff", required=True)
    options = parser.parse_args()
    layers, networks = by_place(json.loads(options.results.read_text()))
    small, large = layers["norms_small"], layers["norms_large"]
    places = [place for place in small if place in large]
    costs = {}
    for place in places:
        call, whole = (found[place]["measured"]["cost"]["value"] for found in (small, large))
        costs[place] = call, (whole - call) / LARGE_MEGABYTES
    print("| | " + " | ".join(places) + " |\n|---|" + "---:|" * len(places))
    print("| a call, us | " + " | ".join(f"{costs[place][0]:.2f}" for place in places) + " |")
    print("| a megabyte, us | " + " | ".join(f"{costs[place][1]:.1f}" for place in places) + " |")
    for network in NETWORKS:
        norms, megabytes = norms_of(options.banoff, network)
        line = []
        for place in places:
            if place not in networks.get(network, {}):
                line.append("-")
                continue
            cell = networks[network][place]
            folded, unfolded = row_of(cell, "naive")["bn"]["folded"], row_of(cell, "none")["cpu"]["median_ms"]
            predicted = (folded * costs[place][0] + megabytes * folded / norms * costs[place][1]) / 1e3
            line.append(f"{100 * predicted / unfolded:.1f} / {cell['measured']['naive']['value']:.1f}")
        print(f"| {network}: predicted / measured, % | " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
