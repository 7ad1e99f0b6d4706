"""What a command that met a fault may do, and how many did what."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

ENDINGS = {0: "done", 2: "input refused", 3: "surroundings failed"}
SAID = 200  # characters of what was said, at most, in a report
_SIGNALS = {129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM"}


class Ended(NamedTuple):
    """A command that has ended: with which status, after which lines. A status below 0 is a signal that killed it."""

    status: int
    out: str
    err: str


class Case(NamedTuple):
    """A command that met a fault.

    Attributes
    ----------
    label : what was done, so that it can be done again
    ending : how it ended, in a word or two that many cases share
    fault : what is not as it has to be, or nothing
    """

    label: str
    ending: str
    fault: str | None


def ending(ended: Ended) -> str:
    """How a command ended, as the report counts it."""
    status = ended.status
    if status > 128:
        return f"stopped by {_SIGNALS.get(status, status - 128)}"
    return ENDINGS.get(status, f"status {status}")


def fault(ended: Ended, allowed: Iterable[int] = (0, 2, 3)) -> str | None:
    """What is wrong with an end.

    A command is done, or says in one clear line why it is not; before it, warnings may be said, a line each.
    """
    lines = [line for line in ended.err.splitlines() if not line.startswith("Warning: ")]
    if "Traceback" in ended.err or "fault of its own" in ended.err:
        return f"status {ended.status} and a fault of our own: {lines[-1][:SAID]}"
    if ended.status not in allowed:
        return f"status {ended.status}: {(lines or [''])[-1][:SAID]}"
    if ended.status == 0 and lines:
        return f"done, and yet it complains: {lines[0][:SAID]}"
    if ended.status == 2 and not lines and "Usage:" in ended.out:
        return None  # a command without its second word prints its help
    if ended.status > 0 and len(lines) != 1:
        return f"status {ended.status} and {len(lines)} lines: {' / '.join(lines)[:SAID]}"
    return None


def judged(label: str, ended: Ended, allowed: Iterable[int] = (0, 2, 3), also: str | None = None) -> Case:
    """A case by how its command ended, and what else is wrong."""
    return Case(label, ending(ended), fault(ended, allowed) or also)


class Tally(NamedTuple):
    """All cases of one kind.

    Attributes
    ----------
    kind : name
    what : what is done to the program, and what has to come of it, in a sentence or two
    cases
    facts : what else was counted, such as how many results were gone on with to the same bits
    """

    kind: str
    what: str
    cases: list[Case]
    facts: Mapping[str, int]

    def content(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "what": self.what,
            "cases": len(self.cases),
            "endings": dict(Counter(case.ending for case in self.cases).most_common()),
            "facts": dict(self.facts),
            "faults": [{"label": case.label, "fault": case.fault} for case in self.cases if case.fault],
        }

    def to_json(self, about: Mapping[str, Any]) -> str:
        """The content, and about how it was made."""
        return json.dumps({**about, **self.content()}, indent=2, ensure_ascii=False) + "\n"
