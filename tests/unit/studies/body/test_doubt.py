"""Draws of what is not known of a body, and the fit that they come from."""

import numpy as np
import pytest

from glut4sim.benchmarks.fits import body as fit
from glut4sim.sim.body.cells import PM_PER_NM
from glut4sim.sim.body.organs import BODIES, build, organs_preset
from glut4sim.sim.model import resting_uptake
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.draws import read_draws
from glut4sim.sim.studies.benchmark.clinical import load
from glut4sim.sim.studies.benchmark.clinical_people import someone
from glut4sim.sim.studies.body.doubt import CLAMPED, FASTING, GLUCOSE, Drawn, draws, refitted

FEW = 3


def test_with_other_cells_a_tissue_takes_up_what_it_was_fitted_to():
    muscle, preset = build().muscle, load_preset("skeletal-muscle")
    usual, other = preset.build(), preset.override({"vesicle.release": "0.5 1/min"}).build()
    new = refitted(muscle, usual, other)

    def uptake(tissue, cell, insulin):
        between = tissue.interstitial_ratio * insulin
        return (
            tissue.cells_per_kg * tissue.gain(between) * resting_uptake.per_second(cell, between / PM_PER_NM, GLUCOSE)
        )

    for insulin in (FASTING, CLAMPED):
        assert uptake(new, other, insulin) == pytest.approx(uptake(muscle, usual, insulin), rel=1e-6)
    assert uptake(muscle, other, CLAMPED) > 1.1 * uptake(muscle, usual, CLAMPED)  # wrong: numbers stay as they were
    assert refitted(muscle, usual, usual) == pytest.approx(muscle)


def test_draws_are_of_the_fit_and_what_a_body_has_of_its_own_stays():
    drawn = draws(FEW)
    assert len(drawn) == FEW
    healthy = build()
    assert {build("healthy", dict(each.organs)).liver.fast_half for each in drawn} != {healthy.liver.fast_half}
    diabetic = load().people["diabetic-man"]
    one = someone(diabetic, "fasting", None, drawn[0]).body
    usual = someone(diabetic, "fasting", None).body
    assert one.organs.liver.production == usual.organs.liver.production != healthy.liver.production
    assert one.organs.liver.fast_half == build("healthy", dict(drawn[0].organs)).liver.fast_half
    cell, before = (each.cells["muscle"].usual for each in (one, usual))
    assert cell.vesicle.release != before.vesicle.release
    assert cell.signalling.pi3k_bind == before.signalling.pi3k_bind  # of type 2 diabetes
    assert someone(diabetic, "fasting", None, Drawn()).body == usual


def test_the_fit_has_no_part_in_what_is_held_out_and_the_body_holds_what_it_found(monkeypatch):
    asked = fit.problem()
    assert not {number.datum.id for number in asked.suite.numbers if not number.fitted}
    monkeypatch.setattr(fit, "NUMBERS", ("swedish2001-m",))
    with pytest.raises(ValueError, match="swedish2001-m is held out"):
        fit.problem()
    found = read_draws(BODIES.folder / "healthy.posterior.csv")
    assert set(found.names) == {*asked.names, *fit.SAME}
    for name, column in zip(found.names, found.values.T):
        known = organs_preset("healthy").find(name)
        assert known.low <= column.min() < known.value < column.max() <= known.high, name
    ratio = np.log(asked.start) - np.log(np.median(found.values[:, : len(asked.names)], axis=0))
    assert np.all(np.abs(ratio) < 0.5)
