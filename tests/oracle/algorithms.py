#!/usr/bin/env python3
"""Reference values for the tests of random numbers, Scaler and KMeans.

Written from the definitions in exact rational arithmetic (the standard library's `fractions` and `statistics`), with
nothing of thrum in it. The tests carry what it prints.
"""
import math
import statistics
from fractions import Fraction

MASK = (1 << 64) - 1


def table(rows=24, columns=3):
    """A small table whose entries are exact in float: multiples of 1/4."""
    return [[Fraction((37 * i + 11 * f + 5 * i * f + i * i) % 23, 4) - 2 for f in range(columns)] for i in range(rows)]


def split_mix(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def normals(seed, count):
    """Marsaglia's polar method, the first of each pair."""
    draws = split_mix(seed)
    while count > 0:
        u = 2.0 * ((next(draws) >> 11) / 2.0**53) - 1.0
        v = 2.0 * ((next(draws) >> 11) / 2.0**53) - 1.0
        s = u * u + v * v
        if 0.0 < s < 1.0:
            yield u * math.sqrt(-2.0 * math.log(s) / s)
            count -= 1


def squared_distance(a, b):
    return sum((p - q) ** 2 for p, q in zip(a, b))


def lloyd(x, weights, centers):
    """Until nothing changes; no cluster may run empty."""
    while True:
        labels = [min(range(len(centers)), key=lambda j: (squared_distance(row, centers[j]), j)) for row in x]
        moved = []
        for j in range(len(centers)):
            members = [(w, row) for w, row, label in zip(weights, x, labels) if label == j]
            total = sum(w for w, _ in members)
            moved.append([sum(w * row[f] for w, row in members) / total for f in range(len(x[0]))])
        if moved == centers:
            inertia = sum(w * squared_distance(row, centers[label]) for w, row, label in zip(weights, x, labels))
            return labels, centers, inertia
        centers = moved


def main():
    print("SplitMix64, seed 1234567:", [value for value, _ in zip(split_mix(1234567), range(5))])
    print("normal, seed 1234567:", list(normals(1234567, 5)))

    x = table()
    for f in range(3):
        column = [row[f] for row in x]
        middle = statistics.median(column)
        print(f"column {f}: mean {float(statistics.mean(column))!r}, deviation {statistics.pstdev(column)!r},",
              f"minimum {float(min(column))}, range {float(max(column) - min(column))}, median {float(middle)},",
              f"median absolute deviation {float(statistics.median([abs(value - middle) for value in column]))}")

    for name, weights in (("ones", [1] * len(x)), ("1 2 3 1 2 3 ...", [1 + i % 3 for i in range(len(x))])):
        labels, centers, inertia = lloyd(x, weights, x[:3])
        print(f"k-means from the first three rows, weights {name}: inertia {float(inertia)!r}")
        print("  labels", *labels)
        for center in centers:
            print("  centre", [float(value) for value in center])


if __name__ == "__main__":
    main()
