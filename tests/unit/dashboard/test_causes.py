"""The strip of causes: its links are what is recorded, and what acts on them is what changes the cell."""

import json
import re

import numpy as np
import pytest

from glut4sim.sim.analysis import at_rest
from glut4sim.sim.dashboard import causes, frames
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import ROOT, small_scenario


def test_a_link_is_the_observable_of_its_name():
    recorder = Recorder(
        Engine(small_scenario(100.0, step=0.5, vesicles=700, receptors=300, glucose_agents=500), seed=1)
    )
    run = recorder.engine.scenario.run
    recorded = recorder.advance(20 * round(run.record_every / run.step))
    facts, _ = frames.pack(recorder.engine)
    for link, value in zip(causes.LINKS[:-1], facts["chain"]):
        assert value == recorded[link.name][-1], link
    assert facts["chain"][-1] == facts["influx"] - facts["efflux"]


def test_what_acts_on_the_links_is_what_changes_the_steps_of_the_cell():
    scenario = Scenario.load("men/hypogonadal").assays[-1]
    factors = at_rest.factors(scenario)
    _, acting = causes.acting(scenario)
    assert acting["pip3"][0].who == "Testosterone"
    for link in causes.LINKS:
        told = np.prod([one.factors[0] for one in acting.get(link.name, ())])
        assert told == pytest.approx(np.prod([factors[step] for step in link.steps]), rel=causes.WORTH_SAYING), link
    assert factors["pi3k"] < 0.9  # or all of this could be 1


def test_each_step_that_hormones_change_leads_to_a_link():
    steps = [step for link in causes.LINKS for step in link.steps]
    assert sorted(steps) == sorted(at_rest.STEPS)


def test_without_hormones_nothing_acts_and_the_bars_have_their_reference():
    content = causes.content([Scenario.load("insulin-challenge")])
    assert content["cells"] == [{"times": [0.0], "acting": {}}]
    assert {link["name"]: link["reference"] for link in content["links"]}["insulin"] == 100.0
    assert all(link["reference"] > 0.0 for link in content["links"])
    json.dumps(content, allow_nan=False)


def test_an_agent_has_one_colour_in_the_cell_and_in_the_strip():
    style = (ROOT / "sim/dashboard/browser/cell_view.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--g4-([\w-]+): (#\w+);", style[: style.index("}")]))
    for link, names in {
        "insulin": ["insulin"], "receptors_active": ["active"], "pip3": ["pip3"], "akt_active": ["akt"],
        "surface_glut4_percent": ["fused", "clustered"], "glucose_uptake_rate": ["glucose-edge"],
    }.items():  # fmt: skip
        (colour,) = [one.colour for one in causes.LINKS if one.name == link]
        assert {light[name] for name in names} == {colour.lower()}, link
