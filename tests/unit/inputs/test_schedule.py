"""Schedules: the mean over each step, exact where the value changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glut4sim.sim.inputs.schedule import Schedule


def mean(schedule, start, end):
    """The mean over a time, by the lengths for which each value holds in it."""
    ends = (*schedule.times[1:], np.inf)
    held = [max(0.0, min(end, stop) - max(start, begin)) for begin, stop in zip(schedule.times, ends)]
    return np.dot(held, schedule.values) / (end - start)


@given(
    changes=st.lists(st.integers(1, 400), min_size=0, max_size=6, unique=True),
    first=st.integers(0, 45),
    steps=st.integers(1, 12),
)
def test_the_mean_over_each_step(changes, first, steps):
    """Changes on a grid of a tenth of a step: within steps, at their ends, and where nothing changes."""
    times = (0.0, *(0.01 * change for change in sorted(changes)))
    schedule = Schedule(times, tuple(float((7 * i) % 5) for i in range(len(times))))
    means = schedule.step_means(first, steps, 0.1)
    assert means.dtype == np.float64
    expected = [mean(schedule, 0.1 * k, 0.1 * (k + 1)) for k in range(first, first + steps)]
    np.testing.assert_allclose(means, expected, atol=1e-7)


@pytest.mark.parametrize("first", [0, 1, 8, 9, 10, 11, 30])
def test_steps_at_once_or_one_by_one_are_the_same_bits(first):
    schedule = Schedule((0.0, 1.0, 1.23, 3.3), (1.0, 0.1, 0.7, 0.3))
    singly = [schedule.step_means(first + k, 1, 0.1)[0] for k in range(20)]
    assert schedule.step_means(first, 20, 0.1).tolist() == singly
