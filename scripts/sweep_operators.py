#!/usr/bin/env python3
"""Sweeps the operators in scope: small ONNX models of one operator, whose answers banoff must give or refuse by name.

For every operator of docs/onnx-operators.md and every opset at which its definition changed, models are drawn over its attributes
(every word of an enumeration, odd integers), the element types its definition allows, odd sizes, NaN, infinities and the
extremes of integers. What must come out is what ONNX Runtime (optimisations off) and onnx.reference agree on, or the one of
them that runs; where they differ, `lib/rules.py` says by which word of the specification one of them is right, and
where both are known to be wrong it has the operator written out from its definition.
Each model runs on every device, as it is and folded, and what is written as ONNX runs in ONNX Runtime once more.
Prints what is wrong and a table; exits 1 when anything is wrong or undecided. Nothing is written.

  scripts/sweep_operators.py                 # what CI runs: a seeded sample
  scripts/sweep_operators.py --draws 40      # the full sweep
  scripts/sweep_operators.py --only Resize Pad --draws 100 --show wrong
"""
import argparse
import collections
import pathlib
import struct
import subprocess
import sys
import time
import warnings

import numpy as np
import onnx

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "sweep"))
import cases
import rules
from oracles import closeness, exported_difference, onnx_reference, onnx_runtime

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Driver:
    """The program banoff_sweep, started anew when a model kills it."""

    def __init__(self, program):
        self.program, self.process = program, None

    def ask(self, model, inputs, answers):
        """banoff's verdict ("right", "refused", "wrong", "crash"), its reason and the folded network as ONNX."""
        if self.process is None:
            self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        frames = [model, *listed(inputs), str(len(answers)).encode()]
        for answer in answers:
            frames += listed(answer)
        try:
            self.process.stdin.write(b"".join(struct.pack("<I", len(frame)) + frame for frame in frames))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline().decode(errors="replace")
        if not line:
            code, self.process = self.process.wait(), None
            return "crash", f"exit code {code}", b""
        verdict, reason, size = line.rstrip("\n").split("\t")
        return verdict, reason, self.process.stdout.read(int(size))


def listed(tensors):
    """Their number, then each by its name."""
    return [str(len(tensors)).encode(), *(onnx.numpy_helper.from_array(np.asarray(value), name).SerializeToString()
                                          for name, value in tensors.items())]


def answers_of(case):
    """The answers that are right, and why a case has none: the oracles differ and no rule decides, or neither runs it."""
    if case.anything:
        return [], None
    if case.op in rules.WRITTEN:
        return [rules.WRITTEN[case.op](case)], None
    told = {"runtime": onnx_runtime(case), "reference": onnx_reference(case)}
    ran = {name: outputs for name, outputs in told.items() if not isinstance(outputs, str)}
    if not ran:
        return None, "unanswered: " + " / ".join(map(str, told.values()))
    if len(ran) == 2 and not closeness(ran["runtime"], ran["reference"]):
        chosen = rules.decide(case, ran)
        if chosen is None:
            return None, "undecided: " + rules.first_difference(ran["runtime"], ran["reference"])
        return [ran[name] for name in chosen], None
    return list(ran.values()), None


def run(arguments):
    """The verdicts of all cases, by operator."""
    driver, table = Driver(arguments.program), collections.defaultdict(collections.Counter)
    reasons = collections.defaultdict(list)
    for case in cases.cases(arguments.only, arguments.draws, arguments.seed):
        answers, problem = answers_of(case)
        if problem:
            verdict, reason = problem.split(": ", 1)
        else:
            verdict, reason, file = driver.ask(case.model.SerializeToString(), case.live(), answers)
            if verdict == "right" and file and answers and not rules.nan_is_open(case):
                different = exported_difference(file, case, answers)
                if different:
                    verdict, reason = "wrong", "written as ONNX: " + different
        table[case.op][verdict] += 1
        reasons[verdict].append(f"{case}: {reason}")
    return table, reasons


VERDICTS = ("right", "refused", "wrong", "crash", "undecided", "unanswered")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build/dev/tests/onnx/banoff_sweep")
    parser.add_argument("--draws", type=int, default=4, help="models of each operator, opset and kind of element")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=(), help="operators")
    parser.add_argument("--show", nargs="*", default=(), choices=VERDICTS, help="verdicts whose cases are all listed")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    started = time.monotonic()
    table, reasons = run(arguments)
    bad = [verdict for verdict in ("wrong", "crash", "undecided") if reasons[verdict]]
    for verdict in dict.fromkeys([*bad, *arguments.show]):
        for reason in reasons[verdict]:
            print(f"{verdict}: {reason}")
    total = collections.Counter()
    for op in sorted(table):
        total += table[op]
        if arguments.only or any(table[op][each] for each in bad):
            print(f"{op:28}", *(f"{each} {table[op][each]}" for each in VERDICTS if table[op][each]))
    print(f"{sum(total.values())} models of {len(table)} operators:", ", ".join(f"{total[each]} {each}" for each in VERDICTS),
          f"({time.monotonic() - started:.0f} s)")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
