"""What pairing saves over the course of a run.

Two copies of a cell begin alike and then drift apart, so what pairing saves (paired_effects.py) depends on when it is
asked. It is told of surface GLUT4: at every record, and of the means over the whole run and over its last minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glut4sim.sim.analysis.paired_effects import variance_saved
from glut4sim.sim.analysis.summary import MINUTE, mean_between
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.studies.comparison.condition import Condition

OBSERVABLE = "surface_glut4"
STORE = "pairing.zarr"
FEWEST = 2  # pairs


@dataclass(frozen=True)
class Saved:
    """How many times less the difference between a condition and the reference varies than between strangers.

    Attributes
    ----------
    time, course
        (K,) records that both have [s], and what is saved at each; NaN where nothing varies, as at the start
    whole_run, last_minute
        of the means over them; None where nothing varies
    pairs : how many it is from
    """

    time: np.ndarray
    course: np.ndarray
    whole_run: float | None
    last_minute: float | None
    pairs: int

    @property
    def error(self) -> float:
        """Relative standard error of each number, about: that of a ratio of variances of normal numbers."""
        return float(np.sqrt(3.0 / (self.pairs - 1)))


def saved(reference: Condition, condition: Condition) -> Saved | None:
    """What pairing saves between two conditions; None if fewer than two pairs came to the end."""
    ours, theirs = (each.result.dataset[OBSERVABLE] for each in (reference, condition))
    time, here, there = np.intersect1d(np.round(ours["time"], 6), np.round(theirs["time"], 6), return_indices=True)
    a, b = ours.values[:, here], theirs.values[:, there]
    whole = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    if whole.sum() < FEWEST:
        return None
    a, b = a[whole], b[whole]
    last = max(time[0], time[-1] - MINUTE), time[-1]
    means = (_of_means(time, a, b, *window) for window in ((time[0], time[-1]), last))
    return Saved(time, variance_saved(a, b), *means, pairs=len(a))


def _of_means(time: np.ndarray, a: np.ndarray, b: np.ndarray, start: float, end: float) -> float | None:
    means = (np.array([mean_between(time, row, start, end) for row in rows]) for rows in (a, b))
    found = float(variance_saved(*means))
    return found if np.isfinite(found) else None


def pairing(done: Sequence[Condition]) -> dict[str, Saved]:
    """What pairing saves between the first condition and each other, by name; those of too few pairs are left out."""
    found = {condition.name: saved(done[0], condition) for condition in done[1:]}
    return {name: each for name, each in found.items() if each is not None}


def content(found: Mapping[str, Saved]) -> dict:
    """What compare.json says of it."""
    told = {name: {"whole_run": each.whole_run, "last_minute": each.last_minute} for name, each in found.items()}
    return {"observable": OBSERVABLE, "saved": told}


def write(found: Mapping[str, Saved], out: Place) -> None:
    """Write the courses of all conditions over all records, in place of any."""
    import xarray as xr

    if not found:
        return
    time = np.unique(np.concatenate([each.time for each in found.values()]))
    courses = np.full((len(found), len(time)), np.nan)
    for row, each in zip(courses, found.values()):
        row[np.searchsorted(time, each.time)] = each.course
    about = "surface GLUT4 saved by pairing with the reference"
    course = {"units": "1", "long_name": f"Variance of {about}"}
    variables: dict[str, tuple] = {"variance_saved": (("condition", "time"), courses, course)}
    for name in ("whole_run", "last_minute"):
        values = np.array([getattr(each, name) for each in found.values()], float)
        mean = {"units": "1", "long_name": f"Variance of the mean over the {name.replace('_', ' ')} of {about}"}
        variables[name] = (("condition",), values, mean)
    coordinates = {
        "condition": ("condition", np.array(list(found), np.dtypes.StringDType())),
        "time": ("time", time, {"units": "s", "long_name": "Time"}),
    }
    write_dataset(xr.Dataset(variables, coordinates), out / STORE)
