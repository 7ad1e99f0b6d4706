"""What is promised of the mean field, measured: beside libRoadRunner on the same equations, and as a user meets it.

`python -m glut4sim.benchmarks.performance.mean_field [PART ...] [--sets N]` prints a JSON object for each part, and at
the end a table of what is asked and what was found. Times are processor time, medians of rounds in which all that is
compared is done in turn. SBML is our own export. The real error is the largest relative error of surface GLUT4, Akt,
PIP3, Rab10 and glucose taken up between records, at any record, against our own solution at a tolerance of 1e-10. Each
program gets the loosest tolerance of the ladder that keeps it below 1e-6. Our time includes the state of rest, which
theirs is given.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from glut4sim.agents import glucose, vesicle
from glut4sim.benchmarks.performance.limits import in_turn, spread
from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field, observables, sbml, signalling
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.factors import changed, find_factors
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.expected import numbers
from glut4sim.sim.studies.running import run

ALLOWED = 1e-6
LADDER = np.geomspace(1e-4, 1e-10, 31)
SCENARIOS = ("insulin-challenge", "insulin-pulse", "meal", "growth-hormone/acute")
SPECIES = {"akt_active": "akt_active_share", "pip3": "pip3", "rab10_active": "rab10_active_share"}  # ours, in SBML
WHOLE = "insulin-challenge"  # of which a whole run is measured too
PROCESSES = (WHOLE, "meal", "growth-hormone/acute", "men/trt")
PROCESS_ROUNDS = 5
WORKERS, BATCH = 2, 250  # processes, and sets that one of them takes at a time


def ours(scenario, times, rtol):
    """Shares of what is compared, (K, quantities)."""
    trace = mean_field.solve(scenario, times, rtol=rtol)
    found = [trace.signalling[:, signalling.SPECIES.index(name)] for name in SPECIES]
    found.append(trace.vesicles[:, list(vesicle.SURFACE)].sum(axis=1) / scenario.cell.vesicles)
    return np.stack([*found, trace.glucose[:, glucose.State.OUTSIDE] / scenario.cell.glucose_agents], axis=1)


class RoadRunner:
    """libRoadRunner with a scenario's mean field."""

    def __init__(self, scenario):
        import roadrunner

        self.runner = roadrunner.RoadRunner(sbml.export(scenario))
        self.runner.timeCourseSelections = ["time", *SPECIES.values(), "vesicles_at_surface", "glucose_outside"]

    def solve(self, times, rtol):
        """As `ours`."""
        self.runner.resetToOrigin()
        self.runner.integrator.relative_tolerance = rtol
        self.runner.integrator.absolute_tolerance = 1e-6 * rtol
        self.runner.integrator.maximum_num_steps = 1_000_000
        return np.array(self.runner.simulate(times[0], times[-1], len(times)))[:, 1:]


def real_error(found, exact):
    """The largest relative error; what is left outside counts by what flows in between two records."""

    def compared(shares):
        return np.hstack([shares[1:, :-1], -np.diff(shares[:, -1:], axis=0)])

    there = compared(exact) > 0.0
    return float(np.abs(compared(found)[there] / compared(exact)[there] - 1.0).max())


def loosest(solve, exact):
    """Tolerance of the ladder that keeps the real error small, and that error."""
    for rtol in LADDER:
        with contextlib.suppress(RuntimeError):  # CVODE gives up at some of them
            error = real_error(solve(rtol), exact)
            if error <= ALLOWED:
                return float(rtol), error
    raise ArithmeticError(f"no tolerance gives an error below {ALLOWED:g}")


def beside(name):
    """Milliseconds of both on a scenario, and how many times faster ours is, round by round."""
    scenario = Scenario.load(name)
    times = record_times(scenario)
    exact = ours(scenario, times, 1e-10)
    runner = RoadRunner(scenario)
    (our_rtol, our_error), (their_rtol, their_error) = (
        loosest(solve, exact)
        for solve in (lambda rtol: ours(scenario, times, rtol), lambda rtol: runner.solve(times, rtol))
    )
    works = [lambda: mean_field.solve(scenario, times, rtol=our_rtol), lambda: runner.solve(times, their_rtol)]
    if name == WHOLE:
        works.append(lambda: run(scenario, mean_field=True).dataset)
    seconds = in_turn(*works)
    found = {
        "records": len(times),
        "ours": {"ms": spread(1e3 * seconds[:, 0]), "rtol": our_rtol, "error": our_error},
        "libroadrunner": {"ms": spread(1e3 * seconds[:, 1]), "rtol": their_rtol, "error": their_error},
        "times_faster": spread(seconds[:, 1] / seconds[:, 0]),
    }
    if name == WHOLE:
        found["run"] = {"ms": spread(1e3 * seconds[:, 2]), "times_faster": spread(seconds[:, 1] / seconds[:, 2])}
    return found


def process(*arguments):
    """Processor and wall seconds of a command of the program, from the shell and back to it."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "glut4sim", *arguments, "-q", "--out", f"{folder}/out"]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cpu, time.perf_counter() - began


def processes():
    """Seconds of whole processes in turn, and how many times the first each takes, round by round."""
    for name in PROCESSES:
        process("run", name, "--mean-field")
    rounds = range(PROCESS_ROUNDS)
    seconds = np.array([[process("run", name, "--mean-field") for name in PROCESSES] for _ in rounds])
    return {
        name: {
            "cpu_s": spread(seconds[:, i, 0]),
            "wall_s": spread(seconds[:, i, 1]),
            "times_first": spread(seconds[:, i, 0] / seconds[:, 0, 0]),
        }
        for i, name in enumerate(PROCESSES)
    }


def sensitivity():
    """Seconds of `glut4sim sensitivity insulin-pulse` at its defaults, from the shell and back to it."""
    seconds = np.array([process("sensitivity", "insulin-pulse") for _ in range(3)])
    return {"cpu_s": spread(seconds[:, 0]), "wall_s": spread(seconds[:, 1])}


def drawn(scenario, seed):
    """The scenario with all its factors drawn from their ranges; again where the preset forbids their combination."""
    factors, _ = find_factors(scenario)
    rng = np.random.default_rng(seed)
    while True:
        found = changed(scenario, factors, [float(f.at(share)) for f, share in zip(factors, rng.random(len(factors)))])
        with contextlib.suppress(InputError):
            _ = found.preset
            return found


def fine_numbers(scenario):
    """As `numbers`, with the bins that a run has."""
    times, insulin = record_times(scenario), scenario.bath.insulin
    series = observables.measure(mean_field.solve(scenario, times), None, observables.mean_scale(scenario))
    return summary.one_replicate(times, {n: series[n] for n in summary.NEEDED}, (insulin.times, insulin.values))


def solve_sets(seeds, is_fine):
    """Processor seconds of each set from drawing it to its numbers, and the seeds of those that fail."""
    scenario, ask = Scenario.load("insulin-pulse"), fine_numbers if is_fine else numbers
    ask(scenario)
    seconds, failed = [], []
    for seed in seeds:
        began = time.process_time()
        try:
            found = ask(drawn(scenario, [1, seed]))
            level = found["surface_glut4_stimulated_percent"]
            fine = level is not None and np.isfinite(level)
        except ArithmeticError:
            fine = False
        seconds.append(time.process_time() - began)
        if not fine:
            failed.append(seed)
    return seconds, failed


def random_sets(count, is_fine):
    """Seconds that so many sets of insulin-pulse's parameters, drawn from their ranges, take on two processes."""
    size = min(BATCH, -(-count // WORKERS))
    batches = [range(first, min(first + size, count)) for first in range(0, count, size)]
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(solve_sets, [range(1)] * WORKERS, [is_fine] * WORKERS))  # they start and import
        began = time.perf_counter()
        found = list(pool.map(solve_sets, batches, [is_fine] * len(batches)))
        wall = time.perf_counter() - began
    seconds = np.concatenate([each for each, _ in found])
    return {
        "sets": count,
        "failed": [seed for _, failed in found for seed in failed],
        "ms": spread(1e3 * seconds),
        "cpu_s_of_each_process": float(seconds.sum()) / WORKERS,
        "wall_s": wall,
    }


PARTS = {
    **{name: lambda _, name=name: beside(name) for name in SCENARIOS},
    "processes": lambda _: processes(),
    "sensitivity": lambda _: sensitivity(),
    "random_sets": lambda count: random_sets(count, is_fine=True),
    "random_sets_coarse": lambda count: random_sets(count, is_fine=False),
}


def table(found):
    """Lines of a Markdown table: what was asked for, and what was found."""
    rows = []
    for name in SCENARIOS:
        if part := found.get(name):
            ours, theirs, faster = part["ours"]["ms"][0], part["libroadrunner"]["ms"][0], part["times_faster"][0]
            least = 10 if name.startswith("insulin") else 8
            rows.append((f"{name}, solve", f"{least} x faster", f"{ours:.3g} ms, {theirs:.4g} ms: {faster:.3g} x"))
            if "run" in part:
                whole, faster = part["run"]["ms"][0], part["run"]["times_faster"][0]
                rows.append((f"{name}, whole run", "5 x faster than their solve", f"{whole:.3g} ms: {faster:.3g} x"))
    for name, part in found.get("processes", {}).items():
        most = {WHOLE: "", "men/trt": "2.5 x the first"}.get(name, "1.5 x the first")
        rows.append((f"{name}, process", most, f"{part['cpu_s'][0]:.3g} s: {part['times_first'][0]:.3g} x"))
    if part := found.get("sensitivity"):
        rows.append(
            ("sensitivity insulin-pulse", "30 s", f"{part['wall_s'][0]:.3g} s, {part['cpu_s'][0]:.3g} s of CPU")
        )
    for key, bins in (("random_sets", "all bins"), ("random_sets_coarse", "coarse bins")):
        if part := found.get(key):
            took = f"{part['wall_s']:.3g} s, {part['cpu_s_of_each_process']:.3g} s of CPU each"
            most = f"{120 * part['sets'] / 10_000:.3g} s, none failing"
            rows.append((f"{part['sets']} random sets, {bins}", most, f"{took}; {len(part['failed'])} failing"))
    return "".join(f"| {' | '.join(row)} |\n" for row in [("work", "asked", "found"), ("---",) * 3, *rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all by default")
    parser.add_argument("--sets", type=int, default=10_000)
    chosen = parser.parse_args()
    results = {}
    for part in chosen.parts or PARTS:
        results[part] = PARTS[part](chosen.sets)
        sys.stdout.write(json.dumps({part: results[part]}) + "\n")
        sys.stdout.flush()
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    sys.stdout.write(f"\n{table(results)}\nLoad of {os.cpu_count()} processors at the end: {load}.\n")
