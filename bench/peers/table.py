"""From single measurements to the table: medians over rounds, their spread, and ratios of banoff to the peers.

A measurement is {"net", "threads", "runtime", "variant", "min_ms", "median_ms", …}; a failure {"net", "runtime",
"reason"} with "threads" where it is of one number alone. Whatever is not there is an empty cell.
"""
import collections
import math
import statistics

OWN = "banoff"
QUANTITIES = ("median_ms", "min_ms")


def summary(measurements):
    """Of one runtime, net and number of threads: {"median_ms", "min_ms", "spread", "variant", "rounds"}.

    The median is that of the processes' medians, the spread the distance of the farthest two of them, relative to it.
    Of several variants only the one with the least of the medians counts.
    """
    fastest = min(measurements, key=lambda one: one["median_ms"])["variant"]
    chosen = [one for one in measurements if one["variant"] == fastest]
    medians = [one["median_ms"] for one in chosen]
    median = statistics.median(medians)
    return {"median_ms": median, "min_ms": min(one["min_ms"] for one in chosen),
            "spread": (max(medians) - min(medians)) / median, "variant": fastest, "rounds": len(chosen)}


def summaries(measurements):
    """By (threads, net), then by runtime."""
    grouped = collections.defaultdict(lambda: collections.defaultdict(list))
    for one in measurements:
        grouped[one["threads"], one["net"]][one["runtime"]].append(one)
    return {key: {runtime: summary(group) for runtime, group in groups.items()} for key, groups in grouped.items()}


def ratio(row, peer, quantity):
    """banoff's time over the peer's, below 1 where banoff is faster; None where one of them was not measured."""
    if OWN not in row or peer not in row:
        return None
    return row[OWN][quantity] / row[peer][quantity]


def best_peer(row, quantity):
    """The fastest one; None where none was measured."""
    peers = [name for name in row if name != OWN]
    return min(peers, key=lambda name: row[name][quantity], default=None)


def geometric_mean(values):
    """Of those that are not None; None where there are none."""
    values = [value for value in values if value is not None]
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def ratio_to_best(row, quantity):
    """To the peer that is the fastest by this quantity."""
    return ratio(row, best_peer(row, quantity), quantity)


def means(rows, peers):
    """Geometric means of the ratios, over the nets that both were measured on: by peer or "best", then by quantity."""
    rows = list(rows)
    found = {peer: {quantity: geometric_mean(ratio(row, peer, quantity) for row in rows) for quantity in QUANTITIES}
             for peer in peers}
    found["best"] = {quantity: geometric_mean(ratio_to_best(row, quantity) for row in rows) for quantity in QUANTITIES}
    return found


def number(value):
    return "" if value is None else f"{value:.2f}"


def thread_count(threads):
    return f"{threads} thread{'s' if threads > 1 else ''}"


def time_cell(found):
    return f"{found['median_ms']:.2f} ±{50 * found['spread']:.0f} % ({found['min_ms']:.2f})"


def words(failures, threads):
    """What stands in place of a time, by (net, runtime); the reasons are listed below the tables."""
    return {(each["net"], each["runtime"]): "wrong" if each["wrong"] else "fails" for each in failures
            if each.get("threads", threads) == threads}


def line(cells):
    return "| " + " | ".join(cells) + " |"


def lines(summarised, nets, threads, titles, failures):
    """The table of one number of threads, of what `summaries` gives; `titles` are the runtimes' by their names."""
    rows = {net: summarised.get((threads, net), {}) for net in nets}
    instead = words(failures, threads)
    made = [line(["net", *titles.values(), "best peer", "banoff / best, medians", "least times"]),
            "|---" + "|---:" * len(titles) + "|---|---:|---:|"]
    for net, row in rows.items():
        times = [time_cell(row[name]) if name in row else instead.get((net, name), "") for name in titles]
        best = titles.get(best_peer(row, "median_ms"), "")
        made.append(line([net, *times, best, *(number(ratio_to_best(row, quantity)) for quantity in QUANTITIES)]))
    found = means(rows.values(), [name for name in titles if name != OWN])
    cells = {peer: [number(value) for value in values.values()] for peer, values in found.items()}
    of_peers = [" / ".join(cells[name]) if all(cells.get(name, [""])) else "" for name in titles]
    return [*made, line(["**banoff / peer, geometric mean: medians / least times**", *of_peers, "", *cells["best"]])]
