"""Common random numbers: paired effects are those of independent replicates, and vary far less."""

import numpy as np
import pytest
from numba import njit

from glut4sim import run
from glut4sim.agents import candidates, vesicle
from glut4sim.agents.streams import Source, Stream, source
from glut4sim.sim.analysis.paired_effects import paired_effect
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.stages import VesicleStage
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import ONE_POOL

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


# ---- how long pairing lasts ----

PAIRS = 24


def saved(control, condition):
    """How many times less pairs differ than strangers."""
    return paired_effect(np.array(control), np.array(condition)).variance_reduction


@pytest.mark.parametrize(("rate", "value"), [("release", 0.1831), ("endocytose", 0.115)])  # 1/min
def test_half_an_hour_after_insulin_pairs_are_still_pairs(rate, value):
    """Of cells that differ in one rate by 5 %: vesicles in the membrane, mean over the last of 40 minutes."""

    def late(factor):
        table = TABLE | {
            "cell": {"vesicles": 2000, "receptors": 500, "glucose_agents": 10},
            "bath": {"insulin": [["0 min", "0 nM"], ["1 min", "10 nM"]]},
            "parameters": {f"vesicle.{rate}": f"{factor * value} 1/min"},
        }
        scenario = Scenario.from_table(table | {"run": TABLE["run"] | {"duration": "40 min"}})
        for replicate in range(PAIRS):
            trace = Engine(scenario, 1, replicate).advance(4800)
            yield trace.vesicles[-1200:, FUSED].mean()

    assert saved(list(late(1.0)), list(late(1.05))) > 25.0


@njit
def in_membrane(n, rate, bases, transitions, clock, by_history):
    """Of n vesicles near the membrane, stored at first, those in it each minute of 80, at constant rates."""
    counts = np.zeros(80)
    chunk = candidates.Chunk(0, 60.0, rate, np.zeros(len(bases), np.int64))
    candidates.fit_bands(chunk, bases, transitions)
    for i in range(n):
        s, after, k, events = np.int64(0), 0.0, np.int64(0), np.uint32(0)
        while k < 80:
            mine = Source(clock.stream, np.uint32(clock.replicate + events), clock.key)
            time, j = candidates.next_event(i, s, after, k, np.int64(0), bases, transitions, chunk, mine)
            there = np.int64(time / 60.0) if j >= 0 else 80
            counts[k:there] += s == 4  # fused
            after, k = time, there
            if j >= 0:
                s = transitions.target[j]
                events += np.uint32(by_history)
    return counts


@pytest.mark.parametrize("rate", ["release", "fuse", "endocytose"])
def test_pairs_meet_again_only_if_candidates_know_no_history(rate):
    """The wrong model: candidates of which each event makes new ones, as clocks in sequence do."""

    def late(factor, by_history):
        p = ONE_POOL._replace(**{rate: factor * getattr(ONE_POOL, rate)})
        rates = np.tile(vesicle.rates(vesicle.Environment(0.12, 0.9), p), (80, 1))
        for replicate in range(PAIRS):
            clock = source(Stream.VESICLE_CLOCK, 1, 10_000 * replicate)
            yield in_membrane(1200, rates, vesicle.BASES, vesicle.TABLE, clock, by_history)[-10:].mean()

    lasting, fading = (saved(*(list(late(factor, h)) for factor in (1.0, 1.05))) for h in (False, True))
    assert lasting > 25.0
    assert fading < 10.0
    assert lasting > 4.0 * fading


@pytest.mark.parametrize("insulin", ["30 pM", "0.5 nM", "100 nM"])
def test_cells_that_share_their_numbers_start_with_the_same_vesicles_in_the_membrane(insulin, monkeypatch):
    """Whoever is there in the cell with fewer is there in the other. The wrong model: filled in the order of State."""

    def only_in_the_cell_with_fewer():
        table = TABLE | {"cell": TABLE["cell"] | {"vesicles": 30_000}, "bath": {"insulin": insulin}}
        obese = table | {
            "body": {"sex": "man", "visceral_fat": "12 kg"},
            "hormones": {"testosterone": "20 ng/dL"},
        }
        many, few = (Engine(Scenario.from_table(t), seed=1).vesicles.state == FUSED for t in (table, obese))
        assert few.sum() < 0.9 * many.sum()
        return (few & ~many).sum()

    assert only_in_the_cell_with_fewer() == 0
    monkeypatch.setattr(VesicleStage, "FILLED", np.array(vesicle.State))
    assert only_in_the_cell_with_fewer() > 20
