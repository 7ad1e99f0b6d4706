"""Numbers of the summary as they are told: 0 where the arithmetic tells no more, wherever numbers are shown."""

import re

import numpy as np
import pytest

from glut4sim.sim.analysis import uncertainty
from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.analysis.paired_effects import paired_effect
from glut4sim.sim.analysis.resolution import finest, resolved
from glut4sim.sim.model.integrator import FLOOR
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.studies.assays.result import paired_change
from glut4sim.sim.studies.uncertainty import report

AKT, RATE = "akt_basal_percent", "glucose_uptake_basal_per_s"
RUN = {AKT: -1.1e-34, "akt_peak_percent": 30.0, RATE: 3e-9, "glucose_uptake_peak_per_s": 2e4}


def test_levels_are_resolved_to_the_solvers_share_of_their_pool_and_rates_to_that_of_the_most_they_reach():
    assert finest(AKT, [{}]) == pytest.approx(100.0 * FLOOR)  # however little of the pool is ever active
    assert finest(RATE, [RUN, {RATE: 1.0}]) == pytest.approx(2e4 * FLOOR)
    assert finest("glucose_uptake_stimulated_per_s", [RUN]) == finest(RATE, [RUN])
    assert (
        finest("fusion_rate_peak_per_min", [RUN, {"fusion_rate_basal_per_min": None}]) == 0.0
    )  # of which none is told


@pytest.mark.parametrize(("value", "told"), [(1e-10, 0.0), (-1e-10, 0.0), (1e-7, 1e-7), (0.0, 0.0), (None, None)])
def test_what_is_below_is_zero(value, told):
    assert resolved(value, 1e-8) == told


def test_numbers_and_changes_are_told_as_zero():
    observed = Observed([RUN])
    assert observed.number(AKT, RUN[AKT]) == observed.number(RATE, RUN[RATE]) == "0"
    assert observed.number(AKT, 3e-9) == "3.000e-09"  # small, and there
    assert observed.number(AKT, None) == "-"
    assert observed.change(AKT, Estimate(1e-20, -3.0, 3e-30)) == "+0 [-3, +0]"
    assert observed.change(AKT, None) == "-"


def test_what_is_zero_has_no_change_in_percent():
    tiny = [-1.1e-34, -1.3e-34, -1.0e-34]
    least = finest(AKT, [])
    assert paired_effect(tiny, [1.3e-34] * 3, 0, least).percent is None
    assert paired_effect(tiny, [20.0, 21.0, 22.0], 0, least).percent is None
    assert paired_effect([1e-3, 2e-3], [2e-3, 3e-3], 0, least).percent is not None
    assert paired_change(tiny, [20.0] * 3, least).percent is None
    assert paired_change([1e-3], [2e-3], least).percent == pytest.approx(100.0)
    draws = np.full(30, 1e-34)
    assert uncertainty.effect(draws, draws + 1.0, least=least).percent is None
    assert uncertainty.effect(draws + 1e-3, draws + 1.0, least=least).percent is not None


def test_the_doubt_of_a_number_is_told_alike():
    together = {"low": -1e-30, "high": 2e-31}
    told = {"value": 1e-33, "unit": "percent", "shares": {}, **dict.fromkeys(uncertainty.KINDS, together)}
    _, [row] = report.table({"numbers": {AKT: told}})
    assert row[2:4] == ("0", "[0, 0]")
    assert not re.search("e-", " ".join(row))
