"""Wrong models of hormones: each fails the check that is about what it lacks. On the mean field."""

from dataclasses import replace

import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.scenario.modulated import modulated
from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite


def passes(name, **changes):
    """Whether a check of the installed suite passes, and its value, with other tables in all scenarios."""
    suite = load_suite("validation", changes).only(lambda check: check.id == name)
    (one,) = run_suite(suite, threads=2, mean_field=True).checks
    return one.passed, one.value


WRONG = {
    "fatty acids act at once": ("V15a", {"ffa-pi3k.lag": "0 h"}),
    "fatty acids within the tissue do nothing": ("V17", {"lipolysis-use.gain": 0}),
    "acipimox does nothing": ("V18", {"acipimox-lipolysis.gain": 0}),
    "cortisol acts at once": ("V20", {"cortisol-translocation.lag": "0 h"}),
    "estradiol does nothing by ER alpha": ("V24", {"estradiol-eralpha-glut4.gain": 0}),
    "estradiol does all by ER alpha": ("V25", {"estradiol-eralpha-glut4.gain": 2, "estradiol-erbeta-glut4.gain": 0}),
    "growth hormone leaves visceral fat": ("V26", {"gh-visceral-fat.gain": 0}),
}


@pytest.mark.parametrize("model", WRONG)
def test_a_wrong_model_fails(model):
    name, effects = WRONG[model]
    passed, value = passes(name, effects=effects)
    assert not passed, f"{name}: {value}"


@pytest.mark.parametrize("name", ["V21", "V22"])
def test_testosterone_needs_its_receptor(name):
    passed, value = passes(name, hormones={"blocked": ["AR"]})
    assert not passed
    assert value == pytest.approx(0.0, abs=5.0)


def test_fatty_acids_that_act_on_the_receptor_fail(monkeypatch):
    """Where an effect acts is no number that a scenario can change."""
    effects = dict(library.effects())
    effects["ffa-pi3k"] = replace(effects["ffa-pi3k"], target="receptor")
    monkeypatch.setattr(library, "effects", lambda: effects)
    modulated.cache_clear()  # what scenarios led to with the right ones
    try:
        passed, value = passes("V16")
    finally:
        modulated.cache_clear()
    assert not passed
    assert value < -20.0
