"""What scenarios are called beside one another: labels that a user gives, else titles, told apart by what differs.

A file's name says where a scenario lies, a title what it is; so its title labels what nobody has named. Where two have
the same title, as one that was changed by hand has that of the one it was, the value that differs says more than a
number would. That holds for few and short ones; beyond that only the user knows what matters, and is asked for labels.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.scenario.differences import NOT_SET, Difference, differences
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

# what functions take that run several: a name or a path of a scenario does as well
Several = Mapping[str, Scenario | PlaceLike] | Sequence[Scenario | PlaceLike | tuple[str | None, Scenario | PlaceLike]]

EXAMPLE = "low=men/hypogonadal"
MOST_VALUES, MOST_LETTERS = 2, 80  # that tell scenarios of one title apart
LONGEST = 60  # letters of a label that the name of a directory has


def split_label(text: str) -> tuple[str | None, str]:
    """The label and the scenario of LABEL=SCENARIO; None and the scenario where there is no label.

    A file whose name has the sign in it, and an address, are meant as a whole.
    """
    label, equals, source = text.partition("=")
    if not equals or "://" in label or text in SCENARIOS.names() or os.path.lexists(text):
        return None, text
    if not source.strip():
        raise InputError(f"expected a label and a scenario such as {EXAMPLE}, got no scenario.", place=text)
    try:
        return read_label(label), source.strip()
    except InputError as error:
        raise error.within(place=text) from None


def read_label(label: object) -> str:
    """A label on one line; InputError unless it is text that can be read."""
    if not isinstance(label, str):
        raise InputError(f"expected a label as text, got {describe(label)}.")
    text = " ".join(label.split())
    if not text or not text.isprintable():
        found = describe(label) if text else "an empty one"
        raise InputError(f"expected a label such as {describe(EXAMPLE.partition('=')[0])}, got {found}.")
    return text


def rows_of(scenarios: Several) -> list[tuple[str | None, Scenario]]:
    """Scenarios in a row, each with the label that a user gives it, None for its title."""
    given = scenarios.items() if isinstance(scenarios, Mapping) else scenarios
    rows = (row if isinstance(row, tuple) else (None, row) for row in given)
    return [(label, s if isinstance(s, Scenario) else Scenario.load(s)) for label, s in rows]


def labelled(named: Iterable[tuple[str | None, Scenario]]) -> dict[str, Scenario]:
    """Scenarios of one assay each, by label and in their order.

    Parameters
    ----------
    named
        scenarios with the labels that a user gives them, None for their titles. Of a scenario with several assays, each
        is labelled "LABEL at 14 d"

    Raises
    ------
    InputError
        if a label is no text, or stands for several scenarios that do not differ in few and short values
    """
    rows = list(named)
    stories = [scenario.story for _, scenario in rows]
    alike = all(story.told == stories[0].told for story in stories)  # what was changed in all tells none from another
    entries: list[tuple[str, bool, Scenario]] = []
    for (label, scenario), story in zip(rows, stories):
        title = (story.title if alike else scenario.title) or scenario.name
        name = title if label is None else read_label(label)
        several = len(scenario.assays) > 1
        for assay in scenario.assays:
            at = f" at {say(assay.assay.at[0])}" if several else ""
            entries.append((name + at, label is None, assay))
    labels = [entry[0] for entry in entries]
    for name in dict.fromkeys(labels):
        same = [i for i, label in enumerate(labels) if label == name]
        if len(same) == 1:
            continue
        if not all(entries[i][1] for i in same):
            raise InputError(f"the label {describe(name)} stands for {len(same)} conditions; give each one of its own.")
        for i, label in zip(same, _told_apart(name, [entries[i][2] for i in same])):
            labels[i] = label
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise _no_label(twice, labels.count(twice), "say the same")
    return {label: scenario for label, (_, _, scenario) in zip(labels, entries)}


def folder_name(label: str) -> str:
    """A name for a directory, of what a label says: "men-trt-at-28-d"; it may be empty."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", label)[:LONGEST].strip("-")


def folder_names(labels: Iterable[str]) -> dict[str, str]:
    """A directory for each label, in one that holds them all: "0-low"."""
    return {label: f"{i}-{folder_name(label)}".strip("-") for i, label in enumerate(labels)}


def _told_apart(title: str, scenarios: Sequence[Scenario]) -> list[str]:
    """Labels for scenarios of one title."""
    found = differences(scenarios)
    if not found:
        raise _no_label(title, len(scenarios), "say the same")
    labels = [", ".join([title, *(_say(one, i) for one in found)]) for i in range(len(scenarios))]
    if len(found) > MOST_VALUES or max(map(len, labels)) > len(title) + MOST_LETTERS:
        raise _no_label(title, len(scenarios), f"differ in {', '.join(one.path for one in found[:4])}")
    return labels


def _say(difference: Difference, i: int) -> str:
    value = difference.values[i]
    return f"without {difference.key}" if value == NOT_SET else f"{difference.key} {value}"


def _no_label(title: str, count: int, why: str) -> InputError:
    return InputError(
        f"{count} conditions are called {describe(title)} and {why}; give each a label, such as {EXAMPLE}."
    )
