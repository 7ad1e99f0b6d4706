"""How the replicates of a run lie in its store: each in chunks of its own, or many in one.

Few replicates, and long ones, have chunks of their own, written as they go by whatever process computes them: whatever
ends the run, what was reached can be read. Of many brief replicates none is begun that is not soon over, and a file for
each would cost more than the replicate. They share chunks, which the first process alone writes, as replicates end.
"""

from glut4sim.sim.model import kinds
from glut4sim.sim.results import event_store
from glut4sim.sim.results.series_store import WIDTH, record_times
from glut4sim.sim.scenario.scenario import Scenario

FEW = 16  # replicates, which have chunks of their own however brief they are
BRIEF = 2e10  # agents times steps of a brief replicate at most: some seconds
STEP_AGENTS = 50_000  # agents that take as long as a step does without any
BLOCK_BYTES = 20e6  # of all that is kept of the replicates that share chunks


def replicates_per_chunk(scenario: Scenario) -> int:
    """How many replicates of a run share a chunk of its store; 1 if none do."""
    run, cell = scenario.run, scenario.cell
    agents = sum(getattr(cell, kind.size, kind.number) for kind in kinds.KINDS)
    if run.replicates <= FEW or (agents + STEP_AGENTS) * run.duration / run.step > BRIEF:
        return 1
    return max(1, min(int(BLOCK_BYTES / bytes_of_replicate(scenario)), run.replicates))


def bytes_of_replicate(scenario: Scenario) -> int:
    """What is kept of a replicate in its rows."""
    records = 8 * WIDTH * len(record_times(scenario))
    return records + (event_store.row_bytes(scenario) if scenario.run.events else 0)
