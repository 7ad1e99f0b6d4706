"""Fuzzed scenarios that are right after all, run: with few agents, by the mean field, or their hormones alone."""

import random
import signal
from pathlib import Path

from glut4sim.benchmarks.stress import program, scenarios
from glut4sim.benchmarks.stress.tally import Tally, judged
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario

WHAT = (
    "Fuzzed scenarios that are right after all are run with few agents, by the mean field, or their hormones alone. "
    "What takes long is stopped as by Ctrl-C."
)
SECONDS = 20.0  # after which a run is stopped
FEW = {"cell.vesicles": "20", "cell.receptors": "20", "cell.glucose_agents": "20"}
MOST_STEPS = 150_000  # of a run that is tried


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many runs, each in a fork."""
    found = []
    for number, (case, path) in enumerate(scenarios.checked(seed, folder)):
        if case.ending != "done" or (words := _to_run(path, random.Random(f"{seed} {number} run"))) is None:
            continue
        command = program.Command([*words, "--out", str(path.with_suffix(""))], folder)
        ended = command.ended_within(SECONDS, signal.SIGINT)
        found.append(judged(f"{case.label}: {' '.join(words[2:])}", ended, (0, 2, 130)))
        if len(found) == cases:
            break
    return Tally("runs", WHAT, found, {})


def _to_run(path: Path, chance: random.Random) -> list[str] | None:
    """The command that runs a scenario in one of the ways there are; None where it would take long."""
    scenario, way = Scenario.load(path), chance.random()
    if scenario.has_hormones and way < 0.3:
        return ["run", str(path), "--endocrine-only", "-q"]
    if (
        scenario.run.duration / scenario.run.step * len(scenario.assay.at) > MOST_STEPS
        or scenario.assay.kind is not None
    ):
        return None
    if way > 0.7:
        return ["run", str(path), "--mean-field", "-q"]
    try:
        Scenario.load(path, FEW)
    except InputError:
        return None
    changes = [word for change in FEW.items() for word in ("--set", "=".join(change))]
    return ["run", str(path), *changes, "--replicates", "1", "--threads", "1", "-q"]
