"""Common random numbers: paired effects are those of independent replicates, and vary far less."""

import numpy as np
import pytest

from glut4sim import run
from glut4sim.agents import vesicle
from glut4sim.sim.analysis.paired_effects import paired_effect
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.stages import VesicleStage
from glut4sim.sim.scenario.scenario import Scenario

FUSED = vesicle.State.FUSED
KEY = "surface_glut4_stimulated_copies"
REPLICATES = 16
TABLE = {
    "cell": {"preset": "skeletal-muscle", "vesicles": 1000, "receptors": 1000, "glucose_agents": 10},
    "bath": {"insulin": "1 nM"},
    "run": {"duration": "2 min", "step": "0.5 s", "record_every": "20 s", "replicates": REPLICATES},
}


def values(seed, **tables):
    found = run(Scenario.from_table(TABLE | tables), seed=seed).replicates
    return np.array([numbers[KEY] for numbers in found])


@pytest.mark.parametrize(
    ("hormones", "least"),
    [
        ({"body": {"sex": "woman"}, "hormones": {"estradiol": "5 pg/mL"}}, 10.0),  # acts on GLUT4 expression
        ({"hormones": {"testosterone": "200 ng/dL"}}, 3.0),  # on PI3K, Akt and translocation
    ],
)
def test_pairing_leaves_the_effect_and_saves_variance(hormones, least):
    control, condition, elsewhere = values(1), values(1, **hormones), values(2, **hormones)
    paired, independent = paired_effect(control, condition), paired_effect(control, elsewhere)
    error = np.sqrt((control.var(ddof=1) + elsewhere.var(ddof=1)) / REPLICATES)
    assert abs(paired.difference.value - independent.difference.value) < 4.0 * error
    assert (
        abs(0.5 * paired.difference.value - independent.difference.value) > 4.0 * error
    )  # the wrong model: half of it
    assert paired.variance_reduction > least
    assert independent.variance_reduction < 3.0


@pytest.mark.parametrize("insulin", ["30 pM", "0.5 nM", "100 nM"])
def test_cells_that_share_their_numbers_start_with_the_same_vesicles_in_the_membrane(insulin, monkeypatch):
    """Whoever is there in the cell with fewer is there in the other. The wrong model: filled in the order of State."""

    def only_in_the_cell_with_fewer():
        table = TABLE | {"cell": TABLE["cell"] | {"vesicles": 10_000}, "bath": {"insulin": insulin}}
        obese = table | {"body": {"sex": "man", "visceral_fat": "4 kg"}}
        many, few = (Engine(Scenario.from_table(t), seed=1).vesicles.state == FUSED for t in (table, obese))
        assert few.sum() < 0.9 * many.sum()
        return (few & ~many).sum()

    assert only_in_the_cell_with_fewer() == 0
    monkeypatch.setattr(VesicleStage, "FILLED", np.array(vesicle.State))
    assert only_in_the_cell_with_fewer() > 20
