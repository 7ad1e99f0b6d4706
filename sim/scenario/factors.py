"""The uncertain values behind a scenario: parameters of its preset, and strengths of the effects of its hormones.

Where a scenario tests a body, it is the numbers of its organs and tissues in place of those of a preset's cell.

A factor is one such value with its plausible range. What the scenario itself sets, and what has no range, is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

import numpy as np

from glut4sim.sim.endocrine.evidence import acting
from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.units import write
from glut4sim.sim.model.parameters import Preset
from glut4sim.sim.scenario.body_tables import split
from glut4sim.sim.scenario.scenario import Scenario

LOGARITHMIC = 3.0  # ratio of a range's ends from which on it is taken in equal ratios
SUPPLY = "glucose.supply"


@dataclass(frozen=True)
class Factor:
    """An uncertain value and its plausible range, in its own unit."""

    name: str  # "vesicle.fuse", "testosterone-pi3k.gain"
    value: float
    unit: str
    low: float
    high: float
    evidence: str
    source: str

    @property
    def is_log(self) -> bool:
        """Whether its range is taken in equal ratios."""
        return self.low > 0.0 and self.high > LOGARITHMIC * self.low

    def at(self, share: np.ndarray) -> np.ndarray:
        """Values at shares of the range, 0 to 1."""
        if self.is_log:
            return np.clip(self.low * (self.high / self.low) ** share, self.low, self.high)
        return np.clip(self.low + (self.high - self.low) * share, self.low, self.high)


def find_factors(scenario: Scenario, patterns: Sequence[str] = ("*",)) -> tuple[tuple[Factor, ...], dict[str, str]]:
    """The factors of a scenario whose names match one of the patterns, and what is left out: name -> why.

    InputError if a pattern matches nothing, or nothing is left.
    """
    known = _known(scenario)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            see = "See `glut4sim parameters list`."
            raise unknown("parameter", pattern, known, see).within(place="--parameters")
    found, left_out = [], {}
    for name, factor in known.items():
        if not any(fnmatchcase(name, pattern) for pattern in patterns):
            continue
        if name in _of_preset(scenario)[1] or name in scenario.effects:
            left_out[name] = "the scenario sets it"
        elif not factor.low < factor.high:
            left_out[name] = "its range has no width"
        elif name == SUPPLY:
            left_out[name] = "it is what the agents stand for, made so large here that no run uses it up"
        else:
            found.append(factor)
    if not found:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise InputError(f"nothing is left to vary ({reasons}).", place="--parameters")
    return tuple(found), left_out


def _of_preset(scenario: Scenario) -> tuple[Preset, dict[str, str]]:
    """The preset of what a scenario simulates, as the scenario has it, and what it sets of it."""
    if scenario.assay.kind is None:
        return scenario.preset, scenario.parameters
    from glut4sim.sim.body.organs import organs_preset  # few scenarios have a body

    name, values = split(scenario.organs)
    return organs_preset(name, values), values


def _known(scenario: Scenario) -> dict[str, Factor]:
    """All factors by name."""
    found = {
        p.name: Factor(p.name, p.value, p.unit, p.low, p.high, p.evidence, p.source)
        for p in _of_preset(scenario)[0].parameters.values()
    }
    if not scenario.has_hormones:
        return found
    effects = scenario.known.override(scenario.effects)
    silent = {  # an effect that is nil but might not be acts as well
        _strength(effect): repr(max(effect.plausible, key=abs))
        for effect in effects.values()
        if not (effect.gain if effect.power is None else effect.power)
    }
    for effect in acting(scenario.model_copy(update={"effects": silent | scenario.effects})):
        name, value = _strength(effect), effects[effect.name].gain if effect.power is None else effect.power
        found[name] = Factor(name, value, "1", *effect.plausible, effect.evidence, effect.source)
    return found


def _strength(effect: Effect) -> str:
    """Path of an effect's gain or power in the table [effects]."""
    return f"{effect.name}.{'gain' if effect.power is None else 'power'}"


class Named(Protocol):
    """What has the name and the unit of an uncertain value, such as a Factor."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...


def changed(scenario: Scenario, factors: Sequence[Named], values: Sequence[float]) -> Scenario:
    """The scenario with other values of the factors; whether they may be combined is found when it is used."""
    own = "parameters" if scenario.assay.kind is None else "organs"
    tables = {name: dict(getattr(scenario, name)) for name in (own, "effects", "kinetics")}
    of_preset, drugs = _of_preset(scenario)[0].parameters, scenario.known.drug_tables
    for factor, value in zip(factors, values, strict=True):
        entry = factor.name.partition(".")[0]
        table = own if factor.name in of_preset else "kinetics" if entry in drugs else "effects"
        tables[table][factor.name] = write(float(value), factor.unit)
    return scenario.model_copy(update=tables)
