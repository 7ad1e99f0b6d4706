"""How wide numbers of effects and drugs may be: the rule, and that what it draws reaches doses and levels."""

import numpy as np
import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.doubts import WIDTHS, find_doubts
from glut4sim.sim.scenario.draws import posteriors_of_effects
from glut4sim.sim.scenario.factors import changed
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import Scenario

WEEKLY = Scenario.load("men/trt").at_assay(24 * 7 * 86400.0)
DOUBTS = {factor.name: factor for factor in find_doubts(WEEKLY)[0]}


def test_a_number_is_as_wide_as_its_grade_and_a_strength_within_what_is_conceivable():
    effects, cypionate = library.effects(), library.drug_tables()["testosterone cypionate"]
    for name in ("testosterone-akt", "lh-testosterone", "shbg-free-estradiol"):
        effect, half = effects[name], DOUBTS[f"{name}.half"]
        width = WIDTHS[effect.evidence]
        assert (half.low, half.high) == pytest.approx((effect.half / width, effect.half * width))
    volume = DOUBTS["testosterone cypionate.volume"]
    assert volume.high / volume.low == pytest.approx(WIDTHS[cypionate.evidence] ** 2)
    lh = DOUBTS["testosterone-lh.gain"]  # -1, fitted: no less than what takes all of LH
    assert (lh.low, lh.high) == pytest.approx((-1.0, -1.0 / WIDTHS["fitted"]))
    assert (DOUBTS["testosterone-glut4.gain"].low, DOUBTS["testosterone-glut4.gain"].high) == (0.0, 0.6)  # disputed
    assert "cytokines-translocation.gain" not in DOUBTS  # cytokines-as160 acts in its place
    assert "estradiol-lh.opposed_hill" in DOUBTS
    assert not any(name.startswith("testosterone gel") for name in DOUBTS)


def test_kinetics_that_are_drawn_reach_the_level_and_what_a_scenario_sets_stands():
    volume = DOUBTS["testosterone cypionate.volume"]
    time = np.array([30 * 86400.0])
    usual, smaller = (
        one.timeline(time).drugs["testosterone cypionate"][0]
        for one in (WEEKLY, changed(WEEKLY, [volume], [volume.value / 2.0]))
    )
    assert smaller == pytest.approx(2.0 * usual)
    said = {"kinetics.testosterone cypionate.volume": "20000 L"}
    theirs = Scenario.load("men/trt", said).at_assay(0.0)
    assert theirs.resolved()["kinetics"] == {"testosterone cypionate.volume": "20000 L"}
    assert "testosterone cypionate.volume" not in {factor.name for factor in find_doubts(theirs)[0]}
    with pytest.raises(InputError, match=r"kinetics.testosterone cypionate.volumes: .*volume"):
        Scenario.load("men/trt", {"kinetics.testosterone cypionate.volumes": "20000 L"})


def test_strengths_that_were_fitted_together_are_drawn_together_from_about_the_best_of_their_fit():
    obese, names = Scenario.load("metabolic/obesity"), ("cytokines-irs1.gain", "cytokines-as160.gain")
    fit = next(fit for fit in posteriors_of_effects() if set(names) <= set(fit.names)).only(names)
    drawn, ranges = (sample([obese], 4, seed=4, ranges=wide).draws[0].only(names) for wide in (False, True))
    rows = {tuple(row) for row in fit.values}
    assert all(tuple(row) in rows for row in drawn.values)
    assert not any(tuple(row) in rows for row in ranges.values)
    assert "hormones-obesity.posterior.csv" in sample([obese], 4, seed=4).draws[0].origin
