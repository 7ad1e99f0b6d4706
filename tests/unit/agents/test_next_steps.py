"""An agent that has fired is due again in the step in which its next threshold lies, be that a step's end."""

import numpy as np
import pytest

from glut4sim.agents import clocks

TABLE = clocks.table(((0, 1), (1, 0)), 2)


@pytest.mark.parametrize(
    ("wait", "step"),
    [
        (0.5, 0),
        (1.0, 1),  # the end of a step belongs to the next
        (1.25, 1),
        (1.5, 2),  # where the straight line from the first step leads to the one before
        (1.75, 2),
        (2.5, 3),
        (3.0, 3),
    ],
)
def test_the_next_step(wait, step):
    hazard = np.zeros((5, 2))
    hazard[:, 1] = [0.0, 1.0, 1.5, 2.5, 3.5]
    hazard[1:, 0] = 1.0
    rates = np.diff(hazard, axis=0)
    agents = clocks.Clocks(np.zeros(1, np.int8), np.zeros(1), np.zeros(1, np.uint32))
    firing, ways = clocks.batch(99), clocks.ways_out(4, TABLE)
    firing.who[0] = firing.step[0] = firing.draws[0] = 0
    firing.wait[0], firing.way[0] = wait, 0.5
    clocks.find_ways(rates, TABLE, ways)
    fired, log = np.zeros(rates.shape, np.int64), clocks.event_log(0)
    chunk, fire = clocks.Chunk(0, 1.0, hazard, rates), getattr(clocks.fire_batch, "py_func", clocks.fire_batch)
    assert fire(firing, 1, chunk, ways, TABLE, agents, fired, log) == 1
    assert (agents.state[0], agents.threshold[0], firing.step[0]) == (1, wait, step)
