"""How wide the numbers of effects and of drugs may be, by a rule: what is drawn where a study asks how sure it is.

The plausible range of an effect's strength says what is conceivable, and of its other numbers, and of the kinetics of
drugs, the libraries give a value alone. So each has a range about its value that follows from its grade of evidence,

    value / w to value * w,    w = 1.25 where it is measured, 1.5 where it is fitted, 2 where it is assumed,

which is for the mean of a group of people, as trials report it. 1.25: groups of 10 to 40 people, who differ in
clearance by 30 to 60 %, differ by a tenth to a sixth, and laboratories and products by as much again. 2: to an order of
magnitude nobody would assume otherwise, and half or double nobody could rule out. 1.5 lies between. An entry has the
grade of its weakest number.

    strength of an effect   its plausible range as a whole where sources disagree, or where it is nil; else what the
                            rule leaves of that range. An effect that stands for another at another site, and is nil
                            while that one acts, stays nil: both at once would count twice
    half, hill, lag, and the same of what opposes it; volume and half-lives of a drug that is given    the rule

What a drug's volume leaves open its availability does as well: one of the two is drawn. The rule was written down
before any prediction was judged with it.
"""

from collections.abc import Iterator, Sequence

from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.inputs.units import SPAN
from glut4sim.sim.scenario.factors import Factor, find_factors
from glut4sim.sim.scenario.scenario import Scenario

WIDTHS = {"measured": 1.25, "fitted": 1.5, "assumed": 2.0}
OF_EFFECTS = ("half", "hill", "lag", "opposed_half", "opposed_hill")  # besides their strength
OF_DRUGS = ("volume", "absorption_half_life", "elimination_half_life", "terminal_half_life")


def find_doubts(scenario: Scenario, patterns: Sequence[str] = ("*",)) -> tuple[tuple[Factor, ...], dict[str, str]]:
    """As `find_factors`, with the ranges and the further numbers of effects and drugs that the rule gives."""
    found, left_out = find_factors(scenario, patterns)
    effects = scenario.known.override(scenario.effects)
    doubts: list[Factor] = []
    for factor in found:
        effect = effects.get(factor.name.partition(".")[0])
        doubts += [factor] if effect is None else _of_effect(factor, effect, scenario)
    if scenario.has_hormones:
        for drug in dict.fromkeys(therapy.drug for therapy in scenario.therapy):
            doubts += _of_drug(drug, scenario)
    set_already = {**scenario.effects, **scenario.kinetics}
    return tuple(factor for factor in doubts if factor.name not in set_already), left_out


def _of_effect(factor: Factor, effect: Effect, scenario: Scenario) -> Iterator[Factor]:
    """The strength of an effect, then its other numbers."""
    if scenario.known.effect_tables[effect.name].instead_of and not factor.value:
        return
    disputed = bool(effect.disagreement) or not factor.value
    low, high = sorted((factor.value / WIDTHS[effect.evidence], factor.value * WIDTHS[effect.evidence]))
    low, high = (factor.low, factor.high) if disputed else (max(low, factor.low), min(high, factor.high))
    if low < high:
        yield _factor(factor.name, factor.value, "1", (low, high), effect)
    units = {"half": scenario.known.substance(effect.driver).unit, "hill": "1", "lag": SPAN.unit}
    if effect.opposed_by:
        units |= {"opposed_half": scenario.known.substance(effect.opposed_by).unit, "opposed_hill": "1"}
    for key in OF_EFFECTS:
        value = getattr(effect, key)
        if key in units and value and (effect.power is None or key == "lag"):
            yield _about(f"{effect.name}.{key}", value, units[key], effect)


def _of_drug(name: str, scenario: Scenario) -> Iterator[Factor]:
    """The kinetics of a drug, as the library has them."""
    table = scenario.known.drug_tables[name]
    for key in OF_DRUGS:
        if key in table.numbers:
            value, unit = (table.litres, "L") if key == "volume" else (getattr(table, key), SPAN.unit)
            yield _about(f"{name}.{key}", value, unit, table)


def _about(name: str, value: float, unit: str, entry) -> Factor:
    """A number with the range that the rule gives it."""
    width = WIDTHS[entry.evidence]
    return _factor(name, value, unit, (value / width, value * width), entry)


def _factor(name: str, value: float, unit: str, ends: tuple[float, float], entry) -> Factor:
    return Factor(name, value, unit, *ends, entry.evidence, entry.source)
