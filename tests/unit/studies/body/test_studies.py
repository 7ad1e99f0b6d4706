"""Comparison, sensitivity and uncertainty over bodies, by the commands that cells have."""

import json

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import running
from glut4sim.sim.studies.body import figure
from glut4sim.sim.studies.body.comparison import side_by_side as of_both
from glut4sim.sim.studies.comparison.comparison import compare
from glut4sim.sim.studies.sensitivity.sensitivity import sensitivity
from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty
from tests.extras import need


def scenario(**tables):
    """A fasting of two minutes, of which all that is read is there at once."""
    assay = {"kind": "fasting", "duration": "2 min", "exchange": "1 min"}
    return Scenario.from_table({"title": "A body", "run": {"duration": "1 min"}, "assay": assay} | tables)


WEAK = scenario(organs={"pancreas.static": "0.05 pmol/(kg*min)/(mg/dL)", "liver.production": "3.4 mg/(kg*min)"})


def test_bodies_are_compared_by_the_numbers_of_their_test(tmp_path):
    out = tmp_path / "compared"
    result = compare({"as it is": scenario(), "weak": WEAK}, out, mean_field=True, uncertain=True, draws=2)
    assert result.status == "complete"
    found = {entry["number"]: entry for entry in json.loads((out / "compare.json").read_text())["effects"]}
    glucose = found["fasting_glucose"]
    assert glucose["value"] > 1.05 * glucose["reference"]  # wrong: the same body in both
    low, high = glucose["percent_parameters"]
    assert low < high
    assert abs(glucose["percent"]["value"] - 0.5 * (low + high)) < 10.0
    assert "HOMA-IR" in (out / "report.md").read_text()
    assert "3.4 mg" in (out / "report.md").read_text()
    assert (out / "figure.png").exists()
    names = figure.draw(of_both(result.conditions)).axes[0].get_legend().get_texts()
    assert [text.get_text() for text in names] == ["as it is", "weak"]
    again = running.resume(out)  # nothing is missing
    assert again.content == result.content
    with pytest.raises(InputError, match="the same test"):
        compare({"a": scenario(), "b": Scenario.load("body/clamp")}, mean_field=True)


def test_different_bodies_are_compared_pair_by_pair():
    """By the mean field too, where other replicates would all be the same and are refused."""
    differ = {"population": {"pancreas.static": 0.3}, "run": {"duration": "1 min", "replicates": 2}}
    hungry = scenario(**differ, organs={"brain.uptake": "1.1 mg/(kg*min)"})
    for many in ({}, {"replicates": 3}):
        result = compare({"as they are": scenario(**differ), "hungry": hungry}, mean_field=True, **many)
        effect = result.effects["hungry"]["fasting_glucose"]
        assert effect.pairs == many.get("replicates", 2)
        assert effect.variance_reduction > 2.0  # wrong: each condition with people of its own
    with pytest.raises(InputError, match=r"replicates: expected 1: a mean field knows no chance"):
        compare({"as they are": scenario(**differ), "one": scenario()}, mean_field=True)


def test_values_of_a_body_are_ranked_by_how_much_they_move_a_number():
    need("SALib")
    names = ("brain.uptake", "drink.absorption", "kidney.threshold")
    result = sensitivity(scenario(), method="morris", trajectories=2, parameters=names, processes=1)
    assert result.content["observable"] == "homa_ir"
    ranked = [row["name"] for row in result.content["parameters"]]
    assert ranked[0] == "brain.uptake"
    assert ranked[-1] == "drink.absorption"  # nothing is drunk
    with pytest.raises(InputError, match="nothing is left"):
        sensitivity(WEAK, method="morris", parameters=("liver.production",), processes=1)


def test_what_the_fit_left_open_gives_each_number_an_interval(tmp_path):
    people = scenario(population={"pancreas.static": 0.3}, run={"duration": "1 min", "replicates": 3})
    result = uncertainty(people, tmp_path / "open", draws=3, mean_field=True)
    told = result.content["numbers"]["homa_ir"]
    for spread in ("parameters", "bodies"):
        low, high = told[spread]
        assert low < high, spread
    assert result.content["of"] == {"parameters": 3, "bodies": 3, "agents": 0}
    assert told["agents"] is None
    assert running.resume(tmp_path / "open").content == result.content
    with pytest.raises(InputError, match="2 or more"):
        uncertainty(scenario(), draws=1)
