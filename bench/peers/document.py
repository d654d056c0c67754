"""The Markdown document of a comparison: what it was measured with, a table per number of threads, and what failed."""
import collections

import table


def markdown(result, titles):
    """`result` is what the JSON file holds, `titles` are the runtimes' by their names."""
    summarised = table.summaries(result["measurements"])
    lines = head(result)
    for threads in result["options"]["threads"]:
        lines += [f"## {table.thread_count(threads).capitalize()}", "",
                  *table.lines(summarised, result["options"]["nets"], threads, titles, result["failures"]), ""]
    return "\n".join(lines + nets(result) + settings(result, summarised, titles) + failures(result, titles))


def head(result):
    machine, rounds = result["machine"], result["options"]["rounds"]
    versions = ", ".join(f"{name} {which}" for name, which in result["versions"].items())
    virtual = f", virtual ({machine['virtual']})" if machine["virtual"] else ""
    return [f"{versions}; commit {result['commit'] or 'unknown'}", "",
            f"{machine['processor']}, {machine['usable_processors']} processors, {machine['isa']}, {machine['system']}"
            f"{virtual}; load average {machine['load_before']:.1f} before, {machine['load_after']:.1f} after", "",
            f"    {result['command']}", "",
            f"Batch 1, fp32. Milliseconds: the median over {rounds} rounds of a process's median ± half the distance "
            "of the farthest two of them (the least time of all). A ratio below 1: banoff is faster.", ""]


def nets(result):
    left = {one["net"]: one["bn_left"] for one in result["measurements"] if "bn_left" in one}
    lines = ["## Networks", "", "| net | input | batch norms | banoff leaves | made by |", "|---|---|---:|---:|---|"]
    for name, net in result["nets"].items():
        lines.append(table.line([name, net["input"], str(net["batch_norms"]), str(left.get(name, "")), net["made_by"]]))
    return [*lines, ""]


def settings(result, summarised, titles):
    """How each runtime was set, which variant was the faster one how often, and how far its answers were off."""
    lines = ["## Settings and differences", "",
             "| runtime | settings | the faster one, of nets with several threads | largest difference |",
             "|---|---|---|---:|"]
    for name, title in titles.items():
        chosen = collections.Counter(row[name]["variant"] for (threads, _), row in summarised.items()
                                     if threads > 1 and name in row and row[name]["variant"])
        errors = [one["error"] for one in result["measurements"] if one["runtime"] == name and "error" in one]
        counts = ", ".join(f"{variant}: {count}" for variant, count in sorted(chosen.items()))
        lines.append(table.line([title, result["settings"][name], counts, f"{max(errors):.0e}" if errors else ""]))
    return [*lines, "", "Differences are relative to the largest output, from ONNX Runtime without optimisations. "
            "passive and active: OMP_WAIT_POLICY.", ""]


def failures(result, titles):
    if not result["failures"]:
        return []
    lines = ["## Not timed", ""]
    for each in result["failures"]:
        of_threads = f", {table.thread_count(each['threads'])}" if "threads" in each else ""
        lines.append(f"- {each['net']}, {titles[each['runtime']]}{of_threads}: {each['reason']}")
    return [*lines, ""]
