#!/usr/bin/env python3
"""Makes or completes the environment of the other frameworks, from PyPI or what pip is configured to take instead.

  bench/stacks/install.py                      # all, into build/stacks/venv
  bench/stacks/install.py keras package ort    # without PyTorch, which is some GB
  build/stacks/venv/bin/python bench/stacks/serve.py --help

What is installed goes to stderr. For what cannot be had the reason is told, the rest goes on, and the exit code is 1.
"""
import argparse
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Each version of everything that is timed, and what it is timed with. All stacks are compared with ONNX Runtime.
ALWAYS = ("numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.32.0")
KERAS = ("tensorflow-cpu==2.21.0", "keras==3.15.1")
PYTORCH = ("torch==2.15.0", "torchvision==0.29.2", "onnx2torch==1.5.15")
# Of these two only what tensorflow-cpu stands for is missing, by another name: it would be installed twice.
ALONE = ("tf_keras==2.21.0", "tensorflow-batchnorm-folding==1.0.9")
STACKS = {"ort": (), "keras": KERAS, "package": (*KERAS, "scikit-network==0.33.5", *ALONE), "pytorch": PYTORCH}


def say(text):
    print(text, file=sys.stderr, flush=True)


def pip(python, *arguments):
    """None, or why pip failed, in one line."""
    done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments],
                          capture_output=True, text=True, errors="replace")
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return (errors[-1] if errors else f"pip exits with {done.returncode}") if done.returncode else None


def install(python, packages):
    for package in packages:
        say(f"installing {package}")
        reason = pip(python, *(["--no-deps"] if package in ALONE else []), package)
        if reason:
            return f"{package}: {reason}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/stacks", metavar="DIR",
                        help="the environment is DIR/venv (default: build/stacks)")
    parser.add_argument("stacks", nargs="*", metavar="STACK", help=f"of {', '.join(STACKS)} (default: all)")
    options = parser.parse_args()
    unknown = [stack for stack in options.stacks if stack not in STACKS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(STACKS)}")
    python = options.work / "venv/bin/python"
    if not python.exists():
        say(f"making {options.work / 'venv'}")
        venv.create(options.work / "venv", with_pip=True)
    reason = install(python, ALWAYS)
    if reason:
        sys.exit(f"nothing can be timed: {reason}")
    failed = False
    for stack in options.stacks or STACKS:
        reason = install(python, STACKS[stack])
        failed = failed or bool(reason)
        say(f"{stack}: {'not to be had: ' + reason if reason else 'ready'}")
    say(f"run {python} {ROOT / 'bench/stacks/serve.py'}")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
