"""Small runs that several modules of tests compare with one another."""

import json
from pathlib import Path

from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario


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


def assert_same_results(one: Path, other: Path) -> None:
    """The same bits in every series, log and statistic of two directories of runs."""
    groups = [None]
    if (one / "results.zarr" / "events").exists():
        replicates = open_results(other).sizes["replicate"]
        groups += ["single_vesicle", *(f"events/{r}" for r in range(replicates))]
    for group in groups:
        ours, theirs = open_results(one, group).load(), open_results(other, group).load()
        assert ours.identical(theirs), group
    assert json.loads((one / "summary.json").read_text()) == json.loads((other / "summary.json").read_text())
