"""Storage of agents: the declared fields, and arrays that are the agents themselves."""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.agents.population import CLOCK_FIELDS, STATE, Field, Population, bytes_per_agent

FIELDS = (*CLOCK_FIELDS, Field("weight", np.float32, "kg", "how heavy"))


def test_every_field_is_an_array_of_its_type_and_starts_at_zero():
    population = Population(FIELDS, 5)
    assert len(population) == 5
    for field in FIELDS:
        column = getattr(population, field.name)
        assert (column.shape, column.dtype) == ((5,), field.dtype)
        assert not column.any()
        assert column.flags.c_contiguous


def test_writing_to_a_field_or_to_the_clocks_changes_the_agents():
    population = Population(FIELDS, 3)
    population.weight[1] = 2.5
    population.clocks.state[2] = 4
    population.clocks.threshold[0] = 0.5
    population.clocks.draws[0] += np.uint32(1)
    assert population.weight.tolist() == [0.0, 2.5, 0.0]
    assert population.state.tolist() == [0, 0, 4]
    assert population.threshold[0] == 0.5
    assert population.draws.tolist() == [1, 0, 0]


def test_counts_cover_every_state_also_the_empty_ones():
    population = Population(FIELDS, 6)
    population.state[:] = [0, 3, 3, 1, 3, 0]
    assert population.counts(6).tolist() == [2, 1, 0, 3, 0, 0]


@pytest.mark.parametrize("kind", [receptor, vesicle, glucose])
def test_memory_per_agent_is_that_of_the_arrays(kind):
    population = Population(kind.FIELDS, 100)
    assert bytes_per_agent(kind.FIELDS) * 100 == sum(getattr(population, f.name).nbytes for f in kind.FIELDS)
    needed = {STATE} if kind is vesicle else set(CLOCK_FIELDS)  # vesicles have no clocks
    assert needed <= set(kind.FIELDS)
    assert all(field.unit and field.doc for field in kind.FIELDS)
