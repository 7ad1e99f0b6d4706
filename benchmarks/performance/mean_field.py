"""The mean field beside libRoadRunner on the same equations, exported as SBML, at equal real errors.

`python -m glut4sim.benchmarks.performance.mean_field [PART ...]` prints a JSON object for each part. The real error is
the largest relative error of surface GLUT4, Akt, PIP3, Rab10 and glucose taken up between records, at any record,
against our own solution at a tolerance of 1e-10. Each program gets the loosest tolerance of the ladder that keeps it
below 1e-6. Our time includes the state of rest, which theirs is given.
"""

import contextlib
import json
import math
import sys
import time
import warnings

import numpy as np

from glut4sim.agents import glucose, vesicle
from glut4sim.benchmarks.performance.limits import in_turn, spread
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field, sbml, signalling
from glut4sim.sim.scenario.scenario import Scenario

ALLOWED = 1e-6
LADDER = np.geomspace(1e-4, 1e-10, 31)
SCENARIOS = ("insulin-challenge", "insulin-pulse", "meal", "growth-hormone/acute")
SPECIES = ("akt_active", "pip3", "rab10_active")
DRAWS = 200


def record_times(scenario):
    """When a run of the scenario is recorded [s]."""
    return np.arange(round(scenario.run.duration / scenario.run.record_every) + 1) * scenario.run.record_every


def ours(scenario, times, rtol):
    """Shares of what is compared, (K, quantities)."""
    trace = mean_field.solve(scenario, times, rtol=rtol)
    found = [trace.signalling[:, signalling.SPECIES.index(name)] for name in SPECIES]
    found.append(trace.vesicles[:, vesicle.State.FUSED] / scenario.cell.vesicles)
    return np.stack([*found, trace.glucose[:, glucose.State.OUTSIDE] / scenario.cell.glucose_agents], axis=1)


class RoadRunner:
    """libRoadRunner with a scenario's mean field."""

    def __init__(self, scenario):
        import roadrunner

        self.runner = roadrunner.RoadRunner(sbml.export(scenario))
        self.runner.timeCourseSelections = ["time", *SPECIES, "vesicle_fused", "glucose_outside"]

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
    seconds = in_turn(lambda: mean_field.solve(scenario, times, rtol=our_rtol), lambda: runner.solve(times, their_rtol))
    return {
        "records": len(times),
        "ours": {"ms": spread(1e3 * seconds[:, 0]), "rtol": our_rtol, "error": our_error},
        "libroadrunner": {"ms": spread(1e3 * seconds[:, 1]), "rtol": their_rtol, "error": their_error},
        "times_faster": spread(seconds[:, 1] / seconds[:, 0]),
    }


def random_sets():
    """Milliseconds of insulin-pulse with every parameter drawn from its plausible range, and how many sets fail."""
    scenario = Scenario.load("insulin-pulse")
    times, rng = record_times(scenario), np.random.default_rng(1)
    mean_field.solve(scenario, times)
    seconds, failed = [], 0
    while len(seconds) + failed < DRAWS:
        values = {}
        for name, p in scenario.preset.parameters.items():
            low, high = (math.log(end) if p.low > 0.0 else end for end in (p.low, p.high))
            drawn = float(rng.uniform(low, high))
            values[name] = f"{math.exp(drawn) if p.low > 0.0 else drawn!r} {p.unit}"
        try:
            drawn = scenario.model_copy(update={"parameters": values})
            drawn.parameter_schedule  # noqa: B018 - built at the first look
        except InputError:  # such as a basal level above the stimulated one
            continue
        began = time.process_time()
        try:
            trace = mean_field.solve(drawn, times)
            seconds.append(time.process_time() - began)
            assert all(np.isfinite(column).all() for column in trace)
        except ArithmeticError as error:
            failed += 1
            warnings.warn(str(error), stacklevel=1)
    return {"sets": DRAWS, "failed": failed, "ms": spread(1e3 * np.array(seconds))}


PARTS = {**{name: lambda name=name: beside(name) for name in SCENARIOS}, "random_sets": random_sets}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        sys.stdout.write(json.dumps({part: PARTS[part]()}) + "\n")
