"""The library of levels, drugs and effects as it is installed: complete, plausible, and never negative."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.model import Plan, solve
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.pharmacokinetics import regimen
from glut4sim.sim.inputs.schedule import Schedule

DAY = 86400.0
LEVELS, DRUGS, EFFECTS = library.levels(), library.drugs(), library.effects()


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_has_a_plausible_strength_and_a_source(name):
    effect = EFFECTS[name]
    low, high = effect.plausible
    assert low <= (effect.gain if effect.power is None else effect.power) <= high
    assert effect.driver in {**LEVELS, **DRUGS}
    assert effect.target in {**LEVELS, **STEPS}
    assert len(effect.source) > 20
    if effect.evidence == "assumed":
        assert re.search("assumed|no change|unchanged", effect.source)


def test_every_step_of_the_cell_but_binding_is_acted_on():
    """What sex hormones do to the receptor is put on its number (Parthasarathy 2009, Dhindsa 2016)."""
    assert {e.target for e in EFFECTS.values() if e.acts_on_cell} == set(STEPS) - {"receptor"}


@pytest.mark.parametrize("name", DRUGS)
def test_a_drug_states_its_regulatory_standing_and_does_something(name):
    drug = DRUGS[name]
    assert "Not medical advice" in drug.standing
    assert "China" in drug.standing
    assert re.search("[Pp]rescription|investigational|Investigational|not approved|withdrawn", drug.standing)
    assert drug.delivers or any(name in (e.driver, e.opposed_by) for e in EFFECTS.values())


@pytest.mark.parametrize("sex", library.SEXES)
def test_the_reference_person_is_steady_and_leaves_the_cell_alone(sex):
    found = solve(Plan(sex=sex), np.array([0.0, 100 * DAY]))
    for factor in found.factors.values():
        assert factor == pytest.approx([1.0, 1.0], rel=1e-12)
    for name, level in LEVELS.items():
        assert found.levels[name] == pytest.approx([level.reference[sex]] * 2, rel=1e-9)


AMOUNTS = st.floats(0.0, 30.0)  # times the usual dose
TIMES = st.floats(0.0, 20.0)  # d
COURSES = st.lists(st.tuples(st.sampled_from(sorted(DRUGS)), AMOUNTS, TIMES, st.floats(0.05, 10.0)), max_size=4)
SETTINGS = st.dictionaries(
    st.sampled_from(sorted(set(LEVELS) - {"age"})), st.lists(st.floats(1e-3, 100.0), min_size=1, max_size=3), max_size=4
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(library.SEXES), COURSES, SETTINGS, st.booleans())
@example("man", [], {"subcutaneous_fat": [94.0]}, False)  # feedback so strong that rounding shows
@example("man", [], {"subcutaneous_fat": [12.0], "gnrh_response": [12.0]}, False)
def test_no_level_is_ever_negative_whatever_the_regimen(sex, courses, set_points, rhythms):
    doses: dict = {}
    reference = {name: LEVELS[name].reference[sex] for name in LEVELS}
    for name, amount, start, every in courses:
        usual = float(DRUGS[name].usual.split()[0])
        doses[name] = doses.get(name, ()) + regimen(amount * usual, start * DAY, every * DAY, 25 * DAY)
    baseline = {
        name: Schedule(tuple(7.0 * DAY * i for i in range(len(values))), tuple(v * reference[name] for v in values))
        for name, values in set_points.items()
    }  # fmt: skip
    plan = Plan(sex=sex, baseline=baseline, doses=doses, rhythms=("gh", "cortisol") if rhythms else ())
    found = solve(plan, np.linspace(0.0, 25 * DAY, 101))
    for values in (*found.levels.values(), *found.own.values(), *found.drugs.values()):
        assert np.all(np.isfinite(values))
        assert np.all(values >= 0.0)
    for factor in found.factors.values():
        assert np.all(np.isfinite(factor))
        assert np.all(factor > 0.0)
