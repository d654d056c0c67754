"""What a comparison does: makes the networks, converts them, and lets the runtimes take turns."""
import json
import pathlib
import sys

import children
import table
from catalogue import RUNTIMES, TOLERANCE


def say(text):
    print(text, file=sys.stderr, flush=True)


def kept(file, key, make):
    """What `make` returned when `file` was written, if `key` is still the same; otherwise it is made anew."""
    if file.exists():
        told = json.loads(file.read_text())
        if told["key"] == key:
            return told["made"]
        file.unlink()
    made = make()
    file.write_text(json.dumps({"key": key, "made": made}))
    return made


class Comparison:
    """The networks' files, and what was measured of them, as `table` takes it."""

    def __init__(self, options, python, versions, absent):
        """`absent` tells why a runtime is not there, by its name."""
        self.options, self.python, self.versions, self.absent = options, python, versions, absent
        self.runtimes = [name for name in options.runtimes if name not in absent]
        self.nets, self.measurements, self.failures = {}, [], []

    def fail(self, net, runtime, reason, wrong=False, **of_threads):
        for folder in (self.options.work, pathlib.Path(self.options.banoff).parent):
            reason = reason.replace(f"{folder}/", "")
        say(f"{net}: {runtime}: {reason}")
        self.failures.append({"net": net, "runtime": runtime, "reason": reason, "wrong": wrong, **of_threads})

    def folder(self, net):
        return self.options.work / "nets" / net

    def prepare(self):
        """Makes and converts what is not there yet."""
        for net in self.options.nets:
            for runtime, reason in self.absent.items():
                self.fail(net, runtime, reason)
            self.folder(net).mkdir(parents=True, exist_ok=True)
            try:
                self.nets[net] = kept(self.folder(net) / "made.json", self.options.seed, lambda: self.make(net))
            except children.Failed as failure:
                for runtime in self.runtimes:
                    self.fail(net, runtime, f"the network cannot be made: {failure}")
                continue
            for runtime in self.runtimes:
                if RUNTIMES[runtime].converter:
                    self.convert(net, runtime)

    def make(self, net):
        say(f"making {net}")
        for converted in self.folder(net).glob("*.converted.json"):  # of another network
            converted.unlink()
        return children.ask(self.python, "make_net.py", net, self.folder(net), "--banoff", self.options.banoff,
                            "--seed", self.options.seed)

    def convert(self, net, runtime):
        def reason_against():
            say(f"converting {net} for {RUNTIMES[runtime].title}")
            try:
                children.ask(self.python, "convert.py", runtime, self.folder(net))
            except children.Failed as failure:
                return str(failure)
            return ""

        version = self.versions[RUNTIMES[runtime].converter]
        reason = kept(self.folder(net) / f"{runtime}.converted.json", version, reason_against)
        if reason:
            self.fail(net, runtime, f"not converted: {reason}")

    def has_failed(self, net, runtime, threads):
        return (net, runtime) in table.words(self.failures, threads)

    def variants(self, net, runtime, threads):
        """All in the first round, then the faster one; one thread has nothing to wait for."""
        variants = RUNTIMES[runtime].variants
        seen = [one for one in self.measurements
                if (one["net"], one["runtime"], one["threads"]) == (net, runtime, threads)]
        if threads == 1:
            return variants[:1]
        if not seen:
            return variants
        return [variant for variant in variants if variant.name == table.summary(seen)["variant"]]

    def measure(self, net, runtime, threads, variant, check):
        """Appends a measurement, or a failure."""
        flags = ["--spin"] * variant.spinning + ["--check"] * check
        try:
            told = children.ask(self.python, "measure.py", runtime, self.folder(net), "--threads", threads, "--seconds",
                                self.options.seconds, "--banoff", self.options.banoff, *flags,
                                environment=variant.environment)
        except children.Failed as failure:
            self.fail(net, runtime, str(failure), threads=threads)
            return
        if told.get("error", 0) > TOLERANCE:
            self.fail(net, runtime, f"differs by {told['error']:.1e} of the largest output", True, threads=threads)
            return
        self.measurements.append({"net": net, "runtime": runtime, "threads": threads, "variant": variant.name, **told})

    def round(self, index):
        """Everything once; another runtime begins each time, so that none always follows the same one."""
        first = index % len(self.runtimes)
        for net in self.nets:
            for threads in self.options.threads:
                before = len(self.measurements)
                for runtime in self.runtimes[first:] + self.runtimes[:first]:
                    for variant in self.variants(net, runtime, threads):
                        if not self.has_failed(net, runtime, threads):
                            self.measure(net, runtime, threads, variant, check=index == 0)
                times = ", ".join(f"{one['runtime']} {one['median_ms']:.2f} ({one['min_ms']:.2f})"
                                  for one in self.measurements[before:])
                say(f"round {index + 1}/{self.options.rounds}, {net}, {table.thread_count(threads)}: {times}")
