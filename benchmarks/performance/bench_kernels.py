"""Speed of the kernels, warm and one at a time; `make bench`. The empty model isolates what a call costs by itself.

A timing is a benchmark and never a test: nothing here can fail for being slow.
"""

import numpy as np
import pytest

from agents import clocks, receptor, streams, vesicle
from sim.engine import Engine
from sim.parameters import load_preset
from sim.scenario import Scenario

PARAMETERS = load_preset("adipocyte").build()
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


def test_motion(benchmark):
    """10,000 vesicles that do nothing but move, 256 steps; the random numbers alone are `test_random_numbers`."""
    p = PARAMETERS.vesicle._replace(release=0.0, recapture=0.0, tether=0.0)
    n, steps = 10_000, 256
    agents = clocks.Clocks(np.full(n, vesicle.State.MOBILE, np.int8), np.ones(n), np.zeros(n, np.uint32))
    x, y, z = np.full((3, n), 8.0, np.float32)
    hazard, rate = np.zeros((steps + 1, len(vesicle.State))), np.zeros((steps, len(vesicle.TRANSITIONS)))
    vesicle.tabulate(np.zeros(steps), p, DT, hazard, rate)
    motion, capture = vesicle.motion_table(p, DT), np.float32(p.cell_radius - p.capture_distance)
    sources = [streams.source(stream, 1) for stream in (streams.Stream.VESICLE_MOTION, streams.Stream.VESICLE_CLOCK)]
    fired, surface = np.zeros(rate.shape, np.int64), np.zeros(steps, np.int64)
    log, position = clocks.event_log(0), np.zeros((0, 3), np.float32)

    def move():
        vesicle.advance(
            0, n, hazard, rate, motion, capture, *sources, 0, DT, agents, x, y, z, np.ones(n, np.int32), fired, surface,
            log, position,
        )  # fmt: skip

    benchmark.extra_info["agent_steps"] = n * steps
    benchmark.pedantic(move, rounds=7, warmup_rounds=1)


def test_random_numbers(benchmark):
    """Two uniform numbers for each of 2.56 million agents: one Philox call each."""
    source = streams.source(streams.Stream.VESICLE_MOTION, 1)
    benchmark.pedantic(streams.uniforms, args=(2_560_000, 0, source), rounds=7, warmup_rounds=1)


def test_quiet_receptors(benchmark):
    """A million receptors without insulin, 256 steps in one call: the price of those who do nothing."""
    n, steps = 1_000_000, 256
    agents = clocks.Clocks(np.zeros(n, np.int8), np.full(n, 1e9), np.zeros(n, np.uint32))
    hazard, rate = np.zeros((steps + 1, len(receptor.State))), np.zeros((steps, len(receptor.TRANSITIONS)))
    receptor.tabulate(np.zeros(steps), PARAMETERS.receptor, DT, hazard, rate)
    source = streams.source(streams.Stream.RECEPTOR_CLOCK, 1)
    fired, log = np.zeros(rate.shape, np.int64), clocks.event_log(0)
    arguments = (0, n, hazard, rate, receptor.TABLE, source, 0, DT, agents, fired, log)
    benchmark.extra_info["agent_steps"] = n * steps
    benchmark.pedantic(clocks.fire, args=arguments, rounds=7, warmup_rounds=1)
