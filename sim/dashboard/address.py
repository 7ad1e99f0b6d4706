"""A page's state as the query of its address, so that reloading, going back and a shared link restore it to the bit.

    ?scenario=men/trt&set=cell.vesicles=5000&seed=3&day=7257600.0&change=600.0:insulin:10.0&twin=testosterone:220.0&time=1200.0

`set` is a change of the installed scenario, its value as JSON; `text`, in its place, is a whole scenario that does not
follow from an installed one by such changes. A change without a value is a return to the plan; a twin that differs
from a moment on has that too. `body=1800.0:meal:78.0` is something done to a body; `show=expected` lays something
behind the charts, and `pin` another run, whose query it is. Times are in seconds.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from glut4sim.sim.dashboard.body_run import Action
from glut4sim.sim.dashboard.live import Difference, LiveChange, Recipe, prepared
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import parse
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

LONGEST = 30_000  # characters of a query; servers and browsers cut off what is much longer
LARGEST = 1_000_000  # characters of a scenario that a query may hold


class Shown(NamedTuple):
    """What a page shows.

    Attributes
    ----------
    time : how far the run has come [s]
    actions : what was done to the body by hand
    kinds, pins
        what is behind the charts, as of overlays.Behind; of pins recipe and time
    """

    recipe: Recipe
    time: float
    actions: tuple[Action, ...] = ()
    kinds: tuple[str, ...] = ()
    pins: tuple[tuple[Recipe, float], ...] = ()


def write(
    recipe: Recipe,
    actions: Iterable[Action] = (),
    kinds: Iterable[str] = (),
    pins: Iterable[tuple[Recipe, float]] = (),
) -> str:
    """The query of what a page shows, as Shown has it, at the start of its run; empty if it would be too long."""
    parts = _scenario_parts(recipe.base)
    if recipe.day is not None and recipe.day != recipe.base.assay.at[-1]:
        parts.append(("day", repr(recipe.day)))
    for time, name, value in recipe.changes:
        parts.append(("change", f"{time!r}:{name}:{'' if value is None else repr(value)}"))
    if recipe.difference is not None:
        name, value, since = recipe.difference.name, recipe.difference.value, recipe.difference.since
        parts.append(("twin", f"{name}:{value!r}" + ("" if since is None else f":{since!r}")))
    parts += [("body", f"{time!r}:{what}:{amount!r}") for time, what, amount in actions]
    parts += [("show", kind) for kind in kinds]
    parts += [("pin", at(write(pinned), time)) for pinned, time in pins]
    query = urlencode(parts, safe=':/=",.[] ')
    query = query.replace(" ", "+")
    return query if len(query) <= LONGEST else ""


def at(query: str, time: float) -> str:
    """A query of `write`, with how far the run has come [s]."""
    return f"{query}&time={time!r}" if query and time else query


def read(query: str) -> Shown:
    """What `write` and `at` have written; InputError if it makes no sense."""
    try:
        parts = parse_qs(query, keep_blank_values=True, strict_parsing=True)
        base = _scenario(parts)
        day = float(parts["day"][0]) if "day" in parts else None
        changes = tuple(_change(text) for text in parts.get("change", []))
        difference = _difference(parts["twin"][0]) if "twin" in parts else None
        actions = tuple(_action(text) for text in parts.get("body", []))
        pins = tuple(_pin(text) for text in parts.get("pin", []))
        recipe = Recipe(base, day, difference, changes)
        return Shown(recipe, float(parts.get("time", ["0"])[0]), actions, tuple(parts.get("show", [])), pins)
    except (ValueError, KeyError, binascii.Error, zlib.error) as error:
        raise InputError(
            f"cannot be read: {error}; open the page without what follows the question mark.", "address"
        ) from None


# ---- its scenario ----


def _scenario_parts(base: Scenario) -> list[tuple[str, str]]:
    """Of an installed scenario and what was changed in it; else of its whole text."""
    if base.name in SCENARIOS.names():
        told = base.story.told
        plain = prepared(_changed(base.name, told, {}))
        untold = _differing(plain.resolved(), base.resolved())
        if untold is not None and prepared(_changed(base.name, told, untold)) == base:
            parts = [("scenario", base.name)]
            parts += [("set", f"{path}={_json(value)}") for path, value in told.items()]
            return parts + [("also", f"{path}={_json(value)}") for path, value in untold.items()]
    text = base64.urlsafe_b64encode(zlib.compress(base.to_toml().encode(), 9)).decode().rstrip("=")
    return [("name", base.name), ("text", text)]


def _scenario(parts: dict[str, list[str]]) -> Scenario:
    if "text" in parts:
        packed = parts["text"][0]
        reader = zlib.decompressobj()
        text = reader.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), LARGEST)
        return Scenario.from_table(parse(text.decode()), parts.get("name", ["scenario"])[0])
    name = parts["scenario"][0]
    if name not in SCENARIOS.names():  # no file of this machine, and nothing at other addresses
        raise ValueError(f'there is no scenario "{name}"')
    return _changed(name, *(dict(map(_setting, parts.get(key, []))) for key in ("set", "also")))


def _changed(name: str, told: dict[str, Any], untold: dict[str, Any]) -> Scenario:
    scenario = Scenario.load(name)
    if told:
        scenario = scenario.replaced(told)
    return scenario.replaced(untold, told=False) if untold else scenario


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    """Values by path that are others, or are new; None if any are gone."""
    found, rest = {}, [("", before, after)]
    while rest:
        path, old, new = rest.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            if old.keys() - new.keys():
                return None
            rest += [(f"{path}.{key}" if path else key, old.get(key), value) for key, value in new.items()]
        elif old != new:
            found[path] = new
    return found


def _setting(text: str) -> tuple[str, Any]:
    path, _, value = text.partition("=")
    return path, json.loads(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


# ---- what was done by hand ----


def _change(text: str) -> LiveChange:
    time, name, value = text.split(":")
    return LiveChange(float(time), name, float(value) if value else None)


def _pin(text: str) -> tuple[Recipe, float]:
    recipe, time, *_ = read(text)
    return recipe._replace(base=prepared(recipe.base)), time


def _action(text: str) -> Action:
    time, what, amount = text.split(":")
    action = Action(float(time), what, float(amount))
    action.check()
    return action


def _difference(text: str) -> Difference:
    name, value, *since = text.split(":")
    return Difference(name, float(value), float(since[0]) if since else None)
