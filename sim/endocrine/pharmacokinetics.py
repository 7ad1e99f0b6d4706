"""What a course of doses does to the concentration of a drug, in closed form.

    d depot/dt   = input - absorption * depot
    d central/dt = absorption * depot - elimination * central
    concentration = scale * central

With a dose D in the depot at t = 0 this is Bateman's function, central = D ka (exp(-ke t) - exp(-ka t)) / (ka - ke).
Given into a vein there is no depot: central = D exp(-ke t), and a constant infusion over T leaves
D/T (1 - exp(-ke T)) / ke at its end. The system is linear: doses superpose, and repeated every `tau` they accumulate
by 1 / (1 - exp(-ke tau)) (Gibaldi & Perrier, Pharmacokinetics, 2nd ed., Marcel Dekker, 1982, ch. 1 and 3).

Where one rate is that of a slow release from oil or skin, the half-lives change places ("flip-flop"): the curve is the
same, with an apparent volume.

What takes its time on the way has several depots in a row, of one rate: a gamma-distributed delay (transit
compartments, Savic et al., J Pharmacokinet Pharmacodyn 34:711, 2007). What distributes, then leaves the blood more
slowly, declines as a sum of two exponentials (two compartments: Gibaldi & Perrier, ch. 2): two phases that share the
depots, each a central compartment of its own with its rate and its scale.

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
TERMS = 22  # of a matrix exponential's series: those that would follow change no digit
ALIKE = 1e-11  # by so much the exponents of two steps in time may differ that share a matrix
INSTANT = 1e-3  # s; what is given in less is given at once


class Kinetics(NamedTuple):
    """How a drug comes and goes."""

    absorption_rate: float  # 1/s, of each depot; infinite: into a vein
    elimination_rate: float  # 1/s, of the first phase
    scale: float  # concentration, in the drug's unit, per unit of dose in the central compartment
    depots: int = 1  # in a row
    terminal_rate: float = 0.0  # 1/s, of the second phase
    terminal_scale: float = 0.0  # as `scale`, of the second phase; 0: there is none

    @property
    def phases(self) -> tuple[tuple[float, float], ...]:
        """Rate of elimination and scale of each phase."""
        first = (self.elimination_rate, self.scale)
        return (first, (self.terminal_rate, self.terminal_scale)) if self.terminal_scale else (first,)

    @property
    def rise(self) -> float:
        """About how long after a dose the concentration is highest [s]."""
        ka, ke = self.absorption_rate, self.elimination_rate
        if math.isinf(ka):
            return 0.0
        return (self.depots - 1) / ka + (1.0 / ka if ka == ke else math.log(ka / ke) / (ka - ke))


class Dose(NamedTuple):
    """An amount given at a time."""

    time: float  # s
    amount: float  # mg, or whatever the drug is dosed in
    duration: float = 0.0  # s; 0: at once


class DrugCourse(NamedTuple):
    """State at each kink of a course of doses, just after it; the input is constant until the next."""

    times: np.ndarray  # (B,) ascending [s]
    depot: np.ndarray  # (B, depots) amounts still to be absorbed
    central: np.ndarray  # (B, phases) amounts in the body
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
    ka, n = kinetics.absorption_rate, kinetics.depots
    phases = [_propagate(times, at_once, input_rate, ka, ke, n) for ke, _ in kinetics.phases]
    return DrugCourse(times, phases[0][0], np.stack([central for _, central in phases], axis=1), input_rate)


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
    ka, n = kinetics.absorption_rate, kinetics.depots
    amounts = (
        scale * _evaluate(known.times, known.depot, known.central[:, p], known.input_rate, last, times, ka, ke, n)
        for p, (ke, scale) in enumerate(kinetics.phases)
    )
    return sum(amounts, start=np.zeros(len(times)))


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
def evolve_chain(depots, central, input_rate, ka, ke, dt):
    """As `evolve`, for depots in a row, (n,), which it modifies; returns the central amount.

    Depots and the central compartment are what is left of exp(A dt), A bidiagonal, whose entries are divided
    differences of exp at 0, -x .. -x, -y (Opitz, Z Angew Math Mech 44:T52, 1964). The exponential is that of a matrix
    shifted so that nothing in it is negative, by its series after halving it, and squared again: all terms are sums of
    products of numbers that are not negative. A squaring doubles the relative error of the diagonal, and over 22 of
    them seven digits went; so the diagonal, which is known, is put in anew each time, and what is beside it then gains
    no more than a rounding at each (after Al-Mohy, Higham, SIAM J Matrix Anal Appl 31:970, 2010).
    """
    return _pass_on(_transfer(ka * dt, ke * dt, len(depots)), ka * dt, depots, central, input_rate, dt)


@njit(cache=True, nogil=True)
def _pass_on(t, x, depots, central, input_rate, dt):
    """Depots, in place, and central amount after dt, by the matrix of `_transfer`; x is ka dt."""
    n = len(depots)
    power = 1.0
    after = 0.0
    for i in range(n - 1, -1, -1):  # what was in depot i and has passed the n - i that it still had before it
        power *= x
        after += depots[i] * power * t[i + 1, n + 1]
    after += central * t[n + 1, n + 1] + input_rate * dt * power * t[0, n + 1]
    for j in range(n - 1, -1, -1):
        power, held = 1.0, 0.0
        for i in range(j, -1, -1):
            held += depots[i] * power * t[i + 1, j + 1]
            if i > 0:
                power *= x
        depots[j] = held + input_rate * dt * power * t[0, j + 1]
    return after


@njit(cache=True, nogil=True)
def _transfer(x, y, n):
    """exp of the bidiagonal matrix with 0, n times -x, and -y on its diagonal and 1 beside it, (n + 2, n + 2)."""
    size, shift = n + 2, max(x, y)
    diagonal = np.full(size, x)
    diagonal[0], diagonal[-1] = 0.0, y
    halvings = max(0, math.ceil(math.log2(shift + 1.0)))
    share = 2.0**-halvings
    step = np.zeros((size, size))
    for i in range(size):
        step[i, i] = (shift - diagonal[i]) * share
        if i < size - 1:
            step[i, i + 1] = share
    found, term = np.eye(size), np.eye(size)
    for k in range(1, TERMS):
        term = _product(term, step) / k
        found += term
    found *= math.exp(-shift * share)
    for _ in range(halvings):
        found = _product(found, found)
        share *= 2.0
        for i in range(size):
            found[i, i] = math.exp(-diagonal[i] * share)
    return found


@njit(cache=True, nogil=True)
def _product(a, b):
    """Product of two upper triangular matrices."""
    size = len(a)
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(i, size):
            for k in range(i, j + 1):
                found[i, j] += a[i, k] * b[k, j]
    return found


@njit(cache=True, nogil=True)
def _carry(depots, central, input_rate, ka, ke, dt):
    """Central amount after dt of constant input, and the depots (n,) as they are then, in place."""
    if len(depots) > 1 and not math.isinf(ka):
        return evolve_chain(depots, central, input_rate, ka, ke, dt)
    depots[0], central = evolve(depots[0], central, input_rate, ka, ke, dt)
    return central


@njit(cache=True, nogil=True)
def _propagate(times, at_once, input_rate, ka, ke, n):
    """Depots (B, n) and central (B,) just after each breakpoint."""
    depots, centrals = np.empty((len(times), n)), np.empty_like(times)
    now, central = np.zeros(n), 0.0
    for i in range(len(times)):
        if i > 0:
            central = _carry(now, central, input_rate[i - 1], ka, ke, times[i] - times[i - 1])
        now[0] += at_once[i]
        if math.isinf(ka):  # a dose into a vein is in the central compartment at once
            now[0], central = 0.0, central + now[0]
        depots[i], centrals[i] = now, central
    return depots, centrals


@njit(cache=True, nogil=True)
def _evaluate(starts, depots, centrals, input_rate, last, times, ka, ke, n):
    """Central amount (K,) at times whose last breakpoint is `last` (K,), -1 for none."""
    amounts, now = np.zeros_like(times), np.empty(n)
    if n > 1 and not math.isinf(ka):
        return _evaluate_chain(starts, depots, centrals, input_rate, last, times, ka, ke, amounts, now)
    for k in range(len(times)):
        i = last[k]
        if i >= 0:
            now[:] = depots[i]
            amounts[k] = _carry(now, centrals[i], input_rate[i], ka, ke, times[k] - starts[i])
    return amounts


@njit(cache=True, nogil=True)
def _evaluate_chain(starts, depots, centrals, input_rate, last, times, ka, ke, amounts, now):
    """As `_evaluate`, from time to time, as its matrix takes long: equal steps, but for rounding, share one."""
    central, at, of = 0.0, 0.0, -1
    dt, t = -1.0, np.zeros((1, 1))
    for k in range(len(times)):
        i = last[k]
        if i < 0:
            continue
        if i != of or times[k] < at:
            now[:] = depots[i]
            central, at, of = centrals[i], starts[i], i
        step = times[k] - at
        if dt < 0.0 or abs(step - dt) * max(ka, ke) > ALIKE:
            dt, t = step, _transfer(ka * step, ke * step, len(now))
        central = _pass_on(t, ka * dt, now, central, input_rate[i], dt)
        amounts[k], at = central, times[k]
    return amounts
