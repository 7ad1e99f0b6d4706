"""The kernels against what the machine allows: random numbers alone, memory copy, real time, growth with agents.

`python -m glut4sim.benchmarks.performance.limits` prints one JSON object. Two things that are compared are
measured in turn, in one process, and their ratio is taken round by round.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from numba import njit

from glut4sim.agents import candidates, clocks, vesicle, vesicle_steps
from glut4sim.agents.streams import Stream, normals, source, words
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.scenario import Scenario

ROUNDS = 7
DT = 0.1


def spread(values):
    """Median, least and most."""
    return [float(np.median(values)), float(min(values)), float(max(values))]


def in_turn(*works):
    """CPU seconds of each, (ROUNDS, works); each is called once before."""
    for work in works:
        work()
    seconds = np.empty((ROUNDS, len(works)))
    for row in seconds:
        for column, work in enumerate(works):
            began = time.process_time()
            work()
            row[column] = time.process_time() - began
    return seconds


@njit(nogil=True)
def words_alone(n, steps, origin, who, draw, out):
    """The words of so many vesicles' motion in so many steps, and nothing done with them."""
    for _ in range(0, n, len(who)):
        for k in range(0, steps, 2):
            draw[:] = k // 2
            words(who, draw, len(who), origin, out)


@njit(nogil=True)
def numbers_alone(n, steps, origin, who, draw, out, drawn):
    """The normals of so many vesicles' motion in so many steps, and nothing done with them."""
    for _ in range(0, n, len(who)):
        for k in range(0, steps, 2):
            draw[:] = k // 2
            words(who, draw, len(who), origin, out)
            for m in range(len(who)):
                drawn[0, m], drawn[1, m], drawn[2, m], drawn[3, m], drawn[4, m], drawn[5, m] = normals(
                    out[0, m], out[1, m], out[2, m], out[3, m]
                )


def motion_work(n=100_000, steps=100):
    """Three things to time, on one thread: all vesicles move in the shell and do nothing else; their normals; the words
    behind those."""
    p = load_preset("adipocyte").build().vesicle
    p = p._replace(release=0.0, recapture=0.0, retain=0.0, tether=0.0, diffusion_mobile=0.05, drift_mobile=0.0)
    x, y, z = np.full((3, n), 8.0, np.float32)
    bands = np.zeros(len(vesicle.State), np.int64)
    chunk = candidates.Chunk(0, DT, np.empty((steps, len(vesicle.TRANSITIONS))), bands)
    vesicle.tabulate(vesicle.Environment(*np.zeros((2, steps))), p, chunk)
    origin, clock = source(Stream.VESICLE_MOTION, 1), source(Stream.VESICLE_CLOCK, 1)
    vesicles = vesicle_steps.Vesicles(
        np.full(n, vesicle.State.MOBILE, np.int8), np.zeros(n), x, y, z, np.ones(n, np.int32)
    )
    outcome = vesicle_steps.Outcome(
        np.zeros(chunk.rate.shape, np.int64),
        np.zeros(steps, np.int64),
        clocks.event_log(0),
        np.zeros((0, 3), np.float32),
    )
    mobility, sources = vesicle.mobility(p, DT), vesicle_steps.Sources(clock, origin)
    who, draw = np.arange(vesicle.BLOCK, dtype=np.uint32), np.zeros(vesicle.BLOCK, np.uint32)
    out, drawn = np.zeros((4, vesicle.BLOCK), np.uint32), np.zeros((6, vesicle.BLOCK), np.float32)

    def move():
        vesicle_steps.advance(0, n, chunk, mobility, sources, vesicles, outcome)

    return (
        move,
        lambda: numbers_alone(n, steps, origin, who, draw, out, drawn),
        lambda: words_alone(n, steps, origin, who, draw, out),
    )


def motion(n=100_000, steps=100):
    """What motion costs beside its random numbers alone."""
    seconds = in_turn(*motion_work(n, steps))
    per_agent_step = seconds / (n * steps) * 1e9
    return {
        "motion_ns": spread(per_agent_step[:, 0]),
        "normals_ns": spread(per_agent_step[:, 1]),
        "words_ns": spread(per_agent_step[:, 2]),
        "motion_over_normals": spread(seconds[:, 0] / seconds[:, 1]),
        "motion_over_words": spread(seconds[:, 0] / seconds[:, 2]),
    }


def scan_work(n=10_000_000):
    """Two things to time: looking for whom to fire among agents of whom nobody does, and copying what is looked at."""
    agents = clocks.Clocks(
        np.random.default_rng(1).integers(0, 4, n).astype(np.int8), np.full(n, 1e9), np.zeros(1, np.uint32)
    )
    due, horizon = np.zeros(n, np.uint32), np.arange(4.0)
    threshold, state = agents.threshold.copy(), agents.state.copy()

    def copy():
        np.copyto(threshold, agents.threshold)
        np.copyto(state, agents.state)

    return lambda: clocks.collect_due(horizon, agents, due), copy


def scan(n=10_000_000):
    """The scan beside memory copy."""
    seconds = in_turn(*scan_work(n))
    size = 9 * n
    return {
        "scan_ns": spread(seconds[:, 0] / n * 1e9),
        "scan_read_GB_s": spread(size / seconds[:, 0] / 1e9),
        "copy_read_and_written_GB_s": spread(2 * size / seconds[:, 1] / 1e9),
        "scan_over_copy": spread((size / seconds[:, 0]) / (2 * size / seconds[:, 1])),
    }


def cell(total, threads):
    """A cell of so many agents: 1 % vesicles, 3 % receptors, the rest glucose, at 100 nM insulin."""
    sizes = {"vesicles": total // 100, "receptors": 3 * total // 100, "glucose_agents": total - 4 * total // 100}
    table = {"cell": sizes, "bath": {"insulin": "100 nM"}, "run": {"duration": "10 h"}}
    return Engine(Scenario.from_table(table, "benchmark"), seed=1, threads=threads)


def whole_cell():
    """The cell of 10.4 million agents on two threads: how much faster than real time, and the memory of the process."""
    table = {
        "cell": {"vesicles": 100_000, "receptors": 300_000, "glucose_agents": 10_000_000},
        "bath": {"insulin": "100 nM"},
        "run": {"duration": "10 h"},
    }
    engine = Engine(Scenario.from_table(table, "benchmark"), seed=1, threads=2)
    engine.advance(256)
    faster = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        engine.advance(256)
        faster.append(256 * DT / (time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"times_real_time": spread(faster), "memory_MB": peak / (1e6 if sys.platform == "darwin" else 1024)}


def growth():
    """CPU seconds per simulated second, by the number of agents."""
    engines = [cell(10**power, threads=1) for power in (4, 5, 6, 7)]
    seconds = in_turn(*(lambda engine=engine: engine.advance(256) for engine in engines)) / (256 * DT)
    per_agent = np.log10(np.median(seconds, axis=0))
    return {
        "agents": [10**power for power in (4, 5, 6, 7)],
        "ms_per_simulated_s": [spread(1e3 * column) for column in seconds.T],
        "exponent": float(np.polyfit([4, 5, 6, 7], per_agent, 1)[0]),
        "steepest": float(np.diff(per_agent).max()),
    }


def challenge():
    """Wall seconds of `glut4sim run insulin-challenge` with one replicate, from the shell and back to it."""
    command = [
        sys.executable,
        "-c",
        "from glut4sim.sim.cli import program; program()",
        "run",
        "insulin-challenge",
        "--replicates",
        "1",
    ]
    seconds = []
    for _ in range(6):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            subprocess.run([*command, "--out", f"{folder}/run"], check=True, capture_output=True)
            seconds.append(time.perf_counter() - began)
    return {"challenge_s": spread(seconds[1:])}


PARTS = {"motion": motion, "scan": scan, "whole_cell": whole_cell, "growth": growth, "challenge": challenge}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(PARTS[sys.argv[1]]()) + "\n")
