#!/usr/bin/env python3
"""Reference values for the test of exact confidence intervals.

Written from the definitions: sums of binomial and Poisson probabilities to fifty digits, and bisection; nothing of
thrum in it. The test carries what it prints.
"""
import math
from decimal import Decimal, getcontext

getcontext().prec = 50


def binomial_at_most(events, trials, share):
    return sum(math.comb(trials, i) * share**i * (1 - share) ** (trials - i) for i in range(events + 1))


def poisson_at_most(events, mean):
    return (-mean).exp() * sum(mean**i / math.factorial(i) for i in range(events + 1))


def crossing(high, falling, target):
    low = Decimal(0)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return float(low)


def limits(highest, at_most, events, tail):
    low = crossing(highest, lambda x: at_most(events - 1, x), 1 - tail) if events > 0 else 0.0
    return low, crossing(highest, lambda x: at_most(events, x), tail)


def main():
    for events, trials, tail in [(0, 10, "0.025"), (1, 10, "0.025"), (5, 100, "0.025"), (3, 1000, "0.005"),
                                 (50, 100, "0.05")]:
        print("binomial", events, trials, 1 - 2 * float(tail),
              limits(Decimal(1), lambda i, p, n=trials: binomial_at_most(i, n, p), events, Decimal(tail)))
    for events, tail in [(1, "0.025"), (5, "0.025"), (40, "0.005")]:
        print("poisson", events, 1 - 2 * float(tail), limits(Decimal(200), poisson_at_most, events, Decimal(tail)))


if __name__ == "__main__":
    main()
