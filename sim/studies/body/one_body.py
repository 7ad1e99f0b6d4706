"""One body at one time of its assay: from rest, or its last checkpoint, to the end of the test."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glut4sim.sim.body import simulate
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.result import BodyResult
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results import checkpoint
from glut4sim.sim.studies.body import population
from glut4sim.sim.studies.body.people import exchange_of, protocol_of
from glut4sim.sim.studies.executors import Stop

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario


class Job(NamedTuple):
    """A body to be tested.

    Attributes
    ----------
    scenario : Scenario
        At one assay.
    replicate : int
        Number of the body.
    agents : bool
    threads : int
    file : Place or None
        Of its checkpoints.
    every : float or None
        Simulated time between two checkpoints [s].
    """

    scenario: "Scenario"
    replicate: int
    agents: bool
    threads: int
    file: Place | None
    every: float | None


class Tested(NamedTuple):
    """What came of a body."""

    result: BodyResult | None  # None: it did not come to its end
    said: tuple[str, ...]  # what the user should know


def test(job: Job, stop: Stop) -> Tested:
    """Put a body to its test, or go on with it."""
    if stop.is_set():
        return Tested(None, ())
    protocol, body = protocol_of(job.scenario), population.body(job.scenario, job.replicate)
    seed, exchange = job.scenario.run.seed, exchange_of(job.scenario)
    engine = BodyEngine(body, job.agents, exchange, seed, job.replicate, job.threads)
    rows, said = [simulate.first_row(engine)], ()
    if job.file is not None:
        try:
            if (rest := checkpoint.load(job.file, engine)) is not None:
                rows = rest["rows"].tolist()
        except ValueError as error:
            said = (f"body {job.replicate} was begun anew: {error}",)
    saved = engine.time
    for row in simulate.follow(engine, protocol):
        rows.append(row)
        due = job.every is not None and engine.time >= saved + job.every - 1e-9
        if due or stop.is_set():
            saved = engine.time
            _save(job, engine, rows)
        if stop.is_set():
            return Tested(None, said)
    _save(job, engine, rows)
    return Tested(simulate.result(engine, protocol, np.array(rows)), said)


def _save(job, engine, rows):
    if job.file is not None:
        checkpoint.save(job.file, engine, {"rows": np.array(rows)})
