"""How doses and assays of a scenario fall together, where that is probably not what was meant.

An assay tells what a therapy has done only if it lies between doses, after the first and before the therapy ends, and a
baseline only if no dose was given. A therapy that lies within the only assay is the experiment itself, and all is well.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.tables import TherapyTable
from glut4sim.sim.scenario.scenario import Scenario

HOUR = 3600.0
LATEST = 7 * 24  # h by which a therapy is started later, at most, to keep its doses out of assays
MOST_NAMED = 4  # assays in a line
GRAIN = 1e-3  # s


def warnings(scenario: Scenario) -> tuple[str, ...]:
    """What is probably not meant, a line each, with what to do about it; nothing where all is well."""
    each = ((i, line) for i, therapy in enumerate(scenario.therapy) for line in _of(therapy, scenario))
    return tuple(f"therapy[{i}]: {line}" for i, line in each)


def warnings_of(rows: Iterable[tuple[str | None, Scenario]]) -> tuple[str, ...]:
    """The same of several scenarios, each line with its label, or its name where there is none.

    All assays of a scenario are to be looked at together.
    """
    return tuple(dict.fromkeys(f"{label or each.name}: {line}" for label, each in rows for line in warnings(each)))


def _of(therapy: TherapyTable, scenario: Scenario) -> Iterator[str]:
    """What is to be said of one therapy."""
    assays, drug, start, end = scenario.assay.at, therapy.drug, therapy.start, therapy.end
    over = assays[0] + scenario.run.duration
    first = f"the first dose of {drug}, at {say(start)}"
    begins_in_first = assays[0] <= start + GRAIN < over
    if len(assays) == 1 and begins_in_first:
        if end is None or end > over:
            yield (
                f"{first}, falls inside the only assay, at {say(assays[0])}, and others follow that none sees; add "
                f"later assays (assay.at), or, if the doses are the experiment, end them with it: "
                f'for = "{say(over - start)}".'
            )
        return
    hit = _hit(therapy, scenario)
    remedy = _remedy(therapy, scenario) if hit else ""
    if begins_in_first:
        yield f"{first}, falls inside the assay at {say(assays[0])}, which is no baseline then; {remedy}."
    if later := hit[begins_in_first:]:
        which, last = ("assays", "these last") if len(later) > 1 else ("assay", "it lasts")
        changing = f"so that levels change while {last}"
        yield f"doses of {drug} fall inside the {which} at {_listed(later)}, {changing}; {remedy}."
    after = [at for at in assays if at > start + GRAIN]
    if not after and not hit:
        yield f"no assay comes after {first}, so that none sees it; add one (assay.at)."
    elif (
        after
        and therapy.every is not None
        and end is not None
        and end <= after[0] + GRAIN
        and not _goes_on(therapy.drug, end, scenario)
    ):
        when = "when" if end >= after[0] - GRAIN else "before"
        key = "stop" if therapy.for_ is None else "for"
        yield (
            f"{drug} ends at {say(end)}, {when} the assay at {say(after[0])} begins, and no assay lies between its "
            f"doses; let it go on until after that assay (`{key}`), or do the assay earlier (assay.at)."
        )


def _goes_on(drug: str, end: float, scenario: Scenario) -> bool:
    """Whether other doses of a drug follow, as where a table of doses (nonmem.py) is several therapies."""
    return any(other.drug == drug and other.start >= end - GRAIN for other in scenario.therapy)


def _hit(therapy: TherapyTable, scenario: Scenario) -> list[float]:
    """The assays in which doses begin [s]."""
    assays, duration = np.array(scenario.assay.at), scenario.run.duration
    times = np.array([dose.time for dose in therapy.doses(assays[-1] + duration)])
    first, end = (np.searchsorted(times, assays + later - GRAIN) for later in (0.0, duration))
    return assays[end > first].tolist()


def _remedy(therapy: TherapyTable, scenario: Scenario) -> str:
    """What keeps the doses out of all assays."""
    for hours in range(1, LATEST + 1):
        later = therapy.start + hours * HOUR
        if therapy.stop is not None and later >= therapy.stop:
            break
        if not _hit(therapy.model_copy(update={"start": later}), scenario):
            return f'start = "{say(later)}" leaves all assays free of doses'
    return "do the assays between doses (assay.at)"


def _listed(times: Sequence[float]) -> str:
    told = [say(time) for time in times]
    if len(told) > MOST_NAMED:
        told = [*told[: MOST_NAMED - 1], f"{len(told) - MOST_NAMED + 1} more"]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))
