#!/usr/bin/env python3
"""Reference values for the tests of the shrunk covariance behind AnomalyKind::mahalanobis.

Written from the definitions in exact rational arithmetic, sample by sample where thrum works with traces. The table of
algorithms.py is standardised; what needs square roots (deviations) enters squared only. The tests carry what it prints.
"""
from fractions import Fraction

from algorithms import table


def covariance(x):
    n, d = len(x), len(x[0])
    mean = [sum(row[f] for row in x) / n for f in range(d)]
    return mean, [[sum((row[f] - mean[f]) * (row[g] - mean[g]) for row in x) / n for g in range(d)] for f in range(d)]


def solve(a, b):
    """a^-1 b by Gauss and Jordan."""
    size = len(a)
    rows = [list(row) + [value] for row, value in zip(a, b)]
    for i in range(size):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i:
                rows[k] = [p - rows[k][i] * q for p, q in zip(rows[k], rows[i])]
    return [row[-1] for row in rows]


def ledoit_wolf(x):
    """Equation 14 of Ledoit and Wolf, 2004, with the identity as target: b^2 / d^2, norms over the samples one by one.
    z = x / deviation; each sum over pairs of features has the variances in its denominator, and no root."""
    n, d = len(x), len(x[0])
    mean, s = covariance(x)
    pairs = [(f, g) for f in range(d) for g in range(d)]
    squares = sum(s[f][g] ** 2 / (s[f][f] * s[g][g]) for f, g in pairs)
    distance = squares - d  # the diagonal of the correlations is 1
    noise = 0
    for row in x:
        y = [value - middle for value, middle in zip(row, mean)]
        noise += sum((y[f] * y[g] - s[f][g]) ** 2 / (s[f][f] * s[g][g]) for f, g in pairs)
    return min(1, noise / n**2 / distance)


def oas(x):
    """Equation 23 of Chen, Wiesel, Eldar and Hero, 2010."""
    n, d = len(x), len(x[0])
    _, s = covariance(x)
    squares = sum(s[f][g] ** 2 / (s[f][f] * s[g][g]) for f in range(d) for g in range(d))
    return min(1, ((1 - Fraction(2, d)) * squares + d**2) / ((n + 1 - Fraction(2, d)) * (squares - d)))


def squared_distances(x, share, points):
    """Mahalanobis, correlations shrunk by `share`: off-diagonal entries of the covariance times 1 - share."""
    mean, s = covariance(x)
    d = len(mean)
    shrunk = [[s[f][g] * (1 if f == g else 1 - share) for g in range(d)] for f in range(d)]
    for point in points:
        y = [value - middle for value, middle in zip(point, mean)]
        yield sum(p * q for p, q in zip(y, solve(shrunk, y)))


def main():
    x = table()
    print("Ledoit-Wolf", float(ledoit_wolf(x)), "OAS", float(oas(x)))
    related = [[row[0], row[0] + row[1] / 4, row[2] - row[0]] for row in x]
    print("related: Ledoit-Wolf", float(ledoit_wolf(related)), "OAS", float(oas(related)))
    points = [[0, 0, 0], [1, 2, 3], [-4, 0, Fraction(1, 2)]]
    for share in (Fraction(1, 10), Fraction(1)):
        print("related, share", share, [float(value) for value in squared_distances(related, share, points)])


if __name__ == "__main__":
    main()
