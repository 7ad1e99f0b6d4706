"""What is compiled before the first run is what the run calls."""

import subprocess
from pathlib import Path

import numba
import pytest

from glut4sim.agents import clocks, glucose, receptor, vesicle, vesicle_steps
from glut4sim.sim.model import ahead, net_uptake, signalling
from glut4sim.sim.model.engine import Engine
from tests.support import small_scenario

KERNELS = (
    (receptor, "tabulate"),
    (clocks, "fire"),
    (clocks, "tally"),
    (signalling, "advance"),
    (vesicle, "tabulate"),
    (vesicle_steps, "advance"),
    (glucose, "advance"),
    (net_uptake, "advance"),
)


@pytest.fixture
def calls(monkeypatch):
    """The calls of kernels in a step: their names, and the types of their arguments."""
    seen = set()

    def seeing(name, kernel):
        def call(*arguments):
            seen.add((name, *map(numba.typeof, arguments)))
            return kernel(*arguments)

        return call

    for module, name in KERNELS:
        monkeypatch.setattr(module, name, seeing(f"{module.__name__}.{name}", getattr(module, name)))
    return seen


class Process:
    """Stands for the second process, and does its work."""

    started = 0

    def __init__(self, command, **_):
        Process.started += 1
        assert command[1:] == ["-m", "glut4sim.sim.model.ahead"]
        ahead._step_of(ahead.LONGEST)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """A cache in which there is nothing, and a second process that is none."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", Process)
    Process.started = 0
    return tmp_path


def test_both_processes_compile_what_a_run_calls_for_the_same_types(cache, calls):
    ahead.compile_kernels()
    before = set(calls)
    Engine(small_scenario(100.0), seed=1).advance(2)
    assert len({name for name, *_ in before}) == len(KERNELS)
    assert calls == before


def test_nothing_is_compiled_where_it_was_before_or_could_not_be_kept(cache, monkeypatch):
    Path(cache / "agents").mkdir()
    Path(cache / "agents" / "vesicle_steps._advance-1.py311.nbi").touch()
    ahead.compile_kernels()
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    ahead.compile_kernels()
    assert Process.started == 0
