#!/usr/bin/env python3
"""Reference values for the tests of clustering metrics.

Written from the definitions: distances and means in exact rational arithmetic, pairs of samples counted one by one. The
tests carry what it prints; what they expect of iris, where its table is given as well:
  clustering_metrics.py [iris.txt]
"""
import itertools
import math
import sys
from fractions import Fraction

from algorithms import lloyd, squared_distance, table


def distance(a, b):
    return math.sqrt(squared_distance(a, b))


def members(x, labels):
    return {label: [row for row, own in zip(x, labels) if own == label] for label in sorted(set(labels))}


def mean(rows):
    return [Fraction(sum(column), len(rows)) for column in zip(*rows)]


def silhouettes(x, labels):
    clusters = members(x, labels)
    for row, own in zip(x, labels):
        if len(clusters[own]) == 1:
            yield 0.0
            continue
        a = math.fsum(distance(row, other) for other in clusters[own]) / (len(clusters[own]) - 1)
        b = min(math.fsum(distance(row, other) for other in rows) / len(rows)
                for label, rows in clusters.items() if label != own)
        yield (b - a) / max(a, b)


def calinski_harabasz(x, labels):
    clusters = members(x, labels).values()
    between = sum(len(rows) * squared_distance(mean(rows), mean(x)) for rows in clusters)
    within = sum(squared_distance(row, mean(rows)) for rows in clusters for row in rows)
    return between / (len(clusters) - 1) / (within / (len(x) - len(clusters)))


def davies_bouldin(x, labels):
    clusters = list(members(x, labels).values())
    means = [mean(rows) for rows in clusters]
    spread = [math.fsum(distance(row, m) for row in rows) / len(rows) for rows, m in zip(clusters, means)]
    k = range(len(clusters))
    return math.fsum(
        max((spread[i] + spread[j]) / distance(means[i], means[j]) for j in k if j != i) for i in k) / len(clusters)


def adjusted_rand_index(a, b):
    """Hubert and Arabie's equation 5, (index - expected) / (maximum - expected), over all pairs of samples."""
    pairs = list(itertools.combinations(range(len(a)), 2))
    in_a = sum(a[i] == a[j] for i, j in pairs)
    in_b = sum(b[i] == b[j] for i, j in pairs)
    in_both = sum(a[i] == a[j] and b[i] == b[j] for i, j in pairs)
    expected = Fraction(in_a * in_b, len(pairs))
    return (in_both - expected) / (Fraction(in_a + in_b, 2) - expected)


def entropy(labels):
    shares = [Fraction(labels.count(label), len(labels)) for label in set(labels)]
    return -math.fsum(share * math.log(share) for share in shares)


def normalized_mutual_information(a, b):
    """I(a; b) = H(a) + H(b) - H(a, b)."""
    both = list(zip(a, b))
    return 2 * (entropy(a) + entropy(b) - entropy(both)) / (entropy(a) + entropy(b))


def print_metrics(name, x, labels):
    widths = list(silhouettes(x, labels))
    print(name)
    print("  silhouettes", *(repr(width) for width in widths[:24]))
    print("  mean silhouette", repr(math.fsum(widths) / len(widths)))
    print("  Calinski-Harabasz", repr(float(calinski_harabasz(x, labels))))
    print("  Davies-Bouldin", repr(davies_bouldin(x, labels)))


def print_agreement(name, a, b):
    index = adjusted_rand_index(a, b)
    print(name)
    print(f"  adjusted Rand index {index} = {float(index)!r}")
    print("  normalized mutual information", repr(normalized_mutual_information(a, b)))


def main():
    x = table()
    by_means, _, _ = lloyd(x, [1] * len(x), x[:3])
    by_number = [i * i % 5 + (9 if i == 23 else 0) for i in range(len(x))]  # 0, 1, 4 and, alone, 13
    print_metrics("k-means from the first three rows", x, by_means)
    print_metrics("i * i % 5, the last 13", x, by_number)
    print_agreement("these two", by_means, by_number)
    for a, b in (([0, 0, 1, 1], [0, 0, 1, 2]), ([0, 0, 1, 1], [0, 1, 0, 1]),
                 ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 1, 1, 1, 1, 2, 2, 0])):
        print_agreement(f"{a} and {b}", a, b)

    if len(sys.argv) > 1:
        with open(sys.argv[1]) as file:
            iris = [[Fraction(value) for value in line.split()] for line in file if line.strip()]
        species = [i // 50 for i in range(150)]
        labels, _, inertia = lloyd(iris, [1] * 150, iris[::50])
        print_metrics("species of iris", iris, species)
        print_metrics(f"k-means of iris from rows 0, 50 and 100, inertia {float(inertia)!r}", iris, labels)
        print_agreement("these two", labels, species)


if __name__ == "__main__":
    main()
