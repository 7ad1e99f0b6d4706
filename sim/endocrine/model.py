"""A person's hormones and body over hours to months: an ordinary differential equation, solved from dose to dose.

A level is produced and turned over (indirect response; Dayneka, Garg, Jusko, J Pharmacokinet Biopharm 21:457, 1993):

    d own/dt = rate (set-point * rhythm(t) * product over effects of f / f at baseline - own)
    level    = own + what drugs deliver

An effect multiplies the production of a level, or a step of the cell, by f of its driver x, a level or the
concentration of a drug:

    f(x) = 1 + gain x^n / (half^n + x^n),   gain taken away by an opposing level y:  gain (1 - y^m / (K^m + y^m))
    f(x) = (x / reference)^power            where the effect has a power

Where it takes time, x is the driver as seen through a chain of `stages` equal compartments of mean delay `lag` (Sheiner
et al., Clin Pharmacol Ther 25:358, 1979). A step of the cell is multiplied by f now / f in the healthy reference person
of the sex, for whom every step is 1.

Levels that a plan sets are the baseline, as they were before any drug; levels that it does not set follow from the
reference and from what the baseline of their drivers does to them. The person starts at this baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.integrate import odeint  # LSODA whose steps are compiled: solve_ivp takes several times as long here

from sim.endocrine import rhythm
from sim.endocrine.dynamics import EFFECT, derivative, jacobian, strengths
from sim.endocrine.library import Effect, drugs, effects, levels
from sim.endocrine.modulation import STEPS
from sim.endocrine.pharmacokinetics import Dose, course, evolve
from sim.schedule import Schedule

RTOL = 1e-6
ATOL = 1e-8  # of a level's reference
MAX_STEPS = 1_000_000  # of the solver, from one kink to the next


@dataclass(frozen=True)
class Plan:
    """A person, and what is done to them.

    Attributes
    ----------
    sex : "man" or "woman"
    baseline : level -> set-points over time, for the levels that are not to follow from the others
    blocked : receptors that are blocked
    rhythms : levels whose rhythm is followed; of the others the mean over the rhythm is
    cycle : menstrual cycles, or None
    doses : drug -> doses
    effects : name -> effect
    seed : of irregular cycles
    """

    sex: str = "man"
    baseline: Mapping[str, Schedule] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    rhythms: tuple[str, ...] = ()
    cycle: rhythm.Cycle | None = None
    doses: Mapping[str, tuple[Dose, ...]] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=effects)
    seed: int = 1


@dataclass(frozen=True)
class Timeline:
    """What a plan leads to, at K times.

    Attributes
    ----------
    time : (K,) since the start, 8 am of day 0 [s]
    levels : name -> (K,) in the level's unit
    own : name -> (K,), without what drugs deliver
    drugs : name -> (K,) concentration, in the drug's unit
    effects : name -> (K,) by which each effect multiplies its target: relative to the reference person for a step of
        the cell, to the baseline for a level
    factors : step -> (K,) product of the effects on it
    """

    time: np.ndarray
    levels: Mapping[str, np.ndarray]
    own: Mapping[str, np.ndarray]
    drugs: Mapping[str, np.ndarray]
    effects: Mapping[str, np.ndarray]
    factors: Mapping[str, np.ndarray]


def solve(plan: Plan, times: np.ndarray) -> Timeline:
    """The levels, effects and modulation of a plan at times [s], (K,), ascending from 0 or later."""
    times = np.asarray(times, float)
    system = _System(plan, float(times[-1]))
    y = system.rest()
    rows = np.tile(y, (len(times), 1))
    kinks = system.kinks()
    for start, end in zip(kinks, np.append(kinks[1:], max(times[-1], kinks[-1]))):
        if start >= times[-1]:
            break
        system.enter(start)
        wanted = (times > start) & (times <= end)
        when = np.concatenate([[start], times[wanted], [end]])
        solution, report = odeint(
            system.derivative,
            y,
            when,
            tfirst=True,
            Dfun=system.jacobian,
            rtol=RTOL,
            atol=system.tolerance,
            hmax=system.longest_step,
            tcrit=[end],
            mxstep=MAX_STEPS,
            full_output=True,
        )
        if report["message"] != "Integration successful.":
            raise ArithmeticError(f"hormones could not be solved from {start} to {end} s: {report['message']}")
        rows[wanted] = solution[1:-1]
        y = np.maximum(solution[-1], 0.0)  # what the solver's tolerance may leave below 0
    return system.timeline(times, np.maximum(rows, 0.0))


class _System:
    """The levels and the chains before effects as one vector, and its derivative.

    Levels are numbered first, then drugs.
    """

    def __init__(self, plan: Plan, span: float):
        self.plan = plan
        known = levels()
        self.levels, self.drugs = list(known), [name for name in plan.doses if plan.doses[name]]
        number = {name: i for i, name in enumerate([*self.levels, *self.drugs])}
        self.reference = np.array([known[name].reference[plan.sex] for name in self.levels] + [0.0] * len(self.drugs))
        self.kinetics = [drugs()[name].kinetics for name in self.drugs]
        self.courses = [course(drugs()[name].kinetics, plan.doses[name]) for name in self.drugs]
        self.delivers = np.zeros((len(self.levels), len(self.drugs)))
        for d, name in enumerate(self.drugs):
            if drugs()[name].delivers:
                self.delivers[number[drugs()[name].delivers], d] = 1.0
        self.effects = [e for e in plan.effects.values() if e.sex in ("", plan.sex) and e.driver in number]
        self.rows = self._read_effects(number)
        self.rate = np.array([known[name].rate for name in self.levels])
        self.rhythms = {number[name]: found for name, found in self._find_rhythms(span).items()}
        self.longest_step = min((found.finest for found in self.rhythms.values()), default=0.0)  # 0: no limit
        self._find_baseline()

    def _read_effects(self, number):
        """The effects as an array, their norms still missing."""
        plan = self.plan
        read = np.zeros(len(self.effects), EFFECT)
        first = 0
        for row, e in zip(read, self.effects):
            stages = e.stages if e.lag > 0.0 else 0
            row["driver"], row["open"] = number[e.driver], e.receptor not in plan.blocked
            row["target"] = -1 if e.acts_on_cell else number[e.target]
            row["gain"], row["half"], row["hill"] = e.gain, e.half, e.hill
            row["power"] = np.nan if e.power is None else e.power
            row["scale"] = e.half if e.power is None else self.reference[number[e.driver]]
            row["opponent"] = number[e.opposed_by] if e.opposed_by else -1
            row["opponent_half"], row["opponent_hill"] = e.opposed_half, e.opposed_hill
            row["first"], row["stages"] = first, stages
            row["chain_rate"] = stages / e.lag if stages else 0.0
            first += stages
        return read

    def _find_rhythms(self, span):
        plan, known = self.plan, levels()
        found = {name: getattr(rhythm, known[name].rhythm)() for name in plan.rhythms}
        if plan.cycle is not None:
            cyclic = [name for name in self.levels if known[name].rhythm == "cycle"]
            found |= {name: rhythm.cycles(name, plan.cycle, span, plan.seed) for name in cyclic}
        return found

    def _find_baseline(self):
        """Levels at the start, by damped iteration: they may depend on one another in circles."""
        rows, n = self.rows, len(self.levels)
        given = {self.levels.index(name): schedule.values[0] for name, schedule in self.plan.baseline.items()}
        opened = rows["open"].copy()
        rows["open"] = 1.0
        healthy = strengths(self._chains(self.reference), self.reference, rows)
        rows["open"] = opened
        values = self.reference.copy()
        values[list(given)] = list(given.values())
        on_levels = np.flatnonzero(rows["target"] >= 0)
        free = np.array([i for i in range(n) if i not in given], int)
        for _ in range(1000):
            now = strengths(self._chains(values), values, rows)
            wanted = self.reference.copy()
            np.multiply.at(wanted, rows["target"][on_levels], (now / healthy)[on_levels])
            change = wanted[free] / values[free]
            values[free] *= np.sqrt(change)
            if np.all(np.abs(change - 1.0) < 1e-12):
                break
        else:
            raise ArithmeticError("the baseline of the hormones does not settle")
        self.baseline = values
        rows["norm"] = np.where(rows["target"] < 0, healthy, strengths(self._chains(values), values, rows))
        self.tolerance = ATOL * np.concatenate([self.reference[:n], np.repeat(rows["scale"], rows["stages"])])

    def _chains(self, values):
        """The chains long after the levels and drugs came to these values."""
        return np.repeat(values[self.rows["driver"]] * self.rows["open"], self.rows["stages"])

    def rest(self):
        """The vector at the start."""
        return np.concatenate([self.baseline[: len(self.levels)], self._chains(self.baseline)])

    def kinks(self):
        """Times at which the derivative jumps, ascending from 0 [s]."""
        schedules = [time for schedule in self.plan.baseline.values() for time in schedule.times]
        return np.unique(np.concatenate([[0.0], schedules, *(known.times for known in self.courses)]))

    def enter(self, time):
        """Begin the stretch from a kink to the next."""
        self.set_points = self.baseline[: len(self.levels)].copy()
        for name, schedule in self.plan.baseline.items():
            self.set_points[self.levels.index(name)] = schedule.at(time)
        self.present = []  # number, kinetics and state of the drugs that have been given
        for d, (kinetics, known) in enumerate(zip(self.kinetics, self.courses)):
            i = int(np.searchsorted(known.times, time, side="right")) - 1
            if i >= 0:
                state = (float(column[i]) for column in (known.times, known.depot, known.central, known.input_rate))
                self.present.append((d, kinetics, *state))

    def _concentrations(self, time):
        """Of all drugs, (n_drug,)."""
        values = np.zeros(len(self.drugs))
        for d, kinetics, since, depot, central, input_rate in self.present:
            ka, ke = kinetics.absorption_rate, kinetics.elimination_rate
            values[d] = kinetics.scale * evolve(depot, central, input_rate, ka, ke, time - since)[1]
        return values

    def _surroundings(self, time):
        """What `derivative` and `jacobian` need besides the vector."""
        given = self._concentrations(time)
        production = self.set_points.copy()
        for i, found in self.rhythms.items():
            production[i] *= found.at(time)
        return self.delivers @ given, given, production, self.rate, self.rows

    def derivative(self, time, y):
        """Time derivative of the vector."""
        return derivative(y, *self._surroundings(time))

    def jacobian(self, time, y):
        """Derivative of the derivative with the vector."""
        return jacobian(y, *self._surroundings(time))

    def timeline(self, times, rows) -> Timeline:
        """Everything of interest from the vector at each time, (K, size)."""
        n, kinks = len(self.levels), self.kinks()
        given = np.empty((len(times), len(self.drugs)))
        for k, time in enumerate(times):
            self.enter(kinks[np.searchsorted(kinks, time, side="right") - 1])
            given[k] = self._concentrations(time)
        own = rows[:, :n]
        values = np.concatenate([own + given @ self.delivers.T, given], axis=1)
        acting = np.array([strengths(row[n:], now, self.rows) / self.rows["norm"] for now, row in zip(values, rows)])
        factors = {step: np.ones(len(times)) for step in STEPS}
        for e, factor in zip(self.effects, acting.T):
            if e.acts_on_cell:
                factors[e.target] = factors[e.target] * factor
        return Timeline(
            times,
            dict(zip(self.levels, values.T)),
            dict(zip(self.levels, own.T)),
            dict(zip(self.drugs, given.T)),
            {e.name: factor for e, factor in zip(self.effects, acting.T)},
            factors,
        )
