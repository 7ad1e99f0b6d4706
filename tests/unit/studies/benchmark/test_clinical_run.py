"""Clinical numbers out of bodies: what is read off a course, one clamp to its end, and the report of it."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from glut4sim.sim.body.person import Person
from glut4sim.sim.studies.benchmark.clinical import load
from glut4sim.sim.studies.benchmark.clinical_measures import ALL, COMPARED, MEASURES, OF_MANY, Course, in_unit
from glut4sim.sim.studies.benchmark.clinical_people import Drawn
from glut4sim.sim.studies.benchmark.clinical_population import many
from glut4sim.sim.studies.benchmark.clinical_report import content, markdown, outline
from glut4sim.sim.studies.benchmark.clinical_run import run
from glut4sim.sim.studies.benchmark.suite import SUITES

MINUTES = np.arange(0.0, 121.0)


def course(age=30.0, step_ends=(), **series):
    """A course in which all is 1 but what is given."""
    names = ("glucose", "tissue_glucose", "insulin", "muscle_insulin", "fat_insulin", "production", "infusion")
    names += ("muscle", "fat", "splanchnic", "brain", "kept_by_gut", "muscle_glut4")
    every = dict.fromkeys(names, np.ones(121)) | {"time": MINUTES} | series
    return Course(Person("man", 80.0, 1.8, 60.0), age, 1000.0, 0.5, step_ends, every)


def test_a_half_time_is_when_half_of_the_change_is_there():
    rising = course(infusion=8.0 * (1.0 - 0.5 ** (MINUTES / 10.0)), muscle_insulin=10.0 + np.minimum(MINUTES, 60.0))
    assert MEASURES["half_time_infused"].find(rising) == pytest.approx(10.0, abs=0.1)
    assert MEASURES["half_time_interstitial"].find(rising) == pytest.approx(30.0)


def test_a_clamp_is_read_over_its_last_half_hour():
    late = course(infusion=np.where(MINUTES > 90.0, 6.0, 0.0), muscle=np.full(121, 4.0))
    assert MEASURES["infused"].find(late) == 6.0
    assert MEASURES["muscle_uptake"].find(late) == pytest.approx(4.0 * 80.0 / late.person.muscle)
    assert MEASURES["disposal"].find(late) == 7.0  # with 1 of fat, of liver and gut, and of the brain


def test_doses_are_read_where_half_of_the_way_is_gone():
    def steps(rest, *values):
        return np.concatenate([[rest], np.repeat(values, 40)])

    clamp = course(
        step_ends=(40.0, 80.0),
        insulin=6.0 * steps(5.0, 20.0, 80.0, 320.0),
        muscle=steps(1.0, 2.0, 4.0, 9.0),
        production=steps(2.0, 1.5, 0.5, 0.2),
    )
    assert MEASURES["half_maximal_disposal"].find(clamp) == pytest.approx(40.0)  # 6 of 12, from 5 to 7, by logarithms
    assert MEASURES["half_suppression"].find(clamp) == pytest.approx(40.0)
    assert MEASURES["full_suppression"].find(clamp) == inf


def test_a_dose_response_is_read_off_two_steps_that_are_not_steady():
    insulin = np.where(MINUTES < 60.0, 40.0, 400.0)
    acting = np.where(MINUTES < 60.0, 40.0, 400.0 - 360.0 * 0.5 ** ((MINUTES - 59.0) / 20.0))
    two = course(insulin=6.0 * insulin, muscle=1.0 + 9.0 * acting / (acting + 200.0))
    assert MEASURES["half_maximal_clearance"].find(two) == pytest.approx(200.0, rel=1e-3)
    assert MEASURES["half_time_clearance"].find(two) == pytest.approx(20.0, rel=1e-3)


def test_shares_of_a_meal_are_of_all_that_is_taken_up_meanwhile():
    eaten = course(muscle=np.full(121, 2.0), kept_by_gut=np.linspace(0.0, 100.0, 121))  # of 1 g/kg
    assert MEASURES["muscle_share_of_meal"].find(eaten) == pytest.approx(24.0)
    assert MEASURES["splanchnic_share_of_meal"].find(eaten) == pytest.approx(10.0 + 12.0)


def test_people_are_compared_and_counted():
    young, old = course(infusion=np.full(121, 6.0)), course(age=70.0, infusion=np.full(121, 4.0))
    assert COMPARED["infused_per_decade"].find(old, young) == pytest.approx(-0.5)
    assert OF_MANY["insulin_median"].find(np.arange(101.0)) == 50.0
    assert OF_MANY["infused_per_area_highest_quartile"].find(np.arange(101.0)) == 87.5
    assert in_unit(0.180156, "mg/kg/min", "umol/kg/min") == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no unit of"):
        in_unit(1.0, "mM", "mg/dL")


def test_every_number_is_read_in_a_unit_that_its_source_has():
    for number in load().numbers:
        told = number.told
        if told.measure in MEASURES and told.reference is not None:
            continue  # a change, or a ratio
        assert in_unit(1.0, ALL[told.measure].unit, told.unit) > 0.0


def test_a_clamp_and_a_fast_give_their_numbers_and_a_report():
    suite = load()
    wanted = {"bergman1985-m", "defronzo1985-controls", "schrank2024-homa"}
    part = replace(suite, numbers=tuple(n for n in suite.numbers if n.datum.id in wanted))
    draws = [Drawn(organs=(("muscle.in_vivo_gain", gain),)) for gain in ("1", "1.5")]
    result = run(part, draws, threads=1)
    m, disposal, homa = (one.value for one in result.found)
    assert 3.0 < m < 9.0
    assert disposal > m  # by what the liver still gives
    assert 0.3 < homa < 4.0
    assert result.found[0].interval[1] < m  # without its gain muscle takes less
    report = content(result)
    assert [n["fitted"] for n in report["numbers"]] == [True, False, False]
    assert outline(report).startswith("Of 2 numbers that had no part in a fit")
    text = markdown(report)
    assert text.index("## Held out") < text.index("defronzo1985-controls |") < text.index("## Fitted to")


def test_a_population_differs_around_its_person_and_is_the_same_again():
    suite = load()
    person, protocol = suite.people["young-men"], suite.protocols["fasting"]
    people = list(many(person, protocol))
    again = list(many(person, protocol))
    assert people == again
    masses = np.array([one.body.person.mass for one in people])
    gains = np.array([one.body.organs.muscle.in_vivo_gain for one in people])
    assert len(people) == 60
    assert 65.0 < np.median(masses) < 85.0
    assert 5.0 < masses.std() < 20.0
    assert gains.std() > 0.2 * gains.mean()


def test_the_page_in_docs_is_about_these_numbers():
    """If not, run `make clinical`."""
    text = (SUITES.folder.parent / "docs" / "clinical.md").read_text("utf-8")
    for number in load().numbers:
        assert f"| {number.datum.id} |" in text
