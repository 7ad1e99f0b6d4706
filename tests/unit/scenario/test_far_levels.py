"""Levels that nobody has: hormones that do not come to rest are said to be the scenario's."""

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario


def test_an_age_in_the_wrong_unit_is_told():
    with pytest.raises(InputError, match=r"body\.age: expected 18 yr or more, as all levels are those of adults, got"):
        Scenario.load("metabolic/ageing", {"body.age": "70 s"})


def test_hormones_that_do_not_come_to_rest_are_told():
    scenario = Scenario.load("metabolic/clamp")
    scenario = scenario.model_copy(update={"body": scenario.body.model_copy(update={"age": 1e100})})
    with pytest.raises(InputError, match=r"body: hormones do not come to rest: levels lie too far from anybody's"):
        _ = scenario.assays[0].parameter_set
