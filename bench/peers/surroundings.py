"""The virtual environment of the peers, and what this machine is."""
import json
import os
import pathlib
import re
import sys
import venv

import children
from catalogue import MAKERS, ROOT, RUNTIMES


def python_of(work):
    """The Python that has the peers: of the work folder's environment, or this one where there is none."""
    python = work / "venv/bin/python"
    return python if python.exists() else pathlib.Path(sys.executable)


def install(work, names, makers):
    """Makes or completes the work folder's environment from PyPI, or what pip is configured to take in its place.

    Returns why a package is not to be had, by its runtime.
    """
    python = work / "venv/bin/python"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
    reasons = {}
    wanted = {name: RUNTIMES[name].packages for name in names if RUNTIMES[name].packages}
    wanted.setdefault("onnxruntime", RUNTIMES["onnxruntime"].packages)  # whose answers are the right ones
    if makers:
        wanted["torchvision"] = MAKERS
    for name, packages in wanted.items():
        # pnnx's program needs nothing; its Python part, which is not used here, would bring all of PyTorch.
        for package in packages:
            print(f"installing {package}", file=sys.stderr)
            alone = ["--no-deps"] if package == "pnnx" else []
            try:
                children.run([python, "-m", "pip", "install", "-q", *alone, package], seconds=3600)
            except children.Failed as failure:
                reasons[name] = f"{package} cannot be installed: {failure}"
                break
    return reasons


def versions(python, names):
    """Of the packages that are installed, by name."""
    told = children.run([python, "-c", "import importlib.metadata as m, sys\n"
                         "for name in sys.argv[1:]:\n"
                         "    try: print(name, m.version(name))\n"
                         "    except m.PackageNotFoundError: pass", *names])
    return dict(line.split() for line in told.splitlines())


def fields_of_lscpu():
    lines = children.run(["lscpu"], {"LC_ALL": "C"}).splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def machine():
    """The processor and what may change its speed."""
    fields = fields_of_lscpu()
    flags = fields.get("Flags", "").split()
    isas = [isa for isa, flag in (("avx512", "avx512f"), ("avx2", "avx2")) if flag in flags]
    return {"processor": fields.get("Model name", "unknown processor"),
            "isa": isas[0] if isas else os.uname().machine,
            "usable_processors": len(os.sched_getaffinity(0)), "threads_per_core": fields.get("Thread(s) per core", ""),
            "virtual": fields.get("Hypervisor vendor", ""), "system": f"{os.uname().sysname} {os.uname().release}"}


def versions_of_banoff(banoff):
    """Its own, and that of the oneDNN that it was built with."""
    machine = json.loads(children.run([banoff, "devices", "--json"]))["machine"]
    return {"banoff": children.run([banoff, "--version"]).split()[-1], "oneDNN": machine["onednn"].split()[-1]}


def slug(text):
    """As part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower().replace("(r)", "").replace("(tm)", "")).strip("_")


def commit():
    """Of the source tree, with a `+` behind it where files differ from it; empty outside a repository."""
    git = ["git", "-C", ROOT]
    try:
        head = children.run([*git, "rev-parse", "--short=12", "HEAD"]).strip()
        return head + ("+" if children.run([*git, "status", "--porcelain", "-uno"]) else "")
    except children.Failed:
        return ""
