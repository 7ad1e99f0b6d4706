"""A person's hormones and body over hours to months: ordinary differential equations, solved from dose to dose.

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

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from glut4sim.sim.endocrine import library, rhythm
from glut4sim.sim.endocrine.dynamics import EFFECT, advance, advance_each, strengths, strengths_over_time
from glut4sim.sim.endocrine.library import Drug, Effect, Level
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.pharmacokinetics import Dose, course, since
from glut4sim.sim.inputs.schedule import Schedule

STEP = 60.0  # s, the longest; with half of it no level differs by more than 0.2 % of its highest
STRETCH = 86400.0  # s, the longest that is stepped through at once
SMALL = 1e-6  # change of a logarithm that tells a slope
MOST_REMEMBERED = 4096  # stretches whose end is remembered, 2 kB each


@dataclass(frozen=True)
class Plan:
    """A person, and what is done to them.

    Attributes
    ----------
    sex
        "man" or "woman"
    baseline
        level -> set-points over time, for the levels that are not to follow from the others
    blocked : receptors that are blocked
    rhythms
        levels whose rhythm is followed; of the others the mean over the rhythm is
    cycle : menstrual cycles, or None
    doses : drug -> doses
    levels, drugs, effects : all that are known, by name
    seed : of irregular cycles
    insulin
        in plasma over time [pM], where it is not as `baseline` or the reference has it; before the start it is
    """

    sex: str = "man"
    baseline: Mapping[str, Schedule] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    rhythms: tuple[str, ...] = ()
    cycle: rhythm.Cycle | None = None
    doses: Mapping[str, tuple[Dose, ...]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=library.levels)
    drugs: Mapping[str, Drug] = field(default_factory=library.drugs)
    effects: Mapping[str, Effect] = field(default_factory=library.effects)
    seed: int = 1
    insulin: Schedule | None = None


@dataclass(frozen=True)
class Timeline:
    """What a plan leads to, at K times.

    Attributes
    ----------
    time : (K,) since the start, 8 am of day 0 [s]
    levels : name -> (K,) in the level's unit
    own : name -> (K,), without what drugs deliver
    drugs : name -> (K,) concentration, in the drug's unit
    effects
        name -> (K,) by which each effect multiplies its target: relative to the reference person for a step of
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
    """The levels, effects and modulation of a plan at times [s], (K,), ascending from 0 or later.

    The steps depend on the plan alone: what is asked for changes nothing of what happens. What happened before in the
    same way, as between the assays of a therapy, is not stepped through again unless times in it are asked for.
    """
    times = np.asarray(times, float)
    system = System(plan, float(times[-1]))
    y = system.rest()
    rows = np.empty((len(times), len(y)))
    given = np.empty((len(times), len(system.drugs)))
    kinks = system.kinks()
    for start, end in zip(kinks, np.append(kinks[1:], kinks[-1] + STRETCH)):
        system.enter(start)
        grid = np.linspace(start, end, max(2, 1 + int(np.ceil((end - start) / STEP - 1e-9))))
        inside = slice(*np.searchsorted(times, [start, end]))
        remembered = _end_of_stretch(system.followed_from(y, grid))
        if remembered and inside.start == inside.stop:
            y = remembered[0]
            continue
        path = system.advance(y, grid)
        remembered[:] = [path[-1].copy()]
        before = np.searchsorted(grid, times[inside], side="right") - 1
        rows[inside] = system.advance_each(path[before], grid[before], times[inside])
        given[inside] = system.concentrations(times[inside])
        y = path[-1]
    return system.timeline(times, rows, given)


def end_of_stretch(system: "System", y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The vector at the end of a stretch that the system has entered; not stepped through again where it was before."""
    remembered = _end_of_stretch(system.followed_from(y, grid))
    if not remembered:
        remembered[:] = [system.advance(y, grid)[-1].copy()]
    return remembered[0]


@lru_cache(MOST_REMEMBERED)
def _end_of_stretch(followed_from: Hashable) -> list[np.ndarray]:
    """The vector at the end of a stretch, by all that it follows from: a place to keep it, empty at first."""
    return []


class System:
    """The levels and the chains before effects as one vector, and its derivative.

    Levels are numbered first, then drugs.
    """

    def __init__(self, plan: Plan, span: float):
        self.plan = plan
        known = plan.levels
        self.levels, self.drugs = list(known), [name for name in plan.doses if plan.doses[name]]
        number = {name: i for i, name in enumerate([*self.levels, *self.drugs])}
        self.reference = np.array([known[name].reference[plan.sex] for name in self.levels] + [0.0] * len(self.drugs))
        self.kinetics = [plan.drugs[name].kinetics for name in self.drugs]
        self.courses = [course(plan.drugs[name].kinetics, plan.doses[name]) for name in self.drugs]
        self.delivers = np.array([number.get(plan.drugs[name].delivers, -1) for name in self.drugs], int)
        self.effects = [e for e in plan.effects.values() if e.sex in ("", plan.sex) and e.driver in number]
        self.rows = self._read_effects(number)
        chain_rates = np.repeat(self.rows["chain_rate"], self.rows["stages"])
        self.rate = np.concatenate([[known[name].rate for name in self.levels], chain_rates])
        self.rhythms = {number[name]: found for name, found in self._find_rhythms(span).items()}
        self.span = span
        self._schedules = {**plan.baseline, **({} if plan.insulin is None else {library.PLASMA_INSULIN: plan.insulin})}
        self._find_baseline()
        self.constants = self._digest()

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
            row["opponent"] = number.get(e.opposed_by, -1)  # a drug that is not given takes nothing away
            row["opponent_half"], row["opponent_hill"] = e.opposed_half, e.opposed_hill
            row["first"], row["stages"] = first, stages
            row["chain_rate"] = stages / e.lag if stages else 0.0
            first += stages
        return read

    def _find_rhythms(self, span):
        plan, known = self.plan, self.plan.levels
        found = {name: getattr(rhythm, known[name].rhythm)() for name in plan.rhythms}
        if plan.cycle is not None:
            cyclic = [name for name in self.levels if known[name].rhythm == "cycle"]
            found |= {name: rhythm.cycles(name, plan.cycle, span, plan.seed) for name in cyclic}
        return found

    def _find_baseline(self):
        """Levels at the start, by Newton's method on their logarithms: they may depend on one another in circles."""
        rows, n = self.rows, len(self.levels)
        given = {self.levels.index(name): schedule.values[0] for name, schedule in self.plan.baseline.items()}
        unblocked = rows.copy()
        unblocked["open"] = 1.0
        healthy = strengths(_chains(self.reference, unblocked), self.reference, unblocked)
        values = self.reference.copy()
        values[list(given)] = list(given.values())
        on_levels = np.flatnonzero(rows["target"] >= 0)
        free = np.array([i for i in range(n) if i not in given], int)

        def missing(logarithms):
            """What each level lacks to be what the others make of it, as a logarithm."""
            values[free] = np.exp(logarithms)
            now = strengths(_chains(values, rows), values, rows)
            wanted = self.reference.copy()
            np.multiply.at(wanted, rows["target"][on_levels], (now / healthy)[on_levels])
            return np.log(wanted[free]) - logarithms

        known = values[free]
        at = first = np.log(known)
        for turn in range(100):
            lack = missing(at)
            if np.all(np.abs(lack) < (1e-12 if turn < 20 else 1e-9)):  # strong feedback magnifies what is rounded
                break
            slopes = np.stack([missing(at + step) - lack for step in SMALL * np.eye(len(free))], axis=1) / SMALL
            at = at - np.clip(np.linalg.solve(slopes, lack), -1.0, 1.0)
        else:
            raise ArithmeticError("the baseline of the hormones does not settle")
        values[free] = np.where(at == first, known, np.exp(at))  # the reference to the bit, where it is at rest
        self.baseline = values
        rows["norm"] = np.where(rows["target"] < 0, healthy, strengths(_chains(values, rows), values, rows))

    def _digest(self):
        """What tells the person, their drugs and the effects from others."""
        rhythms = [(i, known.period, known.points.tobytes()) for i, known in self.rhythms.items()]
        arrays = [known.tobytes() for known in (self.rows, self.rate, self.delivers)]
        return hashlib.sha256(repr((arrays, self.kinetics, rhythms)).encode()).digest()

    def rest(self):
        """The vector at the start."""
        return np.concatenate([self.baseline[: len(self.levels)], _chains(self.baseline, self.rows)])

    def kinks(self):
        """Times at which something jumps, and so many others that none are further apart than STRETCH [s].

        They ascend from 0 to the last that is not beyond the span.
        """
        schedules = [time for schedule in self._schedules.values() for time in schedule.times]
        even = np.arange(0.0, self.span + STRETCH, STRETCH)
        found = np.unique(np.concatenate([even, schedules, *(known.times for known in self.courses)]))
        return found[found <= self.span]

    def enter(self, time):
        """Begin the stretch from a kink to the next."""
        self.set_points = self.baseline[: len(self.levels)].copy()
        for name, schedule in self._schedules.items():
            self.set_points[self.levels.index(name)] = schedule.at(time)
        self.last = [int(np.searchsorted(known.times, time, side="right")) - 1 for known in self.courses]

    def followed_from(self, y, times):
        """All that decides what `advance` makes of a vector."""
        courses = zip(self.courses, self.last)
        given = tuple(tuple(row[last].tobytes() for row in known) if last >= 0 else () for known, last in courses)
        grid = len(times), times[0].item(), times[-1].item()
        return self.constants, grid, y.tobytes(), self.set_points.tobytes(), given

    def concentrations(self, times):
        """Of all drugs at times within the stretch, its end as it comes, (K, n_drug)."""
        found = np.zeros((len(times), len(self.drugs)))
        for d, (kinetics, known, last) in enumerate(zip(self.kinetics, self.courses, self.last)):
            if last >= 0:
                found[:, d] = since(kinetics, known, last, times)
        return found

    def production(self, times):
        """Of all levels at times within the stretch, as it would be with every effect at its norm, (K, n_level)."""
        found = np.tile(self.set_points, (len(times), 1))
        for i, known in self.rhythms.items():
            found[:, i] *= known.at(times)
        return found

    def advance(self, y, times):
        """The vector at equidistant times within the stretch, (K, size), from what it is at the first of them."""
        given, n = self.concentrations(times), len(self.levels)
        return advance(y, times[1] - times[0], given, self.production(times), self.delivers, self.rate, n, self.rows)

    def advance_each(self, rows, starts, ends):
        """Vectors (K, size) at times within the stretch, (K,), from what they are at times not long before, (K,)."""
        given, production = (np.stack([at(starts), at(ends)], axis=1) for at in (self.concentrations, self.production))
        n = len(self.levels)
        return advance_each(rows, ends - starts, given, production, self.delivers, self.rate, n, self.rows)

    def timeline(self, times, rows, given) -> Timeline:
        """Everything of interest from the vector (K, size) and the concentrations (K, n_drug) at times (K,)."""
        n = len(self.levels)
        own = rows[:, :n]
        values = np.concatenate([own, given], axis=1)
        for d, level in enumerate(self.delivers):
            if level >= 0:
                values[:, level] += given[:, d]
        acting = strengths_over_time(rows[:, n:], values, self.rows) / self.rows["norm"]
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


def _chains(values, rows):
    """The chains of effects long after the levels and drugs came to these values."""
    return np.repeat(values[rows["driver"]] * rows["open"], rows["stages"])
