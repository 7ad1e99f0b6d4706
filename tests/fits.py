"""What tests of fits share: a small problem, and one whose data follow a formula instead of a cell."""

import copy

import numpy as np

from glut4sim.sim.studies.fit import objective as objective_module
from glut4sim.sim.studies.fit.problem import Problem, problem_from_table

MINUTES = (0, 1, 2, 4, 6, 8, 11, 15)
SEM = 0.8
TABLE = {
    "title": "A pulse",
    "cell": {"preset": "adipocyte"},
    "run": {"step": "0.5 s", "record_every": "15 s", "duration": "20 min"},
    "free": {"vesicle.endocytose": {}, "vesicle.fuse": {"range": ["5 1/min", "80 1/min"]}},
    "experiments": {
        "pulse": {"title": "A pulse", "bath": {"insulin": [["0 min", "0 nM"], ["1 min", "100 nM"], ["13 min", "0 nM"]]}}
    },
    "data": {
        "surface": {
            "experiment": "pulse",
            "observable": "surface_glut4_percent",
            "points": [[f"{minute} min", 10.0, SEM] for minute in MINUTES],
        }
    },
}


def table(**changes) -> dict:
    """TABLE with other values at dotted paths, whose dots are written __: data__surface__scale="free"."""
    changed = copy.deepcopy(TABLE)
    for path, value in changes.items():
        *tables, key = path.split("__")
        at = changed
        for name in tables:
            at = at.setdefault(name, {})
        at[key] = value
    return changed


def problem(**changes) -> Problem:
    """The problem of `table`."""
    return problem_from_table(table(**changes))


def with_values(content: dict, **values) -> Problem:
    """The problem of a table whose points have these values, by name of the data."""
    content = copy.deepcopy(content)
    for name, y in values.items():
        for row, value in zip(content["data"][name]["points"], y, strict=True):
            row[1] = float(value)
    return problem_from_table(content)


def replace_cell(monkeypatch, formula) -> None:
    """Let formulas of the inner values stand for the cell: name of the data -> values before their scale."""

    def simulate(problem, inner, data=None):
        found = formula(np.asarray(inner, float))
        return {
            entry.name: np.asarray(found[entry.name], float) for entry in problem.data if data is None or entry in data
        }

    monkeypatch.setattr(objective_module, "simulate", simulate)
