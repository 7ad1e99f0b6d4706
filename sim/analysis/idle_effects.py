"""Numbers of effects that a scenario sets in vain: gains that cannot act.

An effect on the cell multiplies by what its driver does over what it does at the healthy reference, so whoever sets its
gain where the level is at that reference asks for nothing. What a setting does is found by leaving it out: it is idle
where no level and no step of the cell is then another at the assays, or where the cell rests as before in its bath.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from glut4sim.sim.analysis import at_rest, steps_alone
from glut4sim.sim.analysis.steps_alone import NOTICED, TOLD
from glut4sim.sim.endocrine.library import BODY, Effect
from glut4sim.sim.endocrine.model import Timeline
from glut4sim.sim.endocrine.modulation import STEPS, apply
from glut4sim.sim.scenario.scenario import Scenario


def warnings(*scenarios: Scenario) -> tuple[str, ...]:
    """What a user should know of effects that are set in vain, in each of the scenarios that set them; a line each."""
    found = [idle(scenario) for scenario in scenarios]
    lines = []
    for name in dict.fromkeys(name for each in found for name in each):
        setting = [each for each, scenario in zip(found, scenarios) if name in _set_by(scenario)]
        if all(name in each for each in setting):
            lines.append(f"effects.{name} is set, but cannot act: {setting[0][name]}.")
    return tuple(lines)


def idle(scenario: Scenario) -> dict[str, str]:
    """The effects that a scenario sets in vain: name -> why."""
    names = _set_by(scenario)
    if not names:
        return {}
    times = np.unique([at + after for at in scenario.assay.at for after in (0.0, scenario.run.duration)])
    now = scenario.timeline(times)
    return {name: why for name in names if (why := _why_idle(scenario, name, now))}


def _set_by(scenario: Scenario) -> list[str]:
    """The effects of which a scenario sets a number that is not the library's."""
    here, known = scenario.known.override(scenario.effects), scenario.known.effects
    return [name for name in here if here[name] != known[name]]


def _why_idle(scenario: Scenario, name: str, now: Timeline) -> str:
    """Why an effect is set in vain; empty if it is not."""
    kept = {path: text for path, text in scenario.effects.items() if path.partition(".")[0] != name}
    # the library's own gain, so that hormones are still computed where nothing else is said of them
    kept[f"{name}.gain"] = repr(scenario.known.effects[name].gain)
    before = scenario.model_copy(update={"effects": kept}).timeline(now.time)
    steps = _moved(before.factors, now.factors)
    if steps and not _rests_as_before(scenario, before.factors, now.factors):
        return ""
    if _moved(before.levels, now.levels):
        return ""
    if not steps:
        return _reason(scenario.known.override(scenario.effects)[name], scenario, now)
    titles = " and ".join(STEPS[step].title for step in steps)
    baths = ", ".join(f"{level:.3g} nM" for level in _insulin(scenario))
    return f"it changes a step that does nothing in {baths} insulin ({titles})"


def _moved(before: Mapping[str, np.ndarray], now: Mapping[str, np.ndarray]) -> list[str]:
    """What is noticeably another at any time."""
    return [name for name in now if np.any(np.abs(now[name] - before[name]) > NOTICED * np.abs(before[name]))]


def _rests_as_before(scenario: Scenario, before: Mapping[str, np.ndarray], now: Mapping[str, np.ndarray]) -> bool:
    """Whether the cell at rest is the same with either set of factors, at every time and in all its insulin.

    Of a cell that has no rest that is not known, and so it is not said.
    """
    bath = steps_alone.stimulated(scenario).glucose
    for old, new in zip(_cells(scenario, before), _cells(scenario, now)):
        for insulin in _insulin(scenario):
            try:
                changes = steps_alone.changes(at_rest.rest(old, insulin, bath), at_rest.rest(new, insulin, bath))
            except ArithmeticError:
                return False
            if any(abs(change) >= TOLD for change in changes.values()):
                return False
    return True


def _cells(scenario: Scenario, factors: Mapping[str, np.ndarray]) -> Iterator:
    for k in range(len(next(iter(factors.values())))):
        yield apply(scenario.unmodulated, {step: float(course[k]) for step, course in factors.items()})


def _insulin(scenario: Scenario) -> Sequence[float]:
    """The least, the most and the stimulated insulin in the bath [nM]."""
    values = scenario.bath.insulin.values
    return sorted({min(values), max(values), steps_alone.stimulated(scenario).insulin})


def _reason(effect: Effect, scenario: Scenario, now: Timeline) -> str:
    """Why nothing is other than without the setting."""
    sex, driver = scenario.body.sex, effect.driver
    if effect.sex not in ("", sex):
        return f"it acts in a {effect.sex}, and this is a {sex}"
    if effect.receptor in scenario.hormones.blocked:
        return f"{effect.receptor} is blocked"
    if driver not in scenario.known.levels:
        return f"no {driver} is there at the assay"
    level = scenario.known.levels[driver]
    reference = level.reference[sex]
    if np.all(np.abs(now.levels[driver] - reference) <= NOTICED * reference):
        table = "body" if driver in BODY else "hormones"
        at = level.kind.write(reference)
        return f"{driver} is at its reference, {at}; set {table}.{driver} to another level, or give a drug"
    return "without it no level and no step of the cell is another at the assay"
