"""Take a mechanism away, and the cell shows the phenotype that is known of real cells.

Steady states are those of the mean-field twin; where something has to happen in time, agents do it.
"""

import numpy as np
import pytest

from glut4sim.agents import vesicle
from glut4sim.agents.vesicle import State
from glut4sim.sim.model import signalling
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.mean_field import solve
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.scenario import Scenario

RESTING, MINUTE = 5, 60.0  # min without insulin, s
DOCKING = vesicle.TRANSITIONS.index((State.TETHERED, State.DOCKED))
ALMOST_NONE = "1e-9 1/min"  # a rate must be above 0


def cell(insulin="100 nM", minutes=35, **parameters):
    """An adipocyte, some of its parameters changed, that gets insulin after a rest of 5 min."""
    return Scenario.from_table(
        {
            "cell": {"vesicles": 2000, "receptors": 2000, "glucose_agents": 100},
            "bath": {"insulin": [["0 min", "0 nM"], [f"{RESTING} min", insulin]]},
            "run": {"duration": f"{minutes} min"},
            "parameters": {name.replace("__", "."): value for name, value in parameters.items()},
        }
    )


class Seen:
    """What the twin of a scenario does, minute by minute."""

    def __init__(self, scenario):
        self.trace = solve(scenario, np.arange(0.0, scenario.run.duration + 1.0, MINUTE))
        self.surface = 100.0 * self.trace.glut4_surface / scenario.parameter_set.vesicle.glut4_copies
        self.total = scenario.cell.vesicles

    def species(self, name):
        return self.trace.signalling[:, signalling.SPECIES.index(name)]

    def percent(self, state):
        return 100.0 * self.trace.vesicles[:, state] / self.total

    def events(self, transition, since, until):
        """How often a transition happened between two minutes."""
        return self.trace.vesicle_events[until, transition] - self.trace.vesicle_events[since, transition]

    def fusions_per_docking(self, since, until):
        return self.events(vesicle.FUSION, since, until) / self.events(DOCKING, since, until)


@pytest.fixture(scope="module")
def normal():
    return Seen(cell())


def test_the_normal_cell_responds(normal):
    assert normal.surface[RESTING] < 6.0
    assert normal.surface[-1] > 33.0
    assert normal.percent(State.STORED)[-1] < 60.0
    assert normal.fusions_per_docking(25, 35) > 5.0 * normal.fusions_per_docking(0, RESTING)


def test_without_pi3k_the_surface_stays_basal(normal):
    """Wortmannin: Okada et al., J Biol Chem 269:3568 (1994); Clarke et al., Biochem J 300:631 (1994)."""
    basal = str(load_preset("adipocyte").find("signalling.pip3_synthesis_basal"))
    seen = Seen(cell(signalling__pip3_synthesis_stimulated=basal))
    assert seen.species("irs1_phosphorylated")[-1] == pytest.approx(normal.species("irs1_phosphorylated")[-1])
    assert seen.species("akt_active").max() < 1e-3 * normal.species("akt_active").max()
    assert seen.surface == pytest.approx(np.full(len(seen.surface), normal.surface[0]), rel=1e-3)


def test_without_as160_phosphorylation_vesicles_stay_stored_and_those_that_dock_rarely_fuse(normal):
    """AS160 that cannot be phosphorylated (4P): Sano et al., J Biol Chem 278:14599 (2003), less GLUT4 at the surface.

    It blocks exocytosis before fusion: Zeigerer, McBrayer, McGraw, Mol Biol Cell 15:4406 (2004). Rab10, which it keeps
    off, both lets stored vesicles go and lets docked ones fuse here, so both stay as they are at rest. Bai et al., Cell
    Metab 5:47 (2007), find that AS160 governs docking, and that the step after docking needs insulin but not AS160;
    here no more vesicles dock because no more set out, and the step after docking waits for Rab10.
    """
    seen = Seen(cell(signalling__as160_phosphorylate=ALMOST_NONE))
    assert seen.species("akt_active")[-1] == pytest.approx(normal.species("akt_active")[-1])
    assert seen.percent(State.STORED).min() > 0.999 * normal.percent(State.STORED)[0]
    assert seen.events(DOCKING, 25, 35) > 100.0  # they do dock
    assert seen.fusions_per_docking(25, 35) < 0.05  # one in twenty-five
    assert seen.fusions_per_docking(25, 35) < 0.2 * normal.fusions_per_docking(25, 35)
    assert seen.surface.max() < 1.001 * normal.surface[0]


@pytest.mark.parametrize(("pten", "least"), [("14 1/min", 3.0), ("8 1/min", 5.0), ("4 1/min", 8.0)])
def test_constitutive_akt_brings_glut4_to_the_surface_without_insulin(normal, pten, least):
    """Kohn, Summers, Birnbaum, Roth, J Biol Chem 271:31372 (1996): Akt that is always active.

    Here it is active because PIP3 stays: a loss of PTEN from its 42/min. The last is as much PIP3 as insulin makes.
    """
    seen = Seen(cell(insulin="0 nM", signalling__pten=pten))
    assert seen.species("akt_active")[0] > 0.1 * normal.species("akt_active").max()
    assert seen.surface[0] > least * normal.surface[0]
    assert seen.surface == pytest.approx(np.full(len(seen.surface), seen.surface[0]), rel=1e-3)


def test_without_endocytosis_a_resting_cell_has_all_glut4_at_the_surface():
    """Dynamin that cannot hydrolyse GTP: Al-Hasani, Hinck, Cushman, J Biol Chem 273:17504 (1998)."""
    assert Seen(
        cell(insulin="0 nM", vesicle__endocytose=ALMOST_NONE, vesicle__endocytose_clustered=ALMOST_NONE)
    ).surface == pytest.approx(100.0, abs=0.01)


def test_all_glut4_ends_at_the_surface_once_endocytosis_is_blocked():
    """The same in time, with agents: at 100 nM what is inside comes out with the rate constant of exocytosis."""
    scenario = cell(minutes=100)
    engine = Engine(scenario, seed=1)
    minute = round(MINUTE / scenario.run.step)
    for _ in range(10):
        engine.advance(minute)
    free = scenario.parameter_set
    engine.parameters = free._replace(vesicle=free.vesicle._replace(endocytose=0.0, endocytose_clustered=0.0))
    surface = [engine.glut4_surface / engine.glut4_total]
    for _ in range(90):
        engine.advance(minute)
        surface.append(engine.glut4_surface / engine.glut4_total)
    assert surface[0] < 0.4
    assert (np.diff(surface) >= 0.0).all()
    assert surface[-1] > 0.99
    assert surface[5] < 0.8  # not at once
