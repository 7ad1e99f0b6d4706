"""Where the draws of a scenario come from: what is not known of its cell and its hormones, as joint values.

1. From a file that the user names, such as the posterior of a fit.
2. Else, from the posterior of its preset, where one is installed. What a file or a posterior does not hold is held, as
   it was in the fit; only the numbers of hormones' effects and of drugs, where it holds none, are drawn as in 3.
3. Else, from the plausible ranges (of effects and drugs: doubts.py), each value by itself and evenly (Factor.at), and
   kept only where the cell is plausible (sim/model/plausibility.py): what that excludes is told with the draws.
   Strengths of effects that were fitted together are drawn from the posterior of their fit, where one is installed.

What a scenario itself sets stands: it is what is asked. So plausibility is asked of the preset's cell, not of what a
scenario makes of it. A file is what the user asks for more plainly: it replaces also what a scenario sets, unless this
is what conditions that are compared differ in.

Several scenarios have common draws: draw k of one goes with draw k of the others. A value that two have with the same
range is the same number in both, whatever else they have; one whose ranges differ is of different cells, and drawn for
each. Draws depend on seed and scenarios alone, and the first are the same however many are made.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.inputs.units import write
from glut4sim.sim.model import plausibility
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.doubts import find_doubts
from glut4sim.sim.scenario.draws import Column, Draws, posterior, posteriors_of_effects, read_draws
from glut4sim.sim.scenario.factors import Factor
from glut4sim.sim.scenario.scenario import Scenario

COUNT = 256  # draws, unless the user says
MAX_DRAWS = 100_000
TRIES = 100  # for each draw that is wanted; if more is needed, the ranges are no prior of this cell
SETS = "the scenario sets it"
HELD = "it is not among the draws: held as in the fit"
SILENT = "it does not act in this scenario"


@dataclass(frozen=True)
class Sample:
    """Draws of one scenario or several.

    Attributes
    ----------
    draws : of each scenario
    held : name -> why it was not drawn
    tried : candidates drawn, those that were turned away included
    turned_away : why -> how many, by plausibility.OBJECTIONS
    factors : name -> Factor, of what was drawn in any scenario
    """

    draws: tuple[Draws, ...]
    held: Mapping[str, str]
    tried: int
    turned_away: Mapping[str, int]
    factors: Mapping[str, Factor]


def sample(
    scenarios: Sequence[Scenario], draws: int | PlaceLike = COUNT, seed: int = 0, ranges: bool = False
) -> Sample:
    """Joint draws of what is not known of scenarios, each with one assay.

    Parameters
    ----------
    draws
        how many, or a file of them; of a file all are taken
    seed
        of the draws; a file has none
    ranges : pass over posteriors that are installed

    Raises
    ------
    InputError
        if a file cannot be read or holds what there is not, nothing is left to draw, or hardly a draw is plausible
    """
    given = None if isinstance(draws, int) else read_draws(draws)
    count = len(given) if given is not None else int(draws)  # type: ignore[arg-type]
    if not 2 <= count <= MAX_DRAWS:
        raise InputError(f"expected 2 to {MAX_DRAWS:,} draws, got {describe(count)}.", place="--draws")
    stands = _stands(scenarios, given is not None)
    plans = [_Plan(scenario, given, ranges, stand) for scenario, stand in zip(scenarios, stands)]
    streams = _Streams(seed)
    judges = list({plan.judged: plan for plan in plans if plan.judged}.values())
    kept: list[int] = []
    refused: Counter[str] = Counter()
    tried = 0
    while len(kept) < count:
        if tried >= TRIES * count:
            reasons = ", ".join(f"{why} ({n})" for why, n in refused.most_common())
            raise InputError(f"of {tried:,} draws from the ranges only {len(kept)} are a plausible cell: {reasons}.")
        why = next(filter(None, (judge.objection(streams, tried) for judge in judges)), "")
        if why:
            refused[why] += 1
        else:
            kept.append(tried)
        tried += 1
    order = np.array(kept)
    held = {name: why for plan in plans for name, why in plan.held.items()}
    factors = {name: factor for plan in plans for name, factor in plan.factors.items()}
    held = {name: why for name, why in held.items() if name not in factors}
    if not factors:
        reasons = "; ".join(f"{name}: {why}" for name, why in held.items())
        raise InputError(f"nothing is left to draw ({reasons}).", place="--draws")
    made = tuple(plan.draws(streams, order, seed if given is None else None) for plan in plans)
    return Sample(made, held, tried, dict(refused), factors)


def _stands(scenarios: Sequence[Scenario], has_file: bool) -> list[set[str]]:
    """Names that each scenario sets and that draws leave alone."""
    said = [{**scenario.parameters, **scenario.effects, **scenario.kinetics} for scenario in scenarios]
    if not has_file:
        return [set(names) for names in said]
    alike = {name for name, value in said[0].items() if all(names.get(name) == value for names in said)}
    return [set(names) - alike for names in said]


class _Streams:
    """Even random numbers from 0 to 1, a stream for each range: the k-th does not depend on what else is drawn."""

    BLOCK = 1024

    def __init__(self, seed: int):
        self._seed = seed
        self._generators: dict[str, np.random.Generator] = {}
        self._numbers: dict[str, np.ndarray] = {}

    def at(self, factor: Factor, draw: int) -> float:
        """The share of a factor's range in a draw."""
        key = f"{factor.name} {factor.value!r} {factor.low!r} {factor.high!r} {factor.unit}"
        if key not in self._generators:
            words = np.frombuffer(sha256(key.encode()).digest(), np.uint32)
            self._generators[key] = np.random.default_rng([self._seed, *words.tolist()])
            self._numbers[key] = np.empty(0)
        while draw >= len(self._numbers[key]):
            self._numbers[key] = np.append(self._numbers[key], self._generators[key].random(self.BLOCK))
        return float(self._numbers[key][draw])


class _Plan:
    """What is drawn for one scenario, and whence."""

    def __init__(self, scenario: Scenario, given: Draws | None, ranges: bool, stands: set[str]):
        self.scenario, self.stands = scenario, stands
        self.is_file = given is not None
        kept = {key: _without(getattr(scenario, key), stands) for key in ("effects", "kinetics")}
        found, self.held = find_doubts(scenario.model_copy(update={"parameters": {}, **kept}))
        known = {factor.name: factor for factor in found}
        self.fixed = given if given is not None or ranges else posterior(scenario.cell.preset)
        self.held |= dict.fromkeys(stands, SETS)
        if self.fixed is None:
            self.drawn = found
        else:
            self._check(self.fixed)
            of_cell = set(scenario.preset.parameters)
            has_effects = bool(set(self.fixed.names) - of_cell)
            rest = [factor for factor in found if factor.name not in self.fixed.names]
            self.drawn = () if has_effects else tuple(factor for factor in rest if factor.name not in of_cell)
            self.held |= {f.name: HELD for f in rest if f not in self.drawn}
            acting = {name for name in self.fixed.names if name in of_cell or name in known}
            self.held |= {name: SILENT for name in self.fixed.names if name not in acting}
            self.fixed = self.fixed.only([name for name in self.fixed.names if name in acting - stands])
        names = [*(self.fixed.names if self.fixed is not None else ()), *(f.name for f in self.drawn)]
        self.of_fits = () if ranges or given is not None else self._fitted_together()
        self.factors = {name: known.get(name) or _factor(scenario, name) for name in names if name not in stands}
        self._of_cell = tuple(f for f in self.drawn if f.name in scenario.preset.parameters)

    def _fitted_together(self) -> tuple[Draws, ...]:
        """The posteriors of effects, of those that are drawn here; what is not drawn is left out."""
        drawn = {factor.name for factor in self.drawn} - self.stands
        found = (fit.only([name for name in fit.names if name in drawn]) for fit in posteriors_of_effects())
        return tuple(fit for fit in found if fit.names)

    @property
    def judged(self) -> Hashable:
        """What plausibility is asked of: plans that have the same need be asked once. Empty if none is drawn."""
        if not self._of_cell:
            return ()
        return self.scenario.cell.preset, self._of_cell, tuple(self.scenario.parameters.items())

    def _check(self, draws: Draws) -> None:
        """InputError if there is no such parameter or effect, or its unit is not of that kind."""
        preset = load_preset(self.scenario.cell.preset)
        known = self.scenario.known
        effects = {f"{e}.{key}" for e, table in known.effect_tables.items() for key in table.numbers}
        drugs = {f"{drug}.{key}" for drug, table in known.drug_tables.items() for key in table.numbers}
        for name, value, unit in zip(draws.names, draws.values[0].tolist(), draws.units):
            try:
                if name in preset.parameters:
                    preset.find(name).overridden(write(value, unit))
                elif name not in effects | drugs:
                    raise unknown("parameter or effect", name, {*preset.parameters, *effects, *drugs})
            except InputError as error:
                raise error.within(name, place=draws.origin) from None

    def objection(self, streams: _Streams, draw: int) -> str:
        """Why a draw from the ranges is no plausible cell; empty if it is one."""
        values = {f.name: write(_value(f, streams, draw), f.unit) for f in self._of_cell}
        why = plausibility.objection(load_preset(self.scenario.cell.preset), values)
        if not why and self.scenario.parameters:
            try:
                load_preset(self.scenario.cell.preset).override(values | self.scenario.parameters)
            except InputError:
                return plausibility.COMBINED
        return why

    def draws(self, streams: _Streams, order: np.ndarray, seed: int | None) -> Draws:
        """The draws of these numbers; rows of a posterior in an order that depends on the seed, or as they stand."""
        columns, parts, origins = [], [], []
        if self.fixed is not None:
            rows = len(self.fixed)
            mixed = np.arange(rows) if seed is None else np.random.default_rng(seed).permutation(rows)
            columns += self.fixed.columns
            parts.append(self.fixed.values[mixed[order % rows]])
            origins.append(self.fixed.origin)
        for fit in self.of_fits:
            rows = np.random.default_rng([seed or 0, len(fit)]).permutation(len(fit))
            columns += fit.columns
            parts.append(fit.values[rows[order % len(fit)]])
            origins.append(fit.origin)
        together = {name for fit in self.of_fits for name in fit.names}
        drawn = [factor for factor in self.drawn if factor.name not in self.stands | together]
        if drawn:
            columns += [Column(f.name, f.unit) for f in drawn]
            parts.append(np.array([[_value(f, streams, int(k)) for f in drawn] for k in order]))
            whose = "plausible ranges" if self._of_cell else "plausible ranges of effects"
            origins.append(whose)
        values = np.concatenate(parts, axis=1) if parts else np.empty((len(order), 0))
        names, units = tuple(c.name for c in columns), tuple(c.unit for c in columns)
        return Draws(names, units, values, " and ".join(origins) or "nothing: all is set")


def _value(factor: Factor, streams: _Streams, draw: int) -> float:
    return float(factor.at(np.array(streams.at(factor, draw))))


def _without(values: Mapping[str, str], stands: set[str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in stands}


def _factor(scenario: Scenario, name: str) -> Factor:
    """A parameter whose range has no width, but that a fit has given one."""
    p = load_preset(scenario.cell.preset).find(name)
    return Factor(p.name, p.value, p.unit, p.low, p.high, p.evidence, p.source)
