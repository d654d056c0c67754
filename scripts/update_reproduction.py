#!/usr/bin/env python3
"""Puts the measured tables of bench/results/tables_quick_cpu.md into docs/reproduction.md, leaving its prose alone.

A section of the document is called as the table is ("## table3: ..."); between its lines "<!-- measured -->" and
"<!-- end -->" stand the comparisons with what was published, by framework where there are any, or the times and memory
where nothing was published. Usage: update_reproduction.py
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results/tables_quick_cpu.md"
DOCUMENT = ROOT / "docs/reproduction.md"
GRID = re.compile(r"^([^|\n#-].*)\n\n((?:\|.*\n)+)", re.MULTILINE)
MEASURED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)
SHOWN = ("published, banoff and other frameworks", "Largest difference of the folded networks")


def sections(text):
    """(name, text) of each "## name: title" and of what stands before them (name None)."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return [(re.match(r"## (\w+)", part).group(1) if part.startswith("## ") else None, part) for part in parts]


def measured(section):
    """The grids that the document shows, with their titles."""
    grids = GRID.findall(section)
    shown = [grid for grid in grids if any(title in grid[0] for title in ("Published and measured", *SHOWN))]
    if not shown:
        raise SystemExit(f"no table in {section.splitlines()[0]}")
    return "\n".join(f"{title}:\n\n{rows}" for title, rows in shown) + "\n"


def main():
    tables = {name: measured(text) for name, text in sections(RESULTS.read_text()) if name}
    result = []
    for name, text in sections(DOCUMENT.read_text()):
        if name in tables:
            text, places = MEASURED.subn(lambda _, name=name: "\n" + tables[name], text, count=1)
            if not places:
                raise SystemExit(f"{DOCUMENT.name}: no <!-- measured --> in the section {name}")
            del tables[name]
        result.append(text)
    if tables:
        raise SystemExit(f"{DOCUMENT.name} has no section for {', '.join(tables)}")
    DOCUMENT.write_text("".join(result))


if __name__ == "__main__":
    main()
