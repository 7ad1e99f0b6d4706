"""The compiled kernels against the slow twin, step by step: same states, same random numbers, same places."""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model.engine import Engine
from tests.support import small_scenario
from tests.twin import GLUCOSE_STATES, RECEPTOR_STATES, VESICLE_STATES, Twin

# Rates and a shell in which 60 s are enough for every transition, several in a step among them.
BRISK = {
    "receptor.bind_first": "2 1/(uM*s)",
    "receptor.unbind_first": "2 1/s",
    "receptor.phosphorylate": "3 1/s",
    "receptor.dephosphorylate": "20 1/min",
    "receptor.bind_second": "5 1/(uM*s)",
    "receptor.internalise_free": "3 1/min",
    "receptor.recycle_free": "6 1/min",
    "receptor.internalise_active": "6 1/min",
    "receptor.recycle_active": "4 1/min",
    "receptor.dephosphorylate_internal": "4 1/min",
    "receptor.desensitise": "5 1/min",
    "receptor.resensitise": "4 1/min",
    "receptor.phosphorylate_basal": "6 1/min",
    "receptor.copies": "0.7",
    "signalling.irs1_protect": "20",
    "signalling.mtorc1_activate": "20 1/min",
    "signalling.mtorc2_basal": "0.1",
    "signalling.akt_s473_alone": "0.7",
    "signalling.akt_s473_protects": "0.2",
    "vesicle.release": "200 1/min",
    "vesicle.recapture": "10 1/min",
    "vesicle.tether": "120 1/min",
    "vesicle.untether": "60 1/min",
    "vesicle.dock": "120 1/min",
    "vesicle.undock": "60 1/min",
    "vesicle.fuse_transiently": "60 1/min",
    "vesicle.fuse": "900 1/min",
    "vesicle.endocytose": "20 1/min",
    "vesicle.sort": "60 1/min",
    "vesicle.recycle": "50 1/min",
    "vesicle.fuse_clustered": "200 1/min",
    "vesicle.disperse": "10 1/min",
    "vesicle.cluster": "15 1/min",
    "vesicle.endocytose_clustered": "70 1/min",
    "vesicle.release_without_rab10": "40 1/min",
    "vesicle.retain": "90 1/min",
    "vesicle.fuse_without_rab10": "500 1/min",
    "vesicle.disperse_stimulated": "80 1/min",
    "vesicle.cell_radius": "5 um",
    "vesicle.inner_radius": "4.2 um",
    "vesicle.capture_distance": "0.3 um",
    "vesicle.diffusion_stored": "0.02 um**2/s",
    "vesicle.diffusion_mobile": "0.05 um**2/s",
    "vesicle.diffusion_fused": "0.1 um**2/s",
    "vesicle.drift_mobile": "0.2 um/s",
    "glucose.supply": "5e8",
    "glucose.cytosol_volume": "0.05 pL",
    "glucose.g6p_inhibition": "5 mM",
    "glucose.use": "20 1/min",
}
CASES = {
    "brisk": {"steps": 120, "step": 0.5, "insulin": [(0.0, 0.5), (10.2, 100.0), (50.0, 10.0)], "parameters": BRISK},
    "preset": {
        "steps": 100,
        "step": 0.1,
        "insulin": [(0.0, 0.0), (1.0, 100.0)],
        "receptors": 200,
        "glucose_agents": 400,
    },
    "two blocks": {"steps": 12, "step": 1.0, "insulin": 10.0, "vesicles": vesicle.BLOCK + 40, "receptors": 5},
}
PIECES = (1, 1, 7, 3, 33, 1, 64)  # steps per call, over and over


def run_side_by_side(case, seed, replicate):
    """Both through all steps; yields both, with the rows of the engine's and the twin's trace, after each piece."""
    arguments = CASES[case].copy()
    steps = arguments.pop("steps")
    scenario = small_scenario(bath=[(0.0, 5.0), (4.03, 8.0)], **arguments)
    engine = Engine(scenario, seed=seed, replicate=replicate)
    twin = Twin(engine, seed, replicate)
    done = 0
    while done < steps:
        piece = min(PIECES[done % len(PIECES)], steps - done)
        trace = engine.advance(piece)
        rows = []
        for _ in range(piece):
            twin.step()
            rows.append(
                [
                    *(list(twin.counts(kind).values()) for kind in ("receptors", "vesicles", "glucose")),
                    twin.glut4_surface(),
                    twin.signals,
                ]
            )
        done += piece
        yield engine, twin, trace, rows


def agents_of(engine, twin):
    """Each kind's population, its stage, twin agents and state names."""
    for kind, agents, names in (
        (engine.stages["receptor"], twin.receptors, RECEPTOR_STATES),
        (engine.stages["vesicle"], twin.vesicles, VESICLE_STATES),
        (engine.stages["glucose"], twin.glucose, GLUCOSE_STATES),
    ):
        yield kind.population, kind, agents, names


def ways(kind, names):
    """A kind's transitions as the twin counts them: the state left, and the number of the way among those out of it."""
    sources = [names[source] for source, _ in kind.TRANSITIONS]
    return [(source, sources[:j].count(source)) for j, source in enumerate(sources)]


@pytest.mark.parametrize("case", CASES)
def test_kernel_agrees_with_the_twin(case):
    for engine, twin, trace, rows in run_side_by_side(case, seed=2**40 + 3, replicate=2):
        for population, stage, agents, names in agents_of(engine, twin):
            assert [names[s] for s in population.state] == [agent.state for agent in agents]
            if agents is twin.vesicles:  # which have no clocks
                continue
            assert population.draws.tolist() == [agent.draws for agent in agents]
            remaining = population.threshold - stage.hazard[population.state]
            np.testing.assert_allclose(remaining, [agent.remaining for agent in agents], rtol=1e-9, atol=1e-9)
        v = engine.vesicles
        np.testing.assert_array_equal(np.stack([v.x, v.y, v.z], axis=1), [one.position for one in twin.vesicles])
        receptors, vesicles, sugar, surface, signals = map(np.array, zip(*rows, strict=True))
        np.testing.assert_array_equal(trace.receptors, receptors)
        np.testing.assert_array_equal(trace.vesicles, vesicles)
        np.testing.assert_array_equal(trace.glucose, sugar)
        np.testing.assert_array_equal(trace.glut4_surface, surface)
        np.testing.assert_allclose(trace.signalling, signals, rtol=1e-9, atol=1e-15)
        for events, kind, found, names in (
            (trace.vesicle_events[-1], vesicle, twin.events["vesicles"], VESICLE_STATES),
            (trace.glucose_events[-1], glucose, twin.events["glucose"], GLUCOSE_STATES),
        ):
            assert events.tolist() == [found[way] for way in ways(kind, names)]
    if case == "brisk":  # then nothing must have been left unseen
        for name, kind, names in (
            ("receptors", receptor, RECEPTOR_STATES),
            ("vesicles", vesicle, VESICLE_STATES),
            ("glucose", glucose, GLUCOSE_STATES),
        ):
            assert set(ways(kind, names)) == set(twin.events[name])
            assert twin.most_in_a_step[name] >= 2
