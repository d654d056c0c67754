#!/usr/bin/env python3
"""Times banoff, ONNX Runtime, OpenVINO, ncnn and MNN on the same networks and the same machine.

Every measurement is a process of its own, which loads a network, warms up and runs it for a time on one picture; the
runtimes take turns, in several rounds. Each is set as its makers advise for latency in fp32, and where idle workers may
spin or sleep, both are tried in the first round and the faster one (by the median) is kept, for banoff as for the
others. In the first round every answer is compared with that of ONNX Runtime without optimisations: one that is more
than 0.1 % of the largest output off is shown as wrong and not timed.

Made and converted files stay in the work folder, so that another run takes only the measuring. Progress goes to stderr.

  bench/peers/compare.py --install                             # the peers from PyPI, once
  bench/peers/compare.py --banoff build/release/cli/banoff
  bench/peers/compare.py --banoff build/release/cli/banoff --nets resnet18,vgg16_bn --threads 1
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import time

import document
import surroundings
from catalogue import MAKERS, NETS, ROOT, RUNTIMES
from rounds import Comparison, say


def listed(convert, known=()):
    """An argument's type: values separated by commas, each one of `known` where that is given."""
    def parse(text):
        values = [convert(value) for value in text.split(",")]
        wrong = [value for value in values if known and value not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: choose from {', '.join(known)}")
        return values

    return parse


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", type=listed(str, NETS), default=list(NETS), metavar="NET,…",
                        help=f"of {', '.join(NETS)} (default: all)")
    parser.add_argument("--runtimes", type=listed(str, RUNTIMES), default=list(RUNTIMES), metavar="NAME,…",
                        help=f"of {', '.join(RUNTIMES)} (default: all)")
    parser.add_argument("--threads", type=listed(positive), default=[1, 2], metavar="N,…",
                        help="numbers of threads (default: 1,2)")
    parser.add_argument("--rounds", type=positive, default=3, help="processes per measurement (default: 3)")
    parser.add_argument("--seconds", type=float, default=1, help="of runs in a process, ten at least (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of weights and picture (default: 1)")
    parser.add_argument("--banoff", default="banoff", metavar="PATH",
                        help="the command-line tool (default: the one on the PATH)")
    parser.add_argument("--commit", help="that the tool was built from (default: the source tree's)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/peers", metavar="DIR",
                        help="keeps the peers' environment, networks and converted files (default: build/peers)")
    parser.add_argument("--install", nargs="?", const="all", choices=("all", "runtimes"),
                        help="install the peers from PyPI into DIR/venv, and end; `runtimes` leaves out PyTorch and "
                        "torchvision (some GB), which make the networks: then banoff makes those it has model files of")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE",
                        help="without its extensions, .md and .json (default: bench/results/peers_PROCESSOR_ISA)")
    return parser.parse_args()


def command_of(options):
    """What gives this table elsewhere: without the folders of this machine."""
    parts = {"threads": ",".join(map(str, options.threads)), "rounds": options.rounds,
             "seconds": f"{options.seconds:g}", "seed": options.seed, "nets": ",".join(options.nets),
             "runtimes": ",".join(options.runtimes)}
    for name, everything in (("nets", NETS), ("runtimes", RUNTIMES)):
        if getattr(options, name) == list(everything):
            del parts[name]
    return " ".join(["bench/peers/compare.py", *(f"--{name} {value}" for name, value in parts.items())])


def absent_runtimes(options, versions):
    """Why, by their names."""
    reasons = {}
    for name in options.runtimes:
        missing = [package for package in RUNTIMES[name].packages if package not in versions]
        if missing:
            reasons[name] = f"{', '.join(missing)} is not installed (--install)"
    if "banoff" in options.runtimes and not shutil.which(options.banoff):
        reasons["banoff"] = f"there is no program {pathlib.Path(options.banoff).name}"
    return reasons


def compared(options):
    """Makes, converts and measures; returns what the JSON file holds."""
    python = surroundings.python_of(options.work)
    packages = dict.fromkeys(package for name in options.runtimes for package in RUNTIMES[name].packages)
    versions = surroundings.versions(python, [*packages, *MAKERS])
    comparison = Comparison(options, python, versions, absent_runtimes(options, versions))
    if not comparison.runtimes:
        sys.exit("\n".join(comparison.absent.values()))
    if "banoff" in comparison.runtimes:
        versions = {**surroundings.versions_of_banoff(options.banoff), **versions}
    comparison.prepare()
    machine = {**surroundings.machine(), "load_before": os.getloadavg()[0]}
    try:
        for index in range(options.rounds):
            comparison.round(index)
    except KeyboardInterrupt:
        say("interrupted: the table has what was measured so far")
    machine["load_after"] = os.getloadavg()[0]
    shown = ("nets", "runtimes", "threads", "rounds", "seconds", "seed")
    return {"machine": machine, "versions": versions, "commit": options.commit or surroundings.commit(),
            "command": command_of(options), "options": {name: getattr(options, name) for name in shown},
            "settings": {name: RUNTIMES[name].settings for name in options.runtimes}, "nets": comparison.nets,
            "measurements": comparison.measurements, "failures": comparison.failures}


def main():
    options = parsed()
    options.work = options.work.resolve()
    if options.install:
        reasons = surroundings.install(options.work, options.runtimes, options.install == "all")
        sys.exit("\n".join(reasons.values()) or None)
    started = time.monotonic()
    result = compared(options)
    name = f"peers_{surroundings.slug(result['machine']['processor'])}_{result['machine']['isa']}"
    output = options.output or ROOT / "bench/results" / name
    text = document.markdown(result, {name: RUNTIMES[name].title for name in options.runtimes})
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_name(output.name + ".json").write_text(json.dumps(result, indent=1) + "\n")
    output.with_name(output.name + ".md").write_text(text)
    print(text)
    say(f"{time.monotonic() - started:.0f} s; written to {output}.md and .json")


if __name__ == "__main__":
    main()
