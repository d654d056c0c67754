#!/usr/bin/env python3
"""Puts the measured tables of bench/results/tables_quick_cpu.md into docs/reproduction.md, leaving its prose alone.

A section of the document is called as the table is ("## table3: …"); its table becomes "Published and measured", or the
times and memory where nothing was published. Usage: update_reproduction.py
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results/tables_quick_cpu.md"
DOCUMENT = ROOT / "docs/reproduction.md"
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def sections(text):
    """(name, text) of each "## name: title" and of what stands before them (name None)."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return [(re.match(r"## (\w+)", part).group(1) if part.startswith("## ") else None, part) for part in parts]


def measured(section):
    """The table that the document shows."""
    for title in ("Published and measured", "Times and memory"):
        at = section.find(title)
        if at >= 0:
            return TABLE.search(section, at).group()
    raise SystemExit(f"no table in {section.splitlines()[0]}")


def main():
    tables = {name: measured(text) for name, text in sections(RESULTS.read_text()) if name}
    result = [TABLE.sub(lambda _, name=name: tables.pop(name), text, count=1) if name in tables else text
              for name, text in sections(DOCUMENT.read_text())]
    if tables:
        raise SystemExit(f"{DOCUMENT.name} has no section for {', '.join(tables)}")
    DOCUMENT.write_text("".join(result))


if __name__ == "__main__":
    main()
