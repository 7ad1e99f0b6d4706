"""What a course of doses does to the concentration of a drug: one compartment, in closed form.

    d depot/dt   = input - absorption * depot
    d central/dt = absorption * depot - elimination * central
    concentration = scale * central

With a dose D in the depot at t = 0 this is Bateman's function, central = D ka (exp(-ke t) - exp(-ka t)) / (ka - ke).
Given into a vein there is no depot: central = D exp(-ke t), and a constant infusion over T leaves
D/T (1 - exp(-ke T)) / ke at its end. The system is linear: doses superpose, and repeated every `tau` they accumulate
by 1 / (1 - exp(-ke tau)) (Gibaldi & Perrier, Pharmacokinetics, 2nd ed., Marcel Dekker, 1982, ch. 1 and 3).

Where one rate is that of a slow release from oil or skin, the half-lives change places ("flip-flop"): the curve is the
same, with an apparent volume.

The state is carried from one kink of the course to the next, so that a year of doses costs as much as its kinks. All
terms of the closed form are sums of products of numbers that are not negative: no concentration is ever below 0.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from glut4sim.agents.compiling import njit
from glut4sim.sim.inputs.errors import InputError, describe

MAX_DOSES = 100_000
INSTANT = 1e-3  # s; what is given in less is given at once


class Kinetics(NamedTuple):
    """How a drug comes and goes."""

    absorption_rate: float  # 1/s; infinite: into a vein
    elimination_rate: float  # 1/s
    scale: float  # concentration, in the drug's unit, per unit of dose in the central compartment


class Dose(NamedTuple):
    """An amount given at a time."""

    time: float  # s
    amount: float  # mg, or whatever the drug is dosed in
    duration: float = 0.0  # s; 0: at once


class DrugCourse(NamedTuple):
    """State at each kink of a course of doses, just after it; the input is constant until the next."""

    times: np.ndarray  # (B,) ascending [s]
    depot: np.ndarray  # (B,) amount still to be absorbed
    central: np.ndarray  # (B,) amount in the body
    input_rate: np.ndarray  # (B,) amount per s


def regimen(
    dose: float, start: float, every: float | None = None, stop: float = math.inf, duration: float = 0.0
) -> tuple[Dose, ...]:
    """Equal doses at start, start + every, ... before `stop`; without `every`, one.

    A dose that has begun is given to its end.

    Parameters
    ----------
    dose : amount of each
    start, every, stop
        [s]
    duration
        over which each is given [s]; 0: at once

    Raises
    ------
    InputError
        if a number is negative or not finite, or there would be more than MAX_DOSES
    """
    for name, number in (("dose", dose), ("start", start), ("over", duration)):
        if not 0.0 <= number < math.inf:
            raise InputError(f"expected a finite number of at least 0, got {describe(number)}.", name)
    if every is None:
        return (Dose(start, dose, duration),) if start < stop else ()
    if not 0.0 < every < math.inf:
        raise InputError(f"expected a time above 0 s, got {describe(every)}.", "every")
    count = (stop - start) / every
    if not count <= MAX_DOSES:
        raise InputError(f"expected at most {MAX_DOSES} doses, got one every {every:g} s; give fewer.", "every")
    return tuple(Dose(start + i * every, dose, duration) for i in range(math.ceil(count - 1e-9)))


def breakpoints(doses: Sequence[Dose]) -> np.ndarray:
    """Times [s] at which the course has a jump or a kink, ascending, (B,): a dose, start and end of an infusion."""
    starts = {dose.time for dose in doses}
    return np.array(sorted(starts | {dose.time + dose.duration for dose in doses}), dtype=float)


def course(kinetics: Kinetics, doses: Sequence[Dose]) -> DrugCourse:
    """State at each breakpoint of the doses, in any order, which may overlap; nothing was there before the first."""
    times = breakpoints(doses)
    at_once, input_rate = np.zeros(len(times)), np.zeros(len(times))
    for dose in doses:
        first, end = np.searchsorted(times, (dose.time, dose.time + dose.duration))
        if times[end] - times[first] < INSTANT:
            at_once[first] += dose.amount
        else:
            # over the interval as rounded, so that the amount is right
            input_rate[first:end] += dose.amount / (times[end] - times[first])
    depot, central = _propagate(times, at_once, input_rate, kinetics.absorption_rate, kinetics.elimination_rate)
    return DrugCourse(times, depot, central, input_rate)


def concentration(kinetics: Kinetics, doses: Sequence[Dose], times: np.ndarray) -> np.ndarray:
    """Concentration in the drug's unit at times [s], (K,) -> (K,); at the time of a dose, just after it."""
    times = np.asarray(times, dtype=float)
    known = course(kinetics, doses)
    last = np.searchsorted(known.times, times, side="right") - 1
    return _concentration(kinetics, known, last, times)


def since(kinetics: Kinetics, known: DrugCourse, last: int, times: np.ndarray) -> np.ndarray:
    """Concentration at times (K,) after the breakpoint number `last`, as it would be without those that follow."""
    return _concentration(kinetics, known, np.full(len(times), last), times)


def _concentration(kinetics, known, last, times):
    return kinetics.scale * _evaluate(known, last, times, kinetics.absorption_rate, kinetics.elimination_rate)


@njit(cache=True, nogil=True)
def evolve(depot, central, input_rate, ka, ke, dt):
    """State after dt [s] of constant input, exactly; dt >= 0, all else >= 0, and so is the result.

    The input goes into the depot; where ka is infinite, depot and input are in the central compartment at once. The
    quotients of the textbook are divided differences of exp(-x) here, which also hold where ka and ke are equal or
    nearly, or dt is short.

    Parameters
    ----------
    depot, central : amounts
    input_rate : amount per s
    ka, ke : rates of absorption and elimination [1/s]

    Returns
    -------
    depot, central
    """
    y = ke * dt
    if math.isinf(ka):
        return 0.0, (depot + central) * math.exp(-y) + input_rate * dt * _mean_decay(y)
    x = ka * dt
    low, high = min(x, y), max(x, y)
    difference = math.exp(-low) * _mean_decay(high - low)  # (exp(-y) - exp(-x)) / (x - y)
    # (mean_decay(y) - mean_decay(x)) / (x - y): what the input since the start has become
    second = (_mean_decay(low) - difference) / high if high >= 1.0 else _second_difference(low, high)
    return (
        depot * math.exp(-x) + input_rate * dt * _mean_decay(x),
        central * math.exp(-y) + depot * x * difference + input_rate * dt * x * second,
    )


@njit(cache=True, nogil=True)
def _mean_decay(x):
    """(1 - exp(-x)) / x: the mean of exp(-s) over 0 .. x."""
    return -math.expm1(-x) / x if x > 0.0 else 1.0


@njit(cache=True, nogil=True)
def _second_difference(x, y):
    """Divided difference of exp at 0, -x, -y, by its series: sum over n of (-1)^n h_n(x, y) / (n + 2)!, x, y <= 1.

    The quotient would lose its digits here. h_n is the sum of all products of n factors x or y.
    """
    total, homogeneous, power, factor = 0.5, 1.0, 1.0, 0.5
    for n in range(1, 20):
        power *= y
        homogeneous = x * homogeneous + power
        factor /= -(n + 2)
        total += factor * homogeneous
    return total


@njit(cache=True, nogil=True)
def _propagate(times, at_once, input_rate, ka, ke):
    """Depot and central (B,) just after each breakpoint."""
    depots, centrals = np.empty_like(times), np.empty_like(times)
    depot = central = 0.0
    for i in range(len(times)):
        if i > 0:
            depot, central = evolve(depot, central, input_rate[i - 1], ka, ke, times[i] - times[i - 1])
        # a dose into a vein is in the central compartment at once
        depot, central = evolve(depot + at_once[i], central, 0.0, ka, ke, 0.0)
        depots[i], centrals[i] = depot, central
    return depots, centrals


@njit(cache=True, nogil=True)
def _evaluate(known, last, times, ka, ke):
    """Central amount (K,) at times whose last breakpoint is `last` (K,), -1 for none."""
    amounts = np.zeros_like(times)
    for k in range(len(times)):
        i = last[k]
        if i >= 0:
            dt = times[k] - known.times[i]
            _, amounts[k] = evolve(known.depot[i], known.central[i], known.input_rate[i], ka, ke, dt)
    return amounts
