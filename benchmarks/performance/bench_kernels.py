"""Speed of the kernels, warm and one at a time; `make bench`. The empty model isolates what a call costs by itself.

A timing is a benchmark and never a test: nothing here can fail for being slow.
"""

import pytest

from glut4sim.benchmarks.performance import limits
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

DT = 0.1


def engine(vesicles=1, receptors=1, glucose_agents=1, insulin="100 nM", threads=1):
    table = {
        "cell": {"vesicles": vesicles, "receptors": receptors, "glucose_agents": glucose_agents},
        "bath": {"insulin": insulin},
        "run": {"duration": "10 h"},
    }
    return Engine(Scenario.from_table(table, "benchmark"), seed=1, threads=threads)


def bench_steps(benchmark, running, steps):
    """Time so many steps of an engine that goes on from round to round; its kernels are compiled before."""
    running.advance(steps)
    benchmark.extra_info["simulated_seconds"] = steps * DT
    benchmark.pedantic(running.advance, args=(steps,), rounds=7)


def test_empty_model(benchmark):
    bench_steps(benchmark, engine(), 1000)


@pytest.mark.parametrize("threads", [1, 2])
def test_receptor_cycle(benchmark, threads):
    """100,000 receptors at 100 nM, 100 s: some 1.6 million transitions."""
    bench_steps(benchmark, engine(receptors=100_000, threads=threads), 1000)


@pytest.mark.parametrize("threads", [1, 2])
def test_vesicles(benchmark, threads):
    """100,000 vesicles at 100 nM, 25 s."""
    bench_steps(benchmark, engine(vesicles=100_000, threads=threads), 250)


@pytest.mark.parametrize("agents", [100_000, 1_000_000])
def test_glucose(benchmark, agents):
    """Glucose with the GLUT4 of 100 vesicles, 100 s."""
    bench_steps(benchmark, engine(vesicles=100, glucose_agents=agents), 1000)


@pytest.mark.parametrize("threads", [1, 2])
def test_whole_cell(benchmark, threads):
    """The sizes of insulin-challenge, 100 s at 100 nM."""
    bench_steps(benchmark, engine(10_000, 100_000, 100_000, threads=threads), 1000)


@pytest.mark.parametrize("what", ["motion", "its normals alone", "their words alone"])
def test_motion(benchmark, what):
    """100,000 vesicles that do nothing but move, 100 steps, and the random numbers of that."""
    works = dict(zip(["motion", "its normals alone", "their words alone"], limits.motion_work(), strict=True))
    benchmark.extra_info["agent_steps"] = 100_000 * 100
    benchmark.pedantic(works[what], rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("what", ["scan", "memory copy"])
def test_quiet_agents(benchmark, what):
    """Looking for whom to fire among 10 million of whom nobody does, and copying as much memory."""
    works = dict(zip(["scan", "memory copy"], limits.scan_work(), strict=True))
    benchmark.extra_info["bytes"] = 9 * 10_000_000
    benchmark.pedantic(works[what], rounds=7, warmup_rounds=1)


def test_compile_and_start(benchmark):
    """A cell of one agent of each kind, kernels loaded from the cache: what `run` does before its first step."""
    benchmark.pedantic(engine, rounds=7, warmup_rounds=1)
