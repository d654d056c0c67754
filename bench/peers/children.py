"""Programs that are run for one answer: JSON on stdout."""
import json
import os
import pathlib
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    """A program did not do its work; the message says why, in one line."""


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def run(command, environment=None, seconds=900):
    """The program's stdout; raises Failed where it fails, is killed or takes longer than `seconds`."""
    try:
        done = subprocess.run([str(part) for part in command], env={**os.environ, **(environment or {})},
                              capture_output=True, text=True, errors="replace", timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {seconds} s") from None
    except OSError as error:
        raise Failed(str(error)) from None
    if done.returncode < 0:
        raise Failed(f"killed by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        raise Failed(last_line(done.stderr) or last_line(done.stdout) or f"exit code {done.returncode}")
    return done.stdout


def ask(python, script, *arguments, environment=None):
    """What the script beside this file answers by `serve`."""
    return json.loads(run([python, HERE / script, *arguments], environment))


def serve(work):
    """In the program that is asked: answers what `work()` returns, and sends whatever libraries print to stderr."""
    sys.stdout.flush()
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        answer = work()
    except Failed as failure:
        sys.exit(str(failure))
    stdout.write(json.dumps(answer) + "\n")
    stdout.flush()
