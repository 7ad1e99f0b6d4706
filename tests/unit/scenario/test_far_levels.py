"""Levels of a person that nobody has: hormones that do not come to rest are said to be the scenario's."""

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario


def test_an_age_in_the_wrong_unit_is_told():
    scenario = Scenario.load("metabolic/ageing", {"body.age": "70 s"})
    with pytest.raises(InputError, match=r"body: hormones do not come to rest: levels lie too far from anybody's"):
        _ = scenario.assays[0].parameter_set
