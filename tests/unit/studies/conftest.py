"""What tests of studies share."""

import pytest

from glut4sim import compare
from glut4sim.sim.studies.run import replicate as one
from tests.runs import CONTROL, LOW


@pytest.fixture(scope="session")
def compared(tmp_path_factory):
    """A comparison that nothing stopped; whoever goes on with it finds it complete."""
    return compare([CONTROL, LOW], out=tmp_path_factory.mktemp("compare") / "out")


@pytest.fixture
def faulty(monkeypatch):
    """The second replicate of 1 nM fails half-way."""
    simulate = one.simulate

    def fail(scenario, replicate, *rest):
        if replicate == 1 and 1.0 in scenario.bath.insulin.values:
            raise RuntimeError("dropped")
        return simulate(scenario, replicate, *rest)

    monkeypatch.setattr(one, "simulate", fail)


@pytest.fixture
def glut4sim_in(glut4sim, monkeypatch, tmp_path):
    """Calls the program in an empty directory; returns exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    return glut4sim
