"""Whose words a scenario has: title and description are about what the file says that holds them.

A file that extends another and changes what is simulated inherits neither: it has a title of its own, or its name, and
a description of its own, or one that says from what it was changed and in what. How finely and how often something is
simulated changes nothing of what it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from glut4sim.sim.inputs.errors import describe
from glut4sim.sim.inputs.files import Layer, changes, merge

_AGENTS = (f"cell.{key}" for key in ("vesicles", "receptors", "glucose_agents"))
HOW = {*_AGENTS, *(f"run.{key}" for key in ("step", "record_every", "replicates", "seed", "events"))}
MOST_CHANGES = 6  # that a description tells


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
    return {path: value for path, value in changed.items() if path not in ("title", "description")}


def _account(files: Sequence[Layer], changed: Mapping[str, Any]) -> str:
    """From what a scenario was changed, and in what."""
    nearest = next(layer for layer in reversed(files) if "description" in layer.table)
    title = nearest.table.get("title")
    told = [path if isinstance(value, list) else f"{path} = {value}" for path, value in changed.items()]
    more = [f"and {len(told) - MOST_CHANGES} more"] if len(told) > MOST_CHANGES else []
    base = describe(title) if isinstance(title, str) and title else "a scenario without a title"
    return f"Changed from {base}: {', '.join([*told[:MOST_CHANGES], *more])}."
