"""Bodies that differ: by as much as is asked, together as is asked, and each the same again."""

import numpy as np
import pytest

from glut4sim.sim.body.hormones import Answering
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import running
from glut4sim.sim.studies.body import people, population

MUSCLE, SECRETION = "muscle.cells_per_kg", "pancreas.static"
DIFFERING = {"fat_mass": 0.4, "lean_mass": 0.1, MUSCLE: 0.3, SECRETION: 0.5}
TOGETHER = {"of": MUSCLE, "to": SECRETION, "value": -0.6}


def scenario(**tables):
    morning = {"kind": "fasting", "duration": "5 min"}
    return Scenario.from_table(
        {"assay": morning, "run": {"duration": "1 min", "replicates": 3}, "population": DIFFERING, **tables}
    )


def test_factors_are_spread_and_correlated_as_asked():
    asked, n = scenario(correlation=[TOGETHER]), 4000
    drawn = [population.factors(asked, r) for r in range(n)]
    values = {name: np.array([one[name] for one in drawn]) for name in DIFFERING}
    for name, spread in DIFFERING.items():
        assert values[name].mean() == pytest.approx(1.0, abs=4.0 * spread / np.sqrt(n))
        assert values[name].std() == pytest.approx(spread, rel=0.1)
    found = np.corrcoef(np.log(values[MUSCLE]), np.log(values[SECRETION]))[0, 1]
    assert found == pytest.approx(-0.6, abs=4.0 * (1.0 - 0.36) / np.sqrt(n))
    others = np.corrcoef(np.log(values[MUSCLE]), np.log(values["lean_mass"]))[0, 1]  # the wrong model: all together
    assert abs(others) < 4.0 / np.sqrt(n)


def test_a_body_is_made_of_its_parts():
    asked = scenario()
    usual, drawn = people.body_of(asked), population.factors(asked, 1)
    made = population.body(asked, 1)
    assert made.person.lean_mass == usual.person.lean_mass * drawn["lean_mass"]
    fat = (usual.person.mass - usual.person.lean_mass) * drawn["fat_mass"]
    assert made.person.mass == pytest.approx(made.person.lean_mass + fat)
    assert made.person.height == usual.person.height
    assert made.organs.muscle.cells_per_kg == pytest.approx(usual.organs.muscle.cells_per_kg * drawn[MUSCLE])
    assert made.organs.fat == usual.organs.fat
    assert population.body(scenario(population={}), 1) == people.body_of(scenario(population={}))


def test_hormones_differ_and_what_depends_on_them_follows():
    asked = scenario(population={"fat_mass": 0.4, "hormones.shbg": 0.4, "hormones.testosterone": 0.3})
    levels = [Answering(population.body(asked, r).hormones)._following.now.levels for r in range(40)]
    names = ("shbg", "testosterone", "free_testosterone")
    values = {name: np.array([one[name][0] for one in levels]) for name in names}
    for name, spread in {"shbg": 0.4, "testosterone": 0.3}.items():
        assert 0.7 * spread < np.log(values[name]).std() < 1.6 * spread
    bound = np.log(values["free_testosterone"] / values["testosterone"])
    assert np.corrcoef(bound, np.log(values["shbg"]))[0, 1] < -0.9  # what is bound is not free
    fat = np.log([population.factors(asked, r)["fat_mass"] for r in range(40)])
    alone = scenario(population={"fat_mass": 0.4}, body={"age": "31 yr"})
    shbg = [Answering(population.body(alone, r).hormones)._following.now.levels["shbg"][0] for r in range(40)]
    assert np.corrcoef(fat, np.log(shbg))[0, 1] < -0.9
    assert population.body(scenario(), 1).hormones is None


def test_a_hormone_that_is_told_is_multiplied_at_all_its_times():
    told = [["0 d", "300 ng/dL"], ["1 d", "600 ng/dL"]]
    asked = scenario(population={"hormones.testosterone": 0.3}, hormones={"testosterone": told})
    factor = population.factors(asked, 2)["hormones.testosterone"]
    course = population.body(asked, 2).hormones.plan.baseline["testosterone"]
    assert course.values == (300.0 * factor, 600.0 * factor)


def test_each_is_tested_and_their_spread_is_told(tmp_path):
    result = running.run(scenario(), tmp_path / "out", mean_field=True, threads=1)
    homa = [body.numbers["homa_ir"] for body in result.bodies[0]]
    assert len(set(homa)) == 3
    told = result.summary["assays"][0]["observables"]["homa_ir"]
    assert told["quartiles"] == np.quantile(homa, [0.25, 0.5, 0.75]).tolist()
    assert min(homa) < told["central_95"][0] < told["central_95"][1] < max(homa)
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "lean_mass 0.1" in report
    assert "Quartiles" in report
    again = running.run(scenario(), None, mean_field=True, threads=2)
    np.testing.assert_array_equal(again.dataset["glucose"].values, result.dataset["glucose"].values)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"population": {"wit": 0.1}}, r'population: unknown number of a body "wit"'),
        ({"population": {"height": 3}}, r"population\.height: expected a number from 0 to 2"),
        ({"population": {"height": 0.1}, "correlation": [TOGETHER]}, r"correlation\[0\]\.of: unknown number"),
        ({"correlation": [{**TOGETHER, "to": MUSCLE}]}, r"correlation\[0\]\.to: expected another"),
        ({"correlation": [{**TOGETHER, "value": -1}]}, "correlation: these cannot all hold at once"),
    ],
)
def test_what_cannot_be(tables, said):
    with pytest.raises(InputError, match=said):
        scenario(**tables)


def test_it_is_kept():
    asked = scenario(correlation=[TOGETHER])
    assert Scenario.from_table(asked.resolved()) == asked
    plain = Scenario.load("body/clamp").resolved()
    assert not {"population", "correlation"} & plain.keys()
