"""The picker finds a scenario by what it is about, whatever its title says."""

import pytest

from glut4sim.sim.dashboard.scenario_panel import found, grouped, installed


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("men/trt", "men/trt"),  # a name
        ("testosterone therapy 24", "men/trt"),  # a title
        ("cypionate", "men/trt"),  # a drug
        ("aromatase", "men/letrozole"),  # the class of a drug
        ("ESTRADIOL", "women/menopause"),  # a hormone
    ],
)
def test_a_scenario_is_found_by(words, name):
    names = [entry.name for entry in found(words)]
    assert name in names
    assert len(names) < len(installed())


def test_without_words_all_are_there_and_what_nobody_says_is_nowhere():
    assert found("") == installed()
    assert found("zzz trt") == []


def test_each_folder_has_a_heading():
    items = grouped(found("testosterone"))
    assert {"header": "Men"} in items
    assert sum("value" in item for item in items) == len(found("testosterone"))
    assert grouped([]) == []
