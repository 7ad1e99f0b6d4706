"""Intervals of fits hold the truth as often as they say, and too narrow ones are found out.

Tolerance: of 100 intervals at 90 % between 81 and 97, two to three standard errors of a binomial. The wrong model has
standard errors said to be half of what they are, which hold the truth 59 times of 100. The cell is a polynomial here,
of degree 5 in both values, fitted to mean fields all over the ranges, so that a fit takes a fraction of a second; the
same with the mean field itself is benchmarks/fits/recovery.py.
"""

import numpy as np
import pytest

from glut4sim.benchmarks.fits import recovery
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.simulation import simulate
from tests.fits import replace_cell

DEGREE, GRID = 5, 9
POWERS = np.array([(i, k) for i in range(DEGREE + 1) for k in range(DEGREE + 1 - i)])


def monomials(shares):
    """All of at most that degree in both, (..., n_term), of shares (..., 2)."""
    powers = np.asarray(shares)[..., None] ** np.arange(DEGREE + 1)  # of each of both: they are taken but once
    return powers[..., 0, POWERS[:, 0]] * powers[..., 1, POWERS[:, 1]]


@pytest.fixture(scope="module")
def formula():
    """The data as a polynomial of the values that can be told; the third has no part in it."""
    problem = recovery.made({name: np.zeros(len(recovery.MINUTES)) for name in recovery.SEM})
    objective = Objective(problem)
    low, width = objective.low[:2], (objective.high - objective.low)[:2]
    shares = np.stack(np.meshgrid(*[0.5 - 0.5 * np.cos(np.pi * (np.arange(GRID) + 0.5) / GRID)] * 2), axis=-1).reshape(
        -1, 2
    )
    cells = [simulate(problem, np.append(low + share * width, objective.guess[2])) for share in shares]
    terms = monomials(2.0 * shares - 1.0)
    weights = {name: np.linalg.lstsq(terms, np.array([cell[name] for cell in cells]))[0] for name in recovery.SEM}
    for name, found in weights.items():
        error = np.abs(terms @ found - [cell[name] for cell in cells]).max()
        assert error < 0.05 * np.ptp(cells[0][name]), (name, error)

    def evaluate(inner):
        row = monomials(2.0 * (inner[:2] - low) / width - 1.0)
        return {name: row @ found for name, found in weights.items()}

    return evaluate


@pytest.mark.parametrize(("told", "repeats", "calibrated"), [(1.0, 100, True), (0.5, 40, False)])
def test_intervals_hold_the_truth_as_often_as_they_say(formula, monkeypatch, told, repeats, calibrated):
    replace_cell(monkeypatch, formula)
    monkeypatch.setattr(recovery, "simulate", lambda problem, inner: formula(inner))
    found = recovery.recover(repeats, told)
    assert recovery.is_calibrated(found) == calibrated, found
    assert found.told[recovery.UNTELLABLE] == 0
    assert min(found.told[name] for name in recovery.TELLABLE) == repeats


def test_what_cannot_be_told_has_no_part_in_the_likelihood():
    problem = recovery.made(recovery.exact())
    objective = Objective(problem)
    low, high = recovery.truth(problem), recovery.truth(problem)
    low[2], high[2] = objective.low[2], objective.high[2]
    assert objective.evaluate(low).chi_square < 1e-4
    assert objective.evaluate(high).chi_square < 1e-4
