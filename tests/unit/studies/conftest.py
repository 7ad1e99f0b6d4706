"""What tests of studies share."""

import pytest

from glut4sim.sim.studies.run import replicate as one


@pytest.fixture
def faulty(monkeypatch):
    """The second replicate of 1 nM fails half-way."""
    simulate = one.simulate

    def fail(scenario, replicate, threads, writer, stop):
        if replicate == 1 and 1.0 in scenario.bath.insulin.values:
            raise RuntimeError("dropped")
        return simulate(scenario, replicate, threads, writer, stop)

    monkeypatch.setattr(one, "simulate", fail)
