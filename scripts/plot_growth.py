#!/usr/bin/env python3
"""Draws what banoff_solver_growth prints as a log-log plot: solver_growth | scripts/plot_growth.py > growth.svg"""
import math
import sys

WIDTH, HEIGHT, MARGIN = 640, 420, 60
SERIES = {"clamp ms": (3, "#1f6feb"), "literal ms": (4, "#b35900")}


def scale(value, low, high, size):
    return (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low)) * size


def main():
    rows = [[float(word) for word in line.split()] for line in sys.stdin.readlines()[1:] if line.strip()]
    nodes = [row[0] for row in rows]
    times = [row[column] for row in rows for column, _ in SERIES.values()]
    low_x, high_x = min(nodes), max(nodes)
    low_y, high_y = 10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times)))

    def place(x, y):
        return (MARGIN + scale(x, low_x, high_x, WIDTH - 2 * MARGIN),
                HEIGHT - MARGIN - scale(y, low_y, high_y, HEIGHT - 2 * MARGIN))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for power in range(round(math.log10(low_y)), round(math.log10(high_y)) + 1):
        x, y = place(low_x, 10 ** power)
        out.append(f'<path d="M{x:.0f} {y:.0f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
                   f'<text x="{x - 6:.0f}" y="{y + 4:.0f}" text-anchor="end">{10.0 ** power:g} ms</text>')
    for count in nodes:
        x, y = place(count, low_y)
        out.append(f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle">{count:.0f}</text>')
    out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">nodes of the network</text>')
    # A line of slope 1 through the first point, to compare with.
    first = rows[0][3]
    (x0, y0), (x1, y1) = place(low_x, first), place(high_x, first * high_x / low_x)
    out.append(f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="#999" stroke-dasharray="4 4"/>'
               f'<text x="{x1:.0f}" y="{y1 + 16:.0f}" text-anchor="end" fill="#777">linear</text>')
    for at, (name, (column, colour)) in enumerate(SERIES.items()):
        points = [place(row[0], row[column]) for row in rows]
        out.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
                   f'stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        out.append(f'<text x="{MARGIN + 12}" y="{MARGIN + 16 * at}" fill="{colour}">{name.removesuffix(" ms")} activations</text>')
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
