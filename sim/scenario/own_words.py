"""Whose words a scenario has: title and description are about what the file says that holds them.

A file that extends another and changes what is simulated is another scenario, and inherits neither: it has a title of
its own, or its name, and a description of its own, or one that says from what it was changed and in what. How finely
and how often something is simulated changes nothing of what it is.

What is changed by hand, as by `--set`, is still that scenario, changed: its title is followed by what was set, the size
of the cell too, and its description is given as that of the one it was. What changes no cell is not told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from glut4sim.sim.endocrine.tables import OWN
from glut4sim.sim.inputs.errors import describe
from glut4sim.sim.inputs.files import Layer, changes, merge

WORDS = ("title", "description")
UNTOLD = {*WORDS, *(f"run.{key}" for key in ("seed", "replicates", "record_every", "events"))}  # change no cell
HOW = {*UNTOLD, "run.step", *(f"cell.{key}" for key in ("vesicles", "receptors", "glucose_agents"))}
MOST_CHANGES = 6  # that a description tells
MOST_SAID = 3  # changes that a title tells one by one
LONGEST = 40  # characters of a value in it


# ---- files ----


def own_words(files: Sequence[Layer]) -> list[Layer]:
    """What to put upon files, the farthest ancestor first: a layer, or none where all words hold."""
    described = merge(files).get("description")  # first, as it refuses what is nested too deeply
    words = {"title": ""} if _changed_after(files, "title") else {}
    changed = _changed_after(files, "description")
    if changed and isinstance(described, str) and described.strip():
        words["description"] = _account(files, changed)
    return [Layer(files[-1].place, words)] if words else []


def _changed_after(layers: Sequence[Layer], word: str) -> dict[str, Any]:
    """What layers change after the last one that says a word; nothing if none does."""
    says = [i for i, layer in enumerate(layers) if word in layer.table]
    changed: dict[str, Any] = {}
    for i in range(says[-1] + 1, len(layers)) if says else ():
        found = changes(merge(layers[:i]), layers[i].table)
        changed |= {path: value for path, value in found.items() if path not in HOW}
    return changed


def _account(files: Sequence[Layer], changed: Mapping[str, Any]) -> str:
    """From what a scenario was changed, and in what."""
    nearest = next(layer for layer in reversed(files) if "description" in layer.table)
    title = nearest.table.get("title")
    told = list(dict.fromkeys(_account_of(path, value) for path, value in changed.items()))
    more = [f"and {len(told) - MOST_CHANGES} more"] if len(told) > MOST_CHANGES else []
    base = describe(title) if isinstance(title, str) and title else "a scenario without a title"
    return f"Changed from {base}: {', '.join([*told[:MOST_CHANGES], *more])}."


def _account_of(path: str, value: Any) -> str:
    """A value in an account; of what a scenario defines, such as a drug of its own, the name is enough."""
    table, _, name = path.partition(".")
    if table in OWN:
        return f"{table}.{name.partition('.')[0]}"
    return path if isinstance(value, list) else f"{path} = {value}"


# ---- changes by hand ----


class Story(NamedTuple):
    """What a content is called without its changes, and the changes that are told: path -> value."""

    title: str
    description: str
    told: dict[str, Any]


def tell(content: dict, values: Mapping[str, Any], name: str, before: Story | None = None) -> Story:
    """Say in title and description of a content what was changed in it; what the user writes there stays.

    The title is followed by the changes. The description, which is that of the content before, is given as such.

    Parameters
    ----------
    content : with its changes made; is changed in place
    values : path -> value that was set
    name : of the content before
    before : of the content before, if changes are told there already
    """
    now = {key: content.get(key, "") for key in WORDS}
    title, description, told = before or Story(**now, told={})
    told = told | {path: value for path, value in values.items() if path not in UNTOLD}
    if told and all(isinstance(text, str) for text in now.values()):  # else they are refused, as they are
        if "title" not in values:
            content["title"] = f"{title or name}, {say(told)}"
        if "description" not in values:
            content["description"] = f"As {name}, but {say(told)}.{f' Of {name}: {description}' if description else ''}"
    if "title" in values:
        title, told = now["title"], {}
    return Story(title, now["description"] if "description" in values else description, told)


def say(values: Mapping[str, object]) -> str:
    """What was set, as a title says it: "bath.insulin = 5 nM, therapy.0.dose = 200 mg"."""
    told = [f"{path} = {_told(value)}" for path, value in values.items()]
    if len(told) > MOST_SAID + 1:
        told = [*told[:MOST_SAID], f"and {len(told) - MOST_SAID} more"]
    return ", ".join(told)


def _told(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if isinstance(value, str | int | float) and len(text) <= LONGEST else describe(value)
