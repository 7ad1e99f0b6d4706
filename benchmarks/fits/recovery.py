"""Do fits find what is true? Data are made of known values with noise, and fitted, again and again.

Of 90 % intervals, profile likelihoods here, 81 to 97 of 100 should hold the truth (the central 99.7 % of a binomial
distribution, but for its upper end), for each value that the data tell. The same with standard errors that are said to
be half of what they are must fail, or the test could not. A value that the data cannot tell, here how many GLUT4 a
vesicle holds where uptake is in arbitrary units, must be reported as such.

    python -m glut4sim.benchmarks.fits.recovery [--repeats 100]     writes docs/fit-recovery.md
"""

import argparse
import copy
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np

from glut4sim.sim.inputs.units import write
from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.reporting.numbers import NONE
from glut4sim.sim.studies.fit import least_squares, profile
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.problem import Problem, problem_from_table
from glut4sim.sim.studies.fit.simulation import simulate

DOCUMENT = Path(__file__).parents[2] / "docs" / "fit-recovery.md"
FEWEST, MOST = 0.81, 0.97  # shares of intervals that hold the truth
TRUTH = {
    "vesicle.endocytose": 0.15,
    "signalling.pten": 60.0,
    "vesicle.glut4_copies": 350_000.0,
}  # in the preset's units
TELLABLE, UNTELLABLE = ("vesicle.endocytose", "signalling.pten"), "vesicle.glut4_copies"
SEM = {"surface": 0.4, "uptake": 2.0}  # percent; arbitrary unit, in which the response is about 100
MINUTES = (0, 2, 4, 6, 9, 12, 15, 17, 20, 24)
PROBLEM = {
    "title": "Recovery of known values",
    "cell": {"preset": "adipocyte"},
    "run": {"step": "0.5 s", "record_every": "15 s", "duration": "26 min"},
    "free": {
        "vesicle.endocytose": {"range": ["0.1 1/min", "0.25 1/min"]},
        "signalling.pten": {"range": ["30 1/min", "120 1/min"]},
        "vesicle.glut4_copies": {},
    },
    "experiments": {
        "pulse": {
            "title": "100 nM insulin for 15 min",
            "bath": {"insulin": [["0 min", "0 nM"], ["1 min", "100 nM"], ["16 min", "0 nM"]]},
        }
    },
    "data": {
        "surface": {"experiment": "pulse", "observable": "surface_glut4_percent"},
        "uptake": {
            "experiment": "pulse",
            "observable": "tracer_transport",
            "unit": "a.u.",
            "scale": "free",
            "offset": "free",
        },
    },
}


class Recovered(NamedTuple):
    """What repeats found, by name of the value.

    Attributes
    ----------
    held : how many intervals hold the truth; one with an open end may
    told : how many profiles said that the value is identifiable
    """

    repeats: int
    held: dict[str, int]
    told: dict[str, int]


def made(values: dict[str, np.ndarray], told: float = 1.0) -> Problem:
    """The problem with data of these values, by name, and SEMs that are said to be `told` of what they are."""
    content = copy.deepcopy(PROBLEM)
    for name, y in values.items():
        points = [[f"{minute} min", float(v), told * SEM[name]] for minute, v in zip(MINUTES, y, strict=True)]
        content["data"][name]["points"] = points
    return problem_from_table(content, "recovery")


def truth(problem: Problem) -> np.ndarray:
    """Inner values of TRUTH."""
    return np.array([free.inner(TRUTH[free.name]) for free in problem.free])


def exact() -> dict[str, np.ndarray]:
    """Data without noise; uptake rises by 100."""
    flat = made({name: np.zeros(len(MINUTES)) for name in SEM})
    values = simulate(flat, truth(flat))
    rise = values["uptake"] - values["uptake"][0]
    return values | {"uptake": 100.0 * rise / rise.max()}


def recover(repeats: int, told: float, progress: Callable[[Recovered], None] = lambda _: None) -> Recovered:
    """Fit data with noise, so many times.

    Parameters
    ----------
    told : SEMs are said to be this share of what they are
    progress : called with what was found so far
    """
    without, go = exact(), threading.Event()
    held, identifiable = dict.fromkeys(TRUTH, 0), dict.fromkeys(TRUTH, 0)
    for repeat in range(repeats):
        rng = np.random.default_rng([repeat, 1])
        problem = made({name: y + rng.normal(0.0, SEM[name], len(y)) for name, y in without.items()}, told)
        objective = Objective(problem)
        best = least_squares.minimise(objective, objective.guess)
        assert best is not None, "the guess is a cell"
        spread = least_squares.covariance(objective, best.inner)
        for i, (free, true) in enumerate(zip(problem.free, truth(problem), strict=True)):
            ends = [profile.trace(problem, best, spread, i, side, go) for side in (profile.LOWER, profile.UPPER)]
            low, high = (None if side is None else side.end for side in ends)
            held[free.name] += bool((low is None or low <= true) and (high is None or true <= high))
            identifiable[free.name] += low is not None and high is not None
        progress(Recovered(repeat + 1, held, identifiable))
    return Recovered(repeats, held, identifiable)


def is_calibrated(found: Recovered) -> bool:
    """Whether the intervals of all values that can be told are as wide as they should be."""
    return all(FEWEST * found.repeats <= found.held[name] <= MOST * found.repeats for name in TELLABLE)


def report(right: Recovered, wrong: Recovered, seconds: float) -> str:
    """The report in Markdown."""
    free = made(dict.fromkeys(SEM, np.zeros(len(MINUTES)))).free
    rows = [
        (
            one.name,
            write(TRUTH[one.name], one.factor.unit),
            *(found.held[one.name] if one.name in TELLABLE else NONE for found in (right, wrong)),
            right.told[one.name],
        )
        for one in free
    ]
    n, head = right.repeats, ("Value", "Truth", "Held the truth", "SEMs halved", "Identifiable")
    good = "they do" if is_calibrated(right) else "they do not"
    bad = "it passes, so it tells nothing" if is_calibrated(wrong) else "it does"
    return f"""# Do fits find what is true?

{datetime.now(UTC):%d %B %Y}. Data made of known values with noise, {n} times: 100 nM insulin for 15 min, surface GLUT4
in percent (SEM {SEM["surface"]:g}) and uptake in an arbitrary unit (SEM {SEM["uptake"]:g} of a rise of 100; scale and
offset free). Each time all three values are fitted, from those of the preset, and profiled: how many of the {n}
intervals of 90 % hold the truth, and how many profiles call the value identifiable.

{table(head, rows, "ll")}

{round(FEWEST * n)} to {round(MOST * n)} should hold it: **{good}**. With standard errors said to be half of what they
are the same must fail: **{bad}**. How many GLUT4 a vesicle holds cannot be told from percent and from an arbitrary
unit: {right.told[UNTELLABLE]} of {n} profiles take it for identifiable.

Made by `python -m glut4sim.benchmarks.fits.recovery` in {seconds:.0f} s of processor time.
"""


def main() -> None:
    """Write the report; exit status 1 if it is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=100)
    repeats = parser.parse_args().repeats
    began = process_time()
    right, wrong = (
        recover(repeats, told, lambda found, told=told: _say(f"\rSEM x {told:g}: {found.repeats}, {found.held} held "))
        for told in (1.0, 0.5)
    )
    _say("\n")
    DOCUMENT.write_text(report(right, wrong, process_time() - began), "utf-8")
    raise SystemExit(0 if is_calibrated(right) and not is_calibrated(wrong) and not right.told[UNTELLABLE] else 1)


def _say(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
