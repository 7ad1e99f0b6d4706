"""Whether parameters make a cell at all: what is asked of those that are drawn where nobody knows them.

Values drawn from plausible ranges, each by itself, often are no cell that answers to insulin: it takes all of a chain
of steps. So they are kept only where the cell, without hormones, does what every insulin-responsive cell that was
measured does. It is brought to rest without insulin and then put into INSULIN for DURATION, as in experiments that ask
what insulin can do at most. Asked is

answers     its uptake of glucose rises at least ANSWER-fold. Human adipocytes raise it 2.24-fold (Brännmark et al.,
            J Biol Chem 288:9867, 2013), those of people with type 2 diabetes less; the presets' cells do so 6.6-fold
            (adipocyte), 6.9 (skeletal-muscle), 5.0 (skeletal-muscle-t2d), 1.9 (human-adipocyte) and 1.7
            (type-2-diabetes). The bound lies below all of them: assumed. Insulin is taken to reach T-tubules at once
rests       at rest at most SURFACE_AT_REST of the surface GLUT4 and AKT_AT_REST of the active Akt of the stimulated
            cell: carriers wait inside, and blots of unstimulated cells are nearly empty. Both bounds are assumed, and
            wide: the presets' cells have 10 to 38 % of the one and up to 6 % of the other
may be      the parameters may be combined (parameters.ASCENDING)
solvable    the mean field can be solved for it

Nothing here is a datum that a prediction could be checked by: bounds are far from what is measured, on purpose.
"""

from collections.abc import Mapping

import numpy as np

from glut4sim.agents import glucose, vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import signalling
from glut4sim.sim.model.integrator import Course
from glut4sim.sim.model.mean_field import systems
from glut4sim.sim.model.network import COLUMNS, as_records
from glut4sim.sim.model.parameters import ParameterSet, Preset

INSULIN, GLUCOSE = 100.0, 5.0  # nM, mM
DURATION = 1800.0  # s of insulin
ANSWER = 1.2  # fold of uptake, at least
SURFACE_AT_REST, AKT_AT_REST = 0.75, 0.5  # of the stimulated, at most

NO_ANSWER = f"its uptake of glucose rises less than {ANSWER:g}-fold with insulin"
NO_REST = "it does not rest without insulin"
COMBINED = "its values may not be combined"
UNSOLVED = "its mean field cannot be solved"
OBJECTIONS = (COMBINED, UNSOLVED, NO_ANSWER, NO_REST)

BINS = (12, 4)  # radial bins, as in sim/studies/expected.py
RTOL = 1e-5
_AKT = signalling.SPECIES.index("akt_active")


def objection(preset: Preset, values: Mapping[str, str]) -> str:
    """Why a preset with other values, {"vesicle.fuse": "2 1/min"}, each one that it may have, is no plausible cell.

    Returns
    -------
    str
        one of OBJECTIONS; empty if it is one
    """
    try:
        cell = preset.override(values)
    except InputError:
        return COMBINED
    return objection_to(cell.build())


def objection_to(parameters: ParameterSet) -> str:
    """Why parameters make no plausible cell: one of UNSOLVED, NO_ANSWER, NO_REST; empty if they make one."""
    try:
        surface, akt = response(parameters)
    except ArithmeticError:
        return UNSOLVED
    uptake = glucose.clearance(surface, GLUCOSE, parameters.glucose)
    if not uptake[1] >= ANSWER * uptake[0]:
        return NO_ANSWER
    if not (surface[0] <= SURFACE_AT_REST * surface[1] and akt[0] <= AKT_AT_REST * akt[1]):
        return NO_REST
    return ""


def response(parameters: ParameterSet) -> tuple[np.ndarray, np.ndarray]:
    """GLUT4 in the membrane [copies] and active Akt [fraction], each (2,): at rest, and after DURATION of insulin.

    ArithmeticError if it cannot be solved.
    """
    times = np.array([0.0, DURATION])
    surface, akt = np.zeros((2, len(times)))
    for membrane, system in systems(parameters, *BINS):
        y = system.rest(0.0, GLUCOSE)
        course = Course(times, np.array([INSULIN]), np.array([GLUCOSE]), as_records([system.parameters]))
        rows = system.follow(y, course, times, RTOL)
        fused = rows[:, COLUMNS["vesicles"]][:, list(vesicle.SURFACE)].sum(axis=1)
        surface += membrane.vesicles * (fused * parameters.vesicle.glut4_copies)
        akt += membrane.vesicles * rows[:, COLUMNS["signalling"]][:, _AKT]
    return surface, akt
