#!/usr/bin/env python3
"""What scripts/real_nets.sh does with files: pictures turned, networks opened, outputs compared, rows of the table.

Needs onnx, onnxruntime, numpy, Pillow and PyYAML, which that script installs.
"""
import argparse
import json
import pathlib
import subprocess
import time

import numpy as np
import onnx
import onnxruntime
import yaml
from PIL import Image

TOLERANCE = 1e-3  # of an output's largest magnitude: sums in another order, and fast convolutions


def pictures(arguments):
    """Copies the photographs, and makes of them what stands on its head and a line of the page."""
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for file in arguments.photos.iterdir():
        if file.suffix in (".jpg", ".png"):
            (arguments.folder / file.name).write_bytes(file.read_bytes())
    page = Image.open(arguments.photos / "page.jpg")
    page.transpose(Image.Transpose.ROTATE_180).save(arguments.folder / "page_turned.jpg", quality=90)
    line = page.crop((130, 96, 900, 138))
    line.save(arguments.folder / "line.png")
    line.transpose(Image.Transpose.ROTATE_180).save(arguments.folder / "line_turned.png")


def prepare(arguments):
    """Gives sizes that a file fixes otherwise, or calls by one name, those of pictures here, and writes the characters
    that a reader of text has in its metadata to a file of labels."""
    model = onnx.load(arguments.original)
    name, sizes = arguments.sizes.split(":")
    (given,) = [value for value in model.graph.input if value.name == name]
    dims = list(given.type.tensor_type.shape.dim)
    named = [dim.dim_param for dim in dims]
    for dim, size in zip(dims, sizes.split("x")):
        if dim.dim_value not in (0, int(size)) or named.count(dim.dim_param) > 1:
            dim.dim_value = int(size)
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    onnx.save(model, arguments.opened)
    characters = {entry.key: entry.value for entry in model.metadata_props}.get("character")
    if characters:
        file = arguments.opened.with_suffix(".characters.txt")
        file.write_text("\n".join([*characters.split("\n"), " "]) + "\n", encoding="utf-8")


def input_of(task, sizes, picture):
    """The name of the input, and a picture stretched to it as the task file says that pixels become numbers."""
    ((name, how),) = task["preprocess"].items()
    _, _, height, width = sizes
    pixels = np.asarray(Image.open(picture).convert("RGB").resize((width, height), Image.BILINEAR), np.float64)
    if how.get("channels") == "bgr":
        pixels = pixels[:, :, ::-1]
    values = (pixels / how.get("scale", 255) - np.array(how.get("mean", 0))) / np.array(how.get("std", 1))
    return name, np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def least_times(banoff, network, session, name, values, rounds=4):
    """Milliseconds of the fastest of many runs on one thread, of banoff and of ONNX Runtime, which take turns."""
    sizes = "x".join(map(str, values.shape))
    bench = [banoff, "bench", "--model", network, "--shape", f"{name}:{sizes}", "--methods", "optimal", "--norms",
             "fused", "--threads", "1", "--duration", "0.4", "--json"]
    mine, others = [], []
    for _ in range(rounds):
        (timed,) = json.loads(subprocess.run(bench, check=True, capture_output=True, text=True).stdout)["results"]
        mine.append(timed["min_ms"])
        end = time.perf_counter() + 0.6  # as long, and the warm-up
        while time.perf_counter() < end:
            start = time.perf_counter()
            session.run(None, {name: values})
            others.append((time.perf_counter() - start) * 1e3)
    return min(mine), min(others)


def compare(arguments):
    task = yaml.safe_load(arguments.task.read_text(encoding="utf-8"))
    sizes = [int(size) for size in arguments.sizes.split("x")]
    name, values = input_of(task, sizes, arguments.picture)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(arguments.network, options, ["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    expected = session.run(None, {name: values})

    folder = arguments.row.with_suffix(".arrays")
    folder.mkdir(exist_ok=True)
    np.save(folder / "in.npy", values)
    command = [arguments.banoff, "run", arguments.folded, "--input", f"{name}={folder / 'in.npy'}"]
    for i, output in enumerate(outputs):
        command += ["--output", f"{output}={folder / f'out{i}.npy'}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    difference = 0.0
    for i, (output, wanted) in enumerate(zip(outputs, expected)):
        got = np.load(folder / f"out{i}.npy")
        if got.shape != wanted.shape:
            raise SystemExit(f"{arguments.network}: output {output} is {got.shape}, ONNX Runtime's {wanted.shape}")
        difference = max(difference, float(np.abs(got - wanted).max() / np.abs(wanted).max()))
    if not difference <= TOLERANCE:
        raise SystemExit(f"{arguments.network}: outputs differ by {difference:.1e} of the largest from ONNX Runtime's")

    banoff_ms, onnxruntime_ms = least_times(arguments.banoff, arguments.network, session, name, values)
    fold = [arguments.banoff, "fold", "--json", arguments.network]
    report = json.loads(subprocess.run(fold, check=True, capture_output=True, text=True).stdout)
    row = {"network": arguments.network.stem, "licence": arguments.licence, "input": arguments.sizes,
           "norms": report["bn"], "maps": report["affine"], "banoff_ms": banoff_ms,
           "onnxruntime_ms": onnxruntime_ms, "difference": difference}
    arguments.row.write_text(json.dumps(row, indent=2), encoding="utf-8")
    print(f"\n{len(outputs)} outputs, largest difference from ONNX Runtime's {difference:.1e} of the largest value")


def table(arguments):
    rows = [json.loads(file.read_text(encoding="utf-8")) for file in arguments.rows]
    titles = ["network", "licence", "input", "norms", "maps per channel", "banoff ms",
              f"ONNX Runtime {onnxruntime.__version__} ms", "difference"]
    cells = [titles, ["---", "---", "---", "---", "---", "---:", "---:", "---:"]]
    for row in rows:
        norms, maps = row["norms"], row["maps"]
        gone = norms["folded"] + norms["folded_with_clamp"]
        cells.append([row["network"], row["licence"], row["input"], f"{gone} of {norms['total']}",
                      f"{maps['folded']} of {maps['total']}", f"{row['banoff_ms']:.2f}", f"{row['onnxruntime_ms']:.2f}",
                      f"{row['difference']:.1e}"])
    widths = [max(len(row[k]) for row in cells) for k in range(len(titles))]
    for row in cells:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    print("\nOne thread, the least of many runs; the difference is relative to an output's largest magnitude.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(work, *names, texts=()):
        sub = commands.add_parser(work.__name__)
        for name in names:
            sub.add_argument(name, type=str if name in texts else pathlib.Path)
        sub.set_defaults(work=work)
        return sub

    command(pictures, "photos", "folder")
    command(prepare, "original", "sizes", "opened", texts=("sizes",))
    command(compare, "network", "folded", "task", "sizes", "picture", "licence", "row",
            texts=("sizes", "licence")).add_argument("--banoff", required=True)
    commands.add_parser("table").add_argument("rows", nargs="+", type=pathlib.Path)
    commands.choices["table"].set_defaults(work=table)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
