"""Small runs that several modules of tests compare with one another."""

import json
from functools import lru_cache
from pathlib import Path

import xarray as xr

from glut4sim.sim.analysis.single_vesicle import GROUP
from glut4sim.sim.results.event_store import EVENTS, open_log
from glut4sim.sim.results.series_store import STORE, open_group, open_results
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import small_scenario


def make_scenario(duration: str = "600 s", replicates: int = 3, **run) -> Scenario:
    """A small cell with brisk vesicles, so that there is much to log; `run` are keys of that table."""
    return Scenario.from_table(
        {
            "cell": {"vesicles": 300, "receptors": 300, "glucose_agents": 300, "receptors_cv": 0.3},
            "bath": {"insulin": [["0 s", "1 nM"], ["20 s", "100 nM"]]},
            "run": {"duration": duration, "record_every": "1 s", "replicates": replicates, **run},
            "parameters": {"vesicle.release": "30 1/min", "vesicle.endocytose": "2 1/min"},
        },
        "test",
    )


def muscle(name: str, **tables) -> Scenario:
    """A small muscle cell, a rise of insulin and three replicates, for comparisons; `tables` as of a scenario."""
    return Scenario.from_table(
        {
            "cell": {"preset": "skeletal-muscle", "vesicles": 300, "receptors": 300, "glucose_agents": 300},
            "bath": {"insulin": [["0 min", "0 nM"], ["2 min", "1 nM"]]},
            "run": {"duration": "8 min", "step": "0.5 s", "record_every": "10 s", "replicates": 3, "seed": 5},
            **tables,
        },
        name,
    )


CONTROL = muscle("control", body={"sex": "man"})
LOW = muscle("low", hormones={"testosterone": "50 ng/dL"})

FEW = {"vesicles": 40, "receptors": 40, "glucose_agents": 40}


def brief(insulin=((0.0, 0.1), (20.0, 100.0), (80.0, 0.1)), **more) -> Scenario:
    """A minute of insulin (time [s], nM), records every second, few agents, for sweeps; `more` as of small_scenario."""
    scenario = small_scenario([*map(tuple, insulin)], step=1.0, duration=100.0, **(FEW | more))
    assert scenario.run.record_every == 1.0
    return scenario


def assert_same_results(one: Path, other: Path) -> None:
    """The same bits in every series, log and statistic of two runs, of which many tests share the other."""
    ours, theirs = _loaded(one), _loaded_once(other, (other / "provenance.json").stat().st_mtime_ns)
    assert ours.keys() == theirs.keys()
    for group, dataset in ours.items():
        assert dataset.identical(theirs[group]), group
    assert json.loads((one / "summary.json").read_text()) == json.loads((other / "summary.json").read_text())


@lru_cache(maxsize=1)
def _loaded_once(out: Path, written: int) -> dict[str | None, xr.Dataset]:
    return _loaded(out)


def _loaded(out: Path) -> dict[str | None, xr.Dataset]:
    """The groups of a run by name. Looked through for damage but once, as that takes longer than to read them."""
    series, store = open_results(out), out / STORE
    found = {None: series.load()}
    if (store / EVENTS).exists():
        found[GROUP] = open_group(store, GROUP).load()
        for group in (f"{EVENTS}/{r}" for r in range(series.sizes["replicate"])):
            found[group] = open_log(store, group).load()
    return found
