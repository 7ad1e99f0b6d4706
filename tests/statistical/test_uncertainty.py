"""Doubt is divided as it was made: a number whose variances are known, and splits that are wrong on purpose.

    Y = 10 + 3 t + 2 c + 0.5 t c + e,    t, c standard normal, e normal with standard deviation 1.5

so that the variances are 9, 4, 0.25 (what t and c do only together) and 2.25.
"""

import numpy as np
import pytest

from glut4sim.sim.analysis.uncertainty import Split, split, student

VARIANCES = {"parameters": 9.0, "cells": 4.0, "jointly": 0.25, "chance": 2.25}
TOTAL = sum(VARIANCES.values())
N = 4000  # draws, cells and replicates
SIGMAS = 4.0
WRONG = ("replicates of cells that differ", "cells at drawn values", "draws in the mean cell alone")
REPEATS = 40


def number(t, c, e=0.0):
    return 10.0 + 3.0 * t + 2.0 * c + 0.5 * t * c + e


def made(seed: int, n: int = N, wrong: str = "") -> Split:
    """The split of a sample, or of one that is wrong in a way of WRONG."""
    rng = np.random.default_rng(seed)
    t, c, e = rng.normal(0.0, 1.0, (3, n))
    right = {
        "parameters": number(t, 0.0),
        "cells": number(0.0, c),
        "both": number(t, c),
        "replicates": number(0.0, 0.0, 1.5 * e),
    }
    faults = dict(
        zip(WRONG, ({"replicates": number(0.0, c, 1.5 * e)}, {"cells": number(t, c)}, {"both": number(t, 0.0)}))
    )
    return split(10.0, **(right | faults.get(wrong, {})), seed=seed)


@pytest.fixture(scope="module")
def error() -> dict[str, float]:
    """Standard error of each share of one sample, as repeats have it."""
    found = [made(1000 + k).shares for k in range(REPEATS)]
    return {kind: float(np.std([one[kind] for one in found], ddof=1)) for kind in VARIANCES}


def distance(found: Split, error: dict[str, float]) -> float:
    """How far the worst share is from what was put in, in its standard errors."""
    return max(abs(found.shares[kind] - VARIANCES[kind] / TOTAL) / error[kind] for kind in VARIANCES)


def test_the_split_gives_back_the_variances_that_were_put_in(error):
    found = made(1)
    assert distance(found, error) < SIGMAS
    assert sum(found.shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert found.together.sd == pytest.approx(np.sqrt(TOTAL), rel=SIGMAS / np.sqrt(2 * N))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_split_that_counts_a_doubt_twice_or_not_at_all_fails(wrong, error):
    assert distance(made(1, wrong=wrong), error) > 3.0 * SIGMAS


def coverage(found: Split, interval: str, seed: int, n: int = 40_000) -> float:
    """Share of new measurements that an interval holds."""
    t, c, e = np.random.default_rng(seed).normal(0.0, 1.0, (3, n))
    y = number(t, c, 1.5 * e)
    one = getattr(found, interval)
    return float(np.mean((y >= one.low) & (y <= one.high)))


def test_nine_of_ten_new_measurements_lie_within_all_together_and_fewer_within_any_part():
    tolerance = SIGMAS * np.sqrt(2.0 * 0.05 * 0.95 / N) + SIGMAS * np.sqrt(0.9 * 0.1 / 40_000)  # of quantiles, of y
    found = made(2)
    assert coverage(found, "together", 3) == pytest.approx(0.9, abs=tolerance)
    for part in ("parameters", "cells", "chance"):  # the wrong intervals: one doubt taken for all
        assert coverage(found, part, 3) < 0.9 - 2.0 * tolerance


def test_few_replicates_make_wider_intervals_that_still_hold():
    """Of eight replicates, as are the default: over repeats, a further replicate lies within nine times in ten."""
    rng = np.random.default_rng(4)
    held, naive = [], []
    for _ in range(1000):
        sample = rng.normal(0.0, 1.5, 8)
        found = student(sample)
        new = rng.normal(0.0, 1.5)
        held.append(found.low <= new <= found.high)
        naive.append(abs(new - sample.mean()) <= 1.645 * sample.std(ddof=1))  # the wrong one: sd taken as known
    error = np.sqrt(0.9 * 0.1 / 1000)
    assert np.mean(held) == pytest.approx(0.9, abs=SIGMAS * error)
    assert np.mean(naive) < 0.9 - SIGMAS * error
