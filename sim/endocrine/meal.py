"""Glucose and insulin in the blood after meals: the model of Dalla Man, Rizza, Cobelli (2007).

Dalla Man, Rizza, Cobelli, IEEE Trans Biomed Eng 54:1740 (2007): carbohydrate leaves the stomach (first solid, then
liquid) and the gut, appears in the plasma, exchanges with tissue that takes it up under insulin, and drives the
secretion of insulin, of which the liver takes its share. Twelve states in the paper's units: minutes, mg and pmol per
kg of body weight, mg/dL, pM. Fitted there to means of people after a mixed meal, and not meant for much larger ones.
The equations are as encoded in BioModels BIOMD0000000379, with the paper's renal excretion; production, secretion and
extraction cannot be negative.

The stomach empties more slowly when it is between full and empty. What is full is set by each meal anew: what it finds
there and what it adds (for the first meal, as in the paper; assumed for the next).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil, tanh
from typing import NamedTuple

import numpy as np

from glut4sim.sim.endocrine.spans import DAY
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.units import SUBSTANCES

MG_PER_DL = SUBSTANCES["glucose"].molar_mass / 10.0  # of 1 mM of glucose
TOLERANCE = 1e-8
HELD = 120.0  # s for which the bath after a meal is held
AT_ONCE = 1e-6  # min in which nothing happens; the solver cannot step through less


class Meal(NamedTuple):
    """Carbohydrate eaten at once."""

    time: float  # [s]
    carbohydrate: float  # [g]


class MealState(NamedTuple):
    """What the model keeps account of."""

    glucose_plasma: float  # mg/kg
    glucose_tissue: float  # mg/kg, in rapid exchange with the plasma
    insulin_liver: float  # pmol/kg
    insulin_plasma: float  # pmol/kg
    stomach_solid: float  # mg of carbohydrate
    stomach_liquid: float  # mg
    gut: float  # mg
    insulin_delayed: float  # pM, on its way to act on the liver
    insulin_at_liver: float  # pM, that acts there
    insulin_action: float  # pM above basal, that acts on uptake
    insulin_portal: float  # pmol/kg
    secretion_static: float  # pmol/kg/min, the part that follows glucose with a delay


class Subject(NamedTuple):
    """Parameters of a person, with the paper's symbols."""

    body_weight: float  # BW [kg]
    glucose_volume: float  # V_G [dL/kg]
    k1: float  # plasma to tissue [1/min]
    k2: float  # and back [1/min]
    insulin_volume: float  # V_I [L/kg]
    m1: float  # liver to plasma [1/min]
    m2: float  # plasma to liver [1/min]
    m4: float  # loss from plasma [1/min]
    m5: float  # fall of hepatic extraction with secretion [kg min/pmol]
    m6: float  # hepatic extraction without secretion
    emptying_max: float  # k_max, of the stomach [1/min]
    emptying_min: float  # k_min [1/min]
    absorption: float  # k_abs, of the gut [1/min]
    grinding: float  # k_gri [1/min]
    appearing: float  # f, share of what is absorbed that reaches the plasma
    b: float  # share of the meal in the stomach at which emptying has half slowed down
    d: float  # and at which it has half recovered
    kp1: float  # endogenous production without glucose and insulin [mg/kg/min]
    kp2: float  # fall with plasma glucose [1/min]
    kp3: float  # with insulin at the liver [mg/kg/min per pM]
    kp4: float  # with portal insulin [mg/kg/min per pmol/kg]
    ki: float  # delay of insulin's action on the liver [1/min]
    constant_uptake: float  # F_cns, of brain and blood cells [mg/kg/min]
    vm0: float  # largest uptake without insulin above basal [mg/kg/min]
    vmx: float  # its rise with insulin's action [mg/kg/min per pM]
    km0: float  # glucose in tissue at half of the largest uptake [mg/kg]
    p2u: float  # delay of insulin's action on uptake [1/min]
    secretion_slope: float  # K, with the rise of glucose [pmol/kg per mg/dL]
    alpha: float  # delay of static secretion [1/min]
    beta: float  # static secretion per glucose above basal [pmol/kg/min per mg/dL]
    gamma: float  # portal vein to liver [1/min]
    ke1: float  # renal excretion [1/min]
    ke2: float  # of plasma glucose above this [mg/kg]
    basal_glucose: float  # G_b [mg/dL]
    basal_insulin: float  # I_b [pM]
    basal_secretion: float  # S_b [pmol/kg/min]


# BioModels BIOMD0000000379; of uptake by muscle and fat it counts 0.8 (its parameter `part`).
NORMAL = Subject(
    body_weight=78.0,
    glucose_volume=1.88,
    k1=0.065,
    k2=0.079,
    insulin_volume=0.05,
    m1=0.190,
    m2=0.484,
    m4=0.194,
    m5=0.0304,
    m6=0.6471,
    emptying_max=0.0558,
    emptying_min=0.0080,
    absorption=0.057,
    grinding=0.0558,
    appearing=0.90,
    b=0.82,
    d=0.010,
    kp1=2.70,
    kp2=0.0021,
    kp3=0.009,
    kp4=0.0618,
    ki=0.0079,
    constant_uptake=1.0,
    vm0=0.8 * 2.50,
    vmx=0.8 * 0.047,
    km0=225.59,
    p2u=0.0331,
    secretion_slope=2.30,
    alpha=0.050,
    beta=0.11,
    gamma=0.5,
    ke1=0.0005,
    ke2=339.0,
    basal_glucose=95.0,
    basal_insulin=25.0,
    basal_secretion=1.8,
)

# The paper's type 2 diabetic subjects. The basal values are those at which its table of parameters is at rest when the
# liver extracts 0.60 of the insulin, as it says: S_b = (m6 - 0.60) / m5, and the others from the balance of glucose and
# of insulin. The body weight is assumed.
TYPE_2_DIABETES = Subject(
    body_weight=91.0,
    glucose_volume=1.49,
    k1=0.042,
    k2=0.071,
    insulin_volume=0.04,
    m1=0.379,
    m2=0.673,
    m4=0.269,
    m5=0.0526,
    m6=0.8118,
    emptying_max=0.0465,
    emptying_min=0.0076,
    absorption=0.023,
    grinding=0.0465,
    appearing=0.90,
    b=0.68,
    d=0.09,
    kp1=3.09,
    kp2=0.0007,
    kp3=0.005,
    kp4=0.0786,
    ki=0.0066,
    constant_uptake=1.0,
    vm0=4.65,
    vmx=0.034,
    km0=466.21,
    p2u=0.0840,
    secretion_slope=0.99,
    alpha=0.013,
    beta=0.05,
    gamma=0.5,
    ke1=0.0007,
    ke2=269.0,
    basal_glucose=159.23,
    basal_insulin=59.85,
    basal_secretion=4.0266,
)


def solve(
    meals: Sequence[Meal], times: np.ndarray, subject: Subject = NORMAL, start: MealState | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Plasma glucose and insulin.

    Parameters
    ----------
    meals : in any order, none before time 0
    times : (K,) ascending from 0 or later [s]
    subject : whose parameters
    start
        state at time 0; None: at rest, where the subject stays until the first meal

    Returns
    -------
    glucose, insulin : (K,) [mM], (K,) [nM]

    Raises
    ------
    InputError
        if so much is eaten that the model does not hold: its constant uptake would take glucose below 0
    """
    states = trajectory(meals, times, subject, start)
    glucose = states[:, MealState._fields.index("glucose_plasma")] / subject.glucose_volume
    insulin = states[:, MealState._fields.index("insulin_plasma")] / subject.insulin_volume
    if np.any(glucose <= 0.0):
        grams = sum(meal.carbohydrate for meal in meals)
        raise InputError(f"the model of meals does not hold for {grams:.0f} g of carbohydrate in all; give less.")
    return glucose / MG_PER_DL, np.maximum(insulin / 1e3, 0.0)  # rounding may take it below 0 when none is secreted


@lru_cache(maxsize=64)
def bath_after(meals: tuple[Meal, ...], until: float) -> tuple[Schedule[float], Schedule[float]]:
    """Glucose [mM] and insulin [nM] of the blood after meals, as a bath has them to a time [s]; InputError as `solve`.

    Whole days are solved, since the solver's steps depend on the end: a longer run has the same beginning.
    """
    starts = np.arange(0.0, DAY * ceil(until / DAY), HELD)
    courses = solve(meals, starts + HELD / 2.0)
    held = int(np.searchsorted(starts, until))
    glucose, insulin = (Schedule(tuple(starts[:held].tolist()), tuple(course[:held].tolist())) for course in courses)
    return glucose, insulin


def trajectory(
    meals: Sequence[Meal], times: np.ndarray, subject: Subject = NORMAL, start: MealState | None = None
) -> np.ndarray:
    """All states over time, (K, 12) in the order and the units of `MealState`; arguments as of `solve`."""
    minutes = np.asarray(times, float) / 60.0
    eaten = sorted(meal for meal in meals if meal.time / 60.0 <= minutes[-1])
    begins = [0.0, *(meal.time / 60.0 for meal in eaten)]
    ends = [*begins[1:], minutes[-1]]
    rows = [0, *np.searchsorted(minutes, begins[1:]), len(minutes)]
    state, full = np.array(at_rest(subject) if start is None else start), 0.0
    states = np.empty((len(minutes), len(state)))
    for i, (begin, end) in enumerate(zip(begins, ends)):
        if i > 0:
            state[_SOLID] += 1e3 * eaten[i - 1].carbohydrate
            full = state[_SOLID] + state[_LIQUID]
        asked = minutes[rows[i] : rows[i + 1]]
        course = _advance(subject, state, full, begin, np.union1d(asked, end))
        states[rows[i] : rows[i + 1]] = course[: len(asked)]
        state = course[-1].copy()
    return states


def at_rest(subject: Subject) -> MealState:
    """The state in which the subject stays without a meal."""
    p = subject
    return resting(
        p,
        lambda glucose_plasma, insulin, portal: _production(p, glucose_plasma, insulin, portal),
        lambda tissue, insulin: _uptake(p, tissue, insulin - p.basal_insulin),
    )


def resting(
    subject: Subject,
    production: Callable[[float, float, float], float],
    uptake: Callable[[float, float], float],
    bracket: tuple[float, float] = (0.7, 1.4),
) -> MealState:
    """The state in which a subject stays whose glucose is produced and taken up in some way.

    Parameters
    ----------
    production
        Endogenous production [mg/kg/min] by glucose in plasma [mg/kg], insulin in plasma [pM] and in the portal vein
        [pmol/kg].
    uptake
        [mg/kg/min] by glucose in tissue [mg/kg] and insulin in plasma [pM].
    bracket
        Between which multiples of the basal glucose it lies.

    ValueError if it does not lie there.
    """

    def balanced(glucose_plasma: float) -> tuple[MealState, float]:
        """The state in which all but glucose is at rest, and what is produced beyond what is used [mg/kg/min]."""
        p = subject
        glucose = glucose_plasma / p.glucose_volume
        static = p.beta * (glucose - p.basal_glucose)
        secretion = max(static + p.basal_secretion, 0.0)
        extraction = max(p.m6 - p.m5 * secretion, 0.0)
        plasma_per_liver = p.m1 / (p.m2 + p.m4)
        liver = secretion / (p.m1 * extraction / (1.0 - extraction) + p.m4 * plasma_per_liver)
        insulin = liver * plasma_per_liver / p.insulin_volume
        portal = secretion / p.gamma
        to_tissue = production(glucose_plasma, insulin, portal) - p.constant_uptake - excretion(p, glucose_plasma)
        tissue = (p.k1 * glucose_plasma - to_tissue) / p.k2
        state = MealState(
            glucose_plasma=glucose_plasma,
            glucose_tissue=tissue,
            insulin_liver=liver,
            insulin_plasma=insulin * p.insulin_volume,
            stomach_solid=0.0,
            stomach_liquid=0.0,
            gut=0.0,
            insulin_delayed=insulin,
            insulin_at_liver=insulin,
            insulin_action=insulin - p.basal_insulin,
            insulin_portal=portal,
            secretion_static=static,
        )
        return state, to_tissue - uptake(tissue, insulin)

    from scipy.optimize import brentq  # takes a while to import, and most runs need no meal

    basal = subject.basal_glucose * subject.glucose_volume
    low, high = (limit * basal for limit in bracket)
    return balanced(brentq(lambda glucose: balanced(glucose)[1], low, high, xtol=1e-10, rtol=1e-14))[0]


_SOLID, _LIQUID = MealState._fields.index("stomach_solid"), MealState._fields.index("stomach_liquid")


def _advance(subject: Subject, state: np.ndarray, full: float, begin: float, minutes: np.ndarray) -> np.ndarray:
    """States at some times [min], of which the first may be `begin`, without a meal: (k, 12)."""
    if minutes[-1] - begin < AT_ONCE:
        return np.tile(state, (len(minutes), 1))
    from scipy.integrate import solve_ivp

    span, arguments = (begin, minutes[-1]), (subject, full)
    return solve_ivp(_derivatives, span, state, "LSODA", minutes, args=arguments, rtol=TOLERANCE, atol=TOLERANCE).y.T


def _derivatives(_: float, state: np.ndarray, p: Subject, full: float) -> MealState:
    """Rates of change of a state [1/min]; `full` is what was in the stomach after the last meal [mg]."""
    s = MealState(*state.tolist())
    production = _production(p, s.glucose_plasma, s.insulin_at_liver, s.insulin_portal)
    return rates(s, p, full, production, _uptake(p, s.glucose_tissue, s.insulin_action))


def rates(s: MealState, p: Subject, full: float, entering: float, uptake: float) -> MealState:
    """How fast a state changes, whatever decides on production and uptake.

    Parameters
    ----------
    s : MealState
    p : Subject
    full
        What was in the stomach after the last meal [mg].
    entering
        Glucose that enters the plasma, but for that of the gut [mg/kg/min].
    uptake
        From the tissue [mg/kg/min].

    Returns
    -------
    rates : MealState
        Per minute.
    """
    insulin = s.insulin_plasma / p.insulin_volume
    secretion = p.gamma * s.insulin_portal
    extraction = max(p.m6 - p.m5 * secretion, 0.0)
    emptying = _emptying(p, s.stomach_solid + s.stomach_liquid, full) * s.stomach_liquid
    glucose_rise = (
        entering
        + p.appearing * p.absorption * s.gut / p.body_weight
        - p.constant_uptake
        - excretion(p, s.glucose_plasma)
        - p.k1 * s.glucose_plasma
        + p.k2 * s.glucose_tissue
    )
    dynamic = p.secretion_slope * glucose_rise / p.glucose_volume
    above_basal = s.glucose_plasma / p.glucose_volume - p.basal_glucose
    return MealState(
        glucose_plasma=glucose_rise,
        glucose_tissue=p.k1 * s.glucose_plasma - p.k2 * s.glucose_tissue - uptake,
        insulin_liver=secretion + p.m2 * s.insulin_plasma - p.m1 * s.insulin_liver / (1.0 - extraction),
        insulin_plasma=p.m1 * s.insulin_liver - (p.m2 + p.m4) * s.insulin_plasma,
        stomach_solid=-p.grinding * s.stomach_solid,
        stomach_liquid=p.grinding * s.stomach_solid - emptying,
        gut=emptying - p.absorption * s.gut,
        insulin_delayed=p.ki * (insulin - s.insulin_delayed),
        insulin_at_liver=p.ki * (s.insulin_delayed - s.insulin_at_liver),
        insulin_action=p.p2u * (insulin - p.basal_insulin - s.insulin_action),
        insulin_portal=max(s.secretion_static + dynamic + p.basal_secretion, 0.0) - secretion,
        secretion_static=p.alpha * (p.beta * above_basal - s.secretion_static),
    )


def _emptying(p: Subject, stomach: float, full: float) -> float:
    """Rate at which the stomach empties [1/min]."""
    if full <= 0.0:
        return p.emptying_max
    slowing = tanh(2.5 / (1.0 - p.b) * (stomach / full - p.b)) - tanh(2.5 / p.d * (stomach / full - p.d))
    return p.emptying_min + 0.5 * (p.emptying_max - p.emptying_min) * (slowing + 2.0)


def _production(p: Subject, glucose_plasma: float, insulin_at_liver: float, insulin_portal: float) -> float:
    """Endogenous production of glucose [mg/kg/min]."""
    return max(p.kp1 - p.kp2 * glucose_plasma - p.kp3 * insulin_at_liver - p.kp4 * insulin_portal, 0.0)


def excretion(p: Subject, glucose_plasma: float) -> float:
    """Renal excretion of glucose [mg/kg/min]."""
    return p.ke1 * max(glucose_plasma - p.ke2, 0.0)


def _uptake(p: Subject, glucose_tissue: float, insulin_action: float) -> float:
    """Uptake of glucose under insulin [mg/kg/min]."""
    return (p.vm0 + p.vmx * insulin_action) * glucose_tissue / (p.km0 + glucose_tissue)
