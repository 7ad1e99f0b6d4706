"""What differs between scenarios, in words: paths, and the value that each scenario has there.

Resolved scenarios are compared, so that what one inherits and another has by default count alike. Cells of different
presets differ in their parameters. Where one scenario sets a number of an effect, the others show what the library has,
and where it sets a level, what that level is in them. Doses of a drug are one value, and long courses are cut short.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glut4sim.sim.endocrine.evidence import describe_regimen, say
from glut4sim.sim.endocrine.library import BODY, Effect
from glut4sim.sim.endocrine.tables import OWN, TherapyTable
from glut4sim.sim.inputs.errors import join_path
from glut4sim.sim.inputs.units import write
from glut4sim.sim.scenario.scenario import Scenario

NOT_SET = "not set"
NOT_COMPARED = ("title", "description", "run.seed", "run.replicates")  # what it is called, and what chance it is given
MOST_STOPS = 3  # of a course that are told


@dataclass(frozen=True)
class Difference:
    """A value that is not the same in all scenarios.

    Attributes
    ----------
    path
        as `--set` has it, such as "hormones.testosterone"; "therapy.DRUG" for all doses of a drug
    values : what each scenario has, in words with units; NOT_SET where one says nothing of it
    """

    path: str
    values: tuple[str, ...]

    @property
    def key(self) -> str:
        """The end of the path: "testosterone"."""
        return self.path.partition(".")[2] or self.path


@dataclass(frozen=True)
class _Value:
    """A value: what is compared, its words, and its words at full length."""

    exact: object
    words: str
    full: str = ""


def differences(scenarios: Sequence[Scenario]) -> tuple[Difference, ...]:
    """What is not the same in all scenarios, in the order of their tables; their seeds and replicates are left out."""
    told = [_told(scenario, scenarios) for scenario in scenarios]
    paths = dict.fromkeys(path for each in told for path in each)
    found = []
    for path in sorted(paths, key=lambda path: _TABLES.index(path.partition(".")[0])):
        values = [each.get(path, _Value(None, NOT_SET)) for each in told]
        if path in NOT_COMPARED or all(value.exact == values[0].exact for value in values):
            continue
        words = tuple(value.words for value in values)
        if len(set(words)) < len({repr(value.exact) for value in values}):
            words = tuple(value.full or value.words for value in values)
        found.append(Difference(path, words))
    return tuple(found)


_TABLES = tuple(Scenario.model_fields)


def _told(scenario: Scenario, among: Sequence[Scenario]) -> dict[str, _Value]:
    """Everything that a scenario says, by path; of parameters and effects what any of the scenarios sets."""
    content = scenario.resolved()
    found = {}
    for table in ("cell", "run", "body", "hormones", "cycle", "assay", "organs", "population"):
        for key, value in content.get(table, {}).items():
            found[join_path(table, key)] = _plain(value)
    for tissue, entry in content.get("tissue", {}).items():
        found |= {join_path("tissue", tissue, key): _plain(value) for key, value in entry.items()}
    found |= _own(content, among)
    found |= _levels(scenario, among)
    found["body.sex"] = _plain(scenario.body.sex)  # also where nothing is said of a body
    found["assay.at"] = _Value(scenario.assay.at, ", ".join(map(say, scenario.assay.at)))
    found |= _bath(scenario, content["bath"])
    for drug in dict.fromkeys(therapy.drug for therapy in scenario.therapy):
        given = [therapy for therapy in scenario.therapy if therapy.drug == drug]
        found[join_path("therapy", drug)] = _Value([*map(_doses, given)], _regimens(given, scenario))
    effects = scenario.known.override(scenario.effects)
    for path in _set_by_any(among, lambda each: each.effects):
        name, _, key = path.partition(".")
        found[join_path("effects", path)] = _number_of(effects[name], key, scenario)
    for path in _set_by_any(among, lambda each: each.kinetics):
        name, _, key = path.partition(".")
        usual = scenario.known.drug_tables[name].resolved()[key]
        found[join_path("kinetics", path)] = _plain(scenario.kinetics.get(path, usual))
    parameters = scenario.preset.parameters
    several = len({each.cell.preset for each in among}) > 1
    for name in parameters if several else _set_by_any(among, lambda each: each.parameters):
        value, unit = parameters[name].value, parameters[name].unit
        found[join_path("parameters", name)] = _Value(value, write(float(f"{value:.5g}"), unit), write(value, unit))
    return found


def _own(content: Mapping[str, Any], among: Sequence[Scenario]) -> dict[str, _Value]:
    """Levels, drugs and effects of its own: key by key where all have the entry, else what it is."""
    found = {}
    for table in OWN:
        for name, entry in content.get(table, {}).items():
            if all(name in getattr(each, table) for each in among):
                found |= {join_path(table, name, key): _plain(value) for key, value in entry.items()}
            else:
                found[join_path(table, name)] = _Value(entry, entry["title"])
    return found


def _levels(scenario: Scenario, among: Sequence[Scenario]) -> dict[str, _Value]:
    """Levels before any drug that others set and this one leaves to what follows from the rest."""
    others = {f"hormones.{name}": name for each in among for name in each.hormones.levels}
    others |= {f"body.{name}": name for each in among for name in BODY if getattr(each.body, name) is not None}
    open_ = {
        path: name
        for path, name in others.items()
        if name in scenario.known.levels.keys() - scenario.hormones.levels
        and getattr(scenario.body, name, None) is None
    }
    if not open_:
        return {}
    own = scenario.timeline(np.zeros(1)).own
    units = {name: scenario.known.levels[name].unit for name in open_.values()}
    return {path: _Value(NOT_SET, f"{own[name][0]:.3g} {units[name]} ({NOT_SET})") for path, name in open_.items()}


def _set_by_any(scenarios: Sequence[Scenario], table: Callable[[Scenario], Mapping[str, str]]) -> list[str]:
    return sorted({name for scenario in scenarios for name in table(scenario)})


def _plain(value: Any) -> _Value:
    """A value as TOML holds it: alone, a course, or a list of names."""
    if not isinstance(value, list):
        return _Value(value, _readable(value))
    if not all(isinstance(entry, list) for entry in value):
        return _Value(value, ", ".join(map(_readable, value)))
    stops = [_readable(value[0][1])] + [f"from {_readable(time)} {_readable(level)}" for time, level in value[1:]]
    full = ", ".join(stops)
    rest = len(stops) - MOST_STOPS
    return _Value(value, full if rest <= 1 else f"{', '.join(stops[:MOST_STOPS])} and {rest} more changes", full)


def _readable(value: object) -> str:
    """A value as people say it: "70 min" for "4200 s"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return say(float(text.removesuffix(" s"))) if text.endswith(" s") else text


def _bath(scenario: Scenario, table: Mapping[str, Any]) -> dict[str, _Value]:
    said = {join_path("bath", key): _plain(value) for key, value in table.items() if key != "meal"}
    if not scenario.bath.meal:
        return said
    meals = [f"{_readable(meal['carbohydrate'])} at {_readable(meal['at'])}" for meal in table["meal"]]
    after = _Value(table["meal"], "as after the meals")
    return said | {"bath.insulin": after, "bath.glucose": after, "bath.meal": _Value(table["meal"], ", ".join(meals))}


def _doses(therapy: TherapyTable) -> tuple:
    return therapy.amount, therapy.start, therapy.every, therapy.end, therapy.over


def _regimens(given: Sequence[TherapyTable], scenario: Scenario) -> str:
    """Dose, route and interval: "100 mg every 7 d, from 0 d to the end (intramuscular)"."""
    drugs = scenario.known.drugs
    return "; ".join(f"{describe_regimen(therapy)} ({drugs[therapy.drug].route})" for therapy in given)


def _number_of(effect: Effect, key: str, scenario: Scenario) -> _Value:
    """A number of an effect, with its unit."""
    value = getattr(effect, key)
    if value is None:
        return _Value(None, NOT_SET)
    if key == "lag":
        return _Value(value, say(value))
    if key in ("half", "opposed_half"):
        of = effect.driver if key == "half" else effect.opposed_by
        return _Value(value, write(value, scenario.known.substance(of).unit))
    return _Value(value, f"{value:g}")
