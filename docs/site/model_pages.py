"""Pages of the site about the model: equations out of the code, numbers out of the data, each with its source."""

import inspect
from collections.abc import Iterator, Mapping

import equations
from equations import Equation, Function, display, inline, remarks, variable

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.model import signalling
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.reporting.markdown import literal, table
from glut4sim.sim.reporting.numbers import rounded

KINDS = {"receptor": receptor, "vesicle": vesicle, "glucose": glucose}
MADE = "*Made from the code and the data of this version.*"


def pages() -> Mapping[str, str]:
    """Path within the site -> the text of a page."""
    found = {f"model/{name}.md": _kind(name) for name in KINDS} | {"model/signalling.md": _signalling()}
    found |= {f"model/{name}.md": _preset(name) for name in PRESETS.names()}
    found["model/levels.md"] = _page("Levels of hormones and of the body", _levels())
    found["model/drugs.md"] = _page("Drugs", _drugs())
    found["model/effects.md"] = _page("Effects of hormones and drugs", _effects())
    return found


def _page(title: str, text: str) -> str:
    return f"# {title}\n\n{MADE}\n\n{text}\n"


def _kind(name: str) -> str:
    """States, transitions with their rates, and parameters of an agent kind."""
    kind = KINDS[name]
    title, _, words = inspect.getdoc(kind).partition("\n\n")  # type: ignore[union-attr]
    rates = Function(kind.rates, kind.Parameters)
    said = remarks(kind.State)
    states = table(("State", "What it is"), [(s.name.lower(), said[s.name]) for s in kind.State], "ll")
    flows = ["| From | To | Rate [1/s] |", "| --- | --- | --- |"]
    for (source, target), rate in zip(kind.TRANSITIONS, rates.returned, strict=True):
        flows.append(f"| {literal(source.name.lower())} | {literal(target.name.lower())} | {inline(rate)} |")
    shared = display(rates.equations) + "\n\n" if rates.equations else ""
    if kind is glucose:
        shared = f"{_glucose()}\n\n{shared}"
    told = (words, f"## States\n\n{states}", f"## Transitions\n\n{shared}" + "\n".join(flows), _meanings(kind, name))
    return _page(title.rstrip("."), "\n\n".join(told))


def _glucose() -> str:
    """What glucose meets and how carriers work, as equations."""
    around = Function(glucose.environment, glucose.Parameters)
    clearance = Function(glucose.clearance, glucose.Parameters)
    fields = map(variable, glucose.Environment._fields)
    lines = [*around.equations, *map(Equation, fields, around.returned), *clearance.equations]
    left = f"{variable('clearance')}<mo>(</mo>{variable('glut4')}<mo>,</mo>{variable('concentration')}<mo>)</mo>"
    return display([*lines, Equation(left, clearance.returned[0])])


def _signalling() -> str:
    title, _, words = inspect.getdoc(signalling).partition("\n\n")  # type: ignore[union-attr]
    function = Function(signalling.derivative, signalling.Parameters, signalling.SPECIES)
    told = (words, f"## Equations\n\n{display(function.equations)}", _meanings(signalling, "signalling"))
    return _page(title.rstrip("."), "\n\n".join(told))


def _meanings(module, section: str) -> str:
    """What each parameter is, its unit, and its value in each cell."""
    said, units = remarks(module.Parameters), equations.units(module.Parameters)
    rows = [(f"{section}.{name}", said[name], unit) for name, unit in units.items()]
    what = table(("Parameter", "What it is", "Unit in the equations"), rows, "lll")
    links = ", ".join(f"[{load_preset(name).title}]({name}.md)" for name in PRESETS.names())
    return f"## Parameters\n\nValues and sources: {links}.\n\n{what}"


def _preset(name: str) -> str:
    preset = load_preset(name)
    counts = ", ".join(f"{number} {evidence}" for evidence, number in preset.counts().items())
    rows = []
    for p in preset.parameters.values():
        evidence = f"{p.evidence}, fit {p.fit}" if p.fit else p.evidence
        rows.append((p.name, str(p), f"{p.low:g} to {p.high:g}", evidence, p.source))
    head = ("Parameter", "Value", "Plausible range", "Evidence", "Source")
    words = f"Preset `{name}`: {len(rows)} values, {counts}."
    return _page(preset.title, f"{words}\n\n{table(head, rows, 'lllll')}")


def _levels() -> str:
    rows = [
        (level.title, name, *(_of(level, sex) for sex in library.SEXES), level.evidence, level.source)
        for name, level in library.levels().items()
    ]
    head = ("Level", "Name", "Healthy man of 30", "Healthy woman of 30", "Evidence", "Source")
    return table(head, rows, "llllll")


def _of(level: library.Level, sex: str) -> str:
    return f"{rounded(level.reference[sex])} {level.unit}"


def _drugs() -> str:
    rows = [
        (drug.title, name, drug.usual, drug.evidence, drug.source, drug.standing)
        for name, drug in library.drugs().items()
    ]
    return "Nothing here is medical advice.\n\n" + table(
        ("Drug", "Name", "Usual", "Evidence", "Source", "Regulatory standing"), rows, "llllll"
    )


def _effects() -> str:
    rows = [tuple(_effect(effect)) for effect in library.effects().values()]
    steps = table(("Step", "What is multiplied"), [(name, step.title) for name, step in STEPS.items()], "ll")
    head = ("Effect", "What it says", "Driver", "Target", "Strength", "Plausible", "Evidence", "Source", "Disagreement")
    return f"Steps of the cell on which hormones act:\n\n{steps}\n\n{table(head, rows, 'lllllllll')}"


def _effect(effect: library.Effect) -> Iterator[str]:
    strength = f"power {effect.power:g}" if effect.power is not None else f"gain {effect.gain:g}"
    low, high = effect.plausible
    yield from (effect.name, effect.title, effect.driver, effect.target, strength, f"{low:g} to {high:g}")
    yield from (effect.evidence, effect.source, effect.disagreement or "")
