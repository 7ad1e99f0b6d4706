"""`glut4sim hormones`, `drugs` and `effects`: the library behind therapies, and a scenario's own, with sources."""

from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import Json
from glut4sim.sim.cli.terminal import print_json, print_table
from glut4sim.sim.inputs.errors import unknown

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.known import Known
    from glut4sim.sim.endocrine.library import Drug, Effect, Level

hormones = typer.Typer(help="The hormones and what else circulates or makes up the body.", no_args_is_help=True)
drugs = typer.Typer(help="The drugs that a therapy can give, with their sources and standing.", no_args_is_help=True)
effects = typer.Typer(help="Which hormone or drug acts on what, with sources and doubts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
Of = Annotated[
    str | None,
    typer.Option("--scenario", metavar="SCENARIO", help="Also the hormones, drugs and effects of a scenario's own."),
]
NOT_KNOWN = "not known to us"


def _known(scenario: str | None) -> "Known":
    """All that is installed, and what a scenario has of its own."""
    from glut4sim.sim.endocrine.known import installed
    from glut4sim.sim.scenario.scenario import Scenario

    return installed() if scenario is None else Scenario.load(scenario).known


def _named(what: str, name: str, known: dict) -> str:
    """The name that the user means."""
    from glut4sim.sim.endocrine.names import named

    return named(what, name, known, see=f"See `glut4sim {what}s list`.")


def _print_entries(entries: dict[str, str]) -> None:
    """Names and texts, one a line; what is empty is left out."""
    for name, text in entries.items():
        if text:
            typer.echo(f"  {name:<16} {text}")


def _span(seconds: float) -> str:
    """In the largest unit of which it is one or more, to three digits."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size * 0.999:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


# ---- hormones ----


@hormones.command("list")
def list_hormones(scenario: Of = None, as_json: Json = False) -> None:
    """List all levels: what they are in the healthy, how fast they turn over, what else they are called."""
    known = _known(scenario)
    if as_json:
        print_json([_level(level, known) for level in known.levels.values()])
        return
    columns = ("Name", "Title", "Man", "Woman", "Half-life", "Also", "Evidence")
    rows = []
    for level in known.levels.values():
        entry = _level(level, known)
        about = (entry["man"], entry["woman"], entry["half_life"], ", ".join(level.also))
        rows.append((level.name, level.title, *about, level.evidence))
    print_table(None, dict.fromkeys(columns, "left"), rows)
    typer.echo("`glut4sim hormones show NAME` tells the rest, with the source.")


@hormones.command("show")
def show_hormone(name: Name, scenario: Of = None, as_json: Json = False) -> None:
    """Show one level: its reference and turnover, what acts on it, what it acts on, source and evidence."""
    known = _known(scenario)
    level = known.levels[_named("hormone", name, dict(known.levels))]
    entry = _level(level, known)
    if as_json:
        print_json(entry)
        return
    typer.echo(f"{level.name}: {level.title}")
    _print_entries(
        {
            "also called": ", ".join(level.also),
            "in the healthy": f"{entry['man']} in a man, {entry['woman']} in a woman",
            "half-life": entry["half_life"] or "does not turn over",
            "rhythm": level.rhythm,
            "given as": ", ".join(entry["delivered_by"]),
            "acted on by": "; ".join(_driver(known.effects[each], known) for each in entry["acted_on_by"]),
            "acts on": "; ".join(_brief(effect, known) for effect in _driven_by(level.name, known)),
            "evidence": level.evidence,
            "source": level.source,
        }
    )


def _level(level: "Level", known: "Known") -> dict:
    """A level as JSON holds it."""
    from math import log

    return {
        "name": level.name,
        "title": level.title,
        "also": list(level.also),
        "unit": level.unit,
        "man": level.kind.write(level.reference["man"]),
        "woman": level.kind.write(level.reference["woman"]),
        "half_life": _span(log(2.0) / level.rate) if level.rate else "",
        "rhythm": level.rhythm,
        "delivered_by": [drug.name for drug in known.drugs.values() if drug.delivers == level.name],
        "acted_on_by": [effect.name for effect in known.effects.values() if effect.target == level.name],
        "effects": [effect.name for effect in _driven_by(level.name, known)],
        "evidence": level.evidence,
        "source": level.source,
    }


# ---- drugs ----


@drugs.command("list")
def list_drugs(scenario: Of = None, as_json: Json = False) -> None:
    """List all drugs: route, usual regimen, half-life, what they deliver or act on, evidence."""
    known = _known(scenario)
    found = known.drugs.values()
    if as_json:
        print_json([_drug(drug, known) for drug in found])
        return
    columns = ("Name", "Route", "Usual regimen", "Half-life", "Delivers or acts on", "Evidence")
    rows = []
    for drug in found:
        entry = _drug(drug, known)
        acts = entry["delivers"] or ", ".join(entry["acts_on"])
        rows.append((drug.name, drug.route, drug.usual, entry["elimination_half_life"], acts, drug.evidence))
    print_table(None, dict.fromkeys(columns, "left"), rows)
    typer.echo("`glut4sim drugs show NAME` tells the rest, with source and regulatory standing. Not medical advice.")


@drugs.command("show")
def show_drug(name: Name, scenario: Of = None, as_json: Json = False) -> None:
    """Show one drug: class, doses, its course against the source's, what it meets in the model, and its standing."""
    from glut4sim.sim.endocrine.evidence import RULES

    known = _known(scenario)
    drug = known.drugs[_named("drug", name, dict(known.drugs))]
    entry = _drug(drug, known)
    if as_json:
        print_json(entry)
        return
    typer.echo(f"{drug.name}: {drug.title}")
    _print_entries(
        {
            "also called": ", ".join(drug.also),
            "class": drug.family or NOT_KNOWN,
            "route": drug.route,
            "usual regimen": drug.usual,
            "doses studied": drug.doses_studied or NOT_KNOWN,
            "absorption": f"half-life {entry['absorption_half_life']}" if entry["absorption_half_life"] else "at once",
            "elimination": f"half-life {entry['elimination_half_life']}"
            + (f", then {entry['terminal_half_life']}" if entry["terminal_half_life"] else ""),
            "bioavailability": entry["bioavailability"],
            "concentration": f"{entry['concentration_per_dose']} per {drug.dose_kind.unit} given, were none lost",
            "target": drug.target,
            "delivers": drug.delivers and known.levels[drug.delivers].title,
            "acts on": "; ".join(_brief(effect, known) for effect in _driven_by(drug.name, known)),
        }
    )
    for course in entry["courses"]:
        typer.echo(f"  {'one dose':<16} {course['dose']}: {_course(course['computed'])} (computed)")
        for said in course["published"]:
            typer.echo(f"  {'':<16} {_course(said)} ({said['evidence']}: {said['source']})")
    if not drug.published:
        typer.echo(f"  {'':<16} peak, area and half-life as published: {NOT_KNOWN}")
    for i, line in enumerate(entry["meets"] or ["nothing else in the model"]):
        typer.echo(f"  {'' if i else 'meets':<16} {line}")
    dated = f" (written {drug.standing_as_of}; to our knowledge)" if drug.standing_as_of else ""
    _print_entries(
        {"evidence": drug.evidence, "source": drug.source, "standing": drug.standing + dated, "rules": RULES}
    )


def _course(course: dict) -> str:
    """Peak, area and half-life of a dose in words."""
    peak = ", ".join(filter(None, (course["peak"], course["peak_time"] and f"{course['peak_time']} after the dose")))
    told = {"peak": peak, "area": course["area"], "half-life": course["half_life"]}
    return ", ".join(f"{name} {text}" for name, text in told.items() if text)


def _drug(drug: "Drug", known: "Known") -> dict:
    """A drug as JSON holds it."""
    from math import isinf, log

    from glut4sim.sim.endocrine.evidence import RULES

    ka, ke, terminal = drug.kinetics.absorption_rate, drug.kinetics.elimination_rate, drug.kinetics.terminal_rate
    at_once = sum(scale for _, scale in drug.kinetics.phases)
    acting = [effect for effect in known.effects.values() if drug.name in (effect.driver, effect.opposed_by)]
    return {
        "name": drug.name,
        "title": drug.title,
        "also": list(drug.also),
        "class": drug.family,
        "route": drug.route,
        "usual": drug.usual,
        "doses_studied": drug.doses_studied,
        "absorption_half_life": "" if isinf(ka) else _span(log(2.0) / ka),
        "elimination_half_life": _span(log(2.0) / ke),
        "terminal_half_life": _span(log(2.0) / terminal) if len(drug.kinetics.phases) > 1 else "",
        "bioavailability": f"{drug.bioavailability:.3g}",
        "concentration_per_dose": f"{at_once:.3g} {drug.unit}",
        "target": drug.target,
        "delivers": drug.delivers,
        "acts_on": [effect.target for effect in acting],
        "effects": [effect.name for effect in acting],
        "courses": _courses(drug),
        "meets": _meets(drug, known),
        "evidence": drug.evidence,
        "source": drug.source,
        "standing": drug.standing,
        "standing_as_of": drug.standing_as_of,
        "rules": RULES,
    }


def _courses(drug: "Drug") -> list[dict]:
    """What single doses come to, as computed, each with what was published of it; the usual one among them."""
    from glut4sim.sim.endocrine.exposure import exposure

    found = []
    for amount in sorted({drug.usual_amount, *(said.amount for said in drug.published)}):
        one = exposure(drug.kinetics, amount)
        computed = {
            "peak": f"{one.peak:.3g} {drug.unit}",
            "peak_time": _span(one.peak_time) if one.peak_time else "",
            "area": f"{one.area / 3600.0:.3g} {drug.unit} h",
            "half_life": _span(one.half_life),
        }
        told = ("peak", "peak_time", "area", "half_life", "source", "evidence")
        same = [{key: getattr(said, key) for key in told} for said in drug.published if said.amount == amount]
        found.append({"dose": drug.dose_kind.write(amount), "computed": computed, "published": same})
    return found


def _meets(drug: "Drug", known: "Known") -> list[str]:
    """Which other drugs and levels the model has it meet, and where, a line each."""
    lines = []
    own = _driven_by(drug.name, known)
    for level in dict.fromkeys([drug.delivers, *(e.target for e in own if not e.acts_on_cell)]):
        others = [other.name for other in known.drugs.values() if other.delivers == level != ""]
        others += [e.driver for e in known.effects.values() if e.target == level and e.driver in known.drugs]
        others = [other for other in dict.fromkeys(others) if other != drug.name]
        if others:
            lines.append(f"{', '.join(others)}: they reach the same level, {level}")
    if drug.delivers:
        onward = [e.target for e in known.effects.values() if e.driver == drug.delivers]
        lines += [f"what {drug.delivers} acts on: {', '.join(dict.fromkeys(onward))}"] if onward else []
    for effect in known.effects.values():
        if effect.opposed_by and drug.name == effect.driver:
            lines.append(f"{effect.opposed_by}, which takes its effect on {effect.target} away ({effect.name})")
        if effect.opposed_by in (drug.name, drug.delivers or drug.name):
            lines.append(f"{effect.driver}, whose effect on {effect.target} it takes away ({effect.name})")
    receptors = sorted({effect.receptor for effect in own} - {""})
    lines += [f"blocked {receptor}: it does nothing then" for receptor in receptors]
    return lines


# ---- effects ----


@effects.command("list")
def list_effects(scenario: Of = None, as_json: Json = False) -> None:
    """List all effects: who acts on what, how strongly and how fast, in whom, on which evidence."""
    known = _known(scenario)
    if as_json:
        print_json([_effect(effect, known) for effect in known.effects.values()])
        return
    columns = ("Name", "Acts", "Strength", "Lag", "In", "Evidence")
    rows = []
    for e in known.effects.values():
        entry = _effect(e, known)
        who = " ".join(filter(None, (e.sex, e.receptor and f"by {e.receptor}")))
        doubt = " (disputed)" if e.disagreement else ""
        rows.append((e.name, f"{e.driver} -> {e.target}", entry["strength"], entry["lag"], who, e.evidence + doubt))
    print_table(None, dict.fromkeys(columns, "left"), rows)
    typer.echo("`glut4sim effects show NAME` tells source and disagreement; [effects] in a scenario changes a number.")


@effects.command("show")
def show_effect(name: Name, scenario: Of = None, as_json: Json = False) -> None:
    """Show one effect: its form and numbers, source, evidence, and where the literature disagrees."""
    from glut4sim.sim.endocrine.modulation import STEPS
    from glut4sim.sim.inputs.fields import in_their_case

    known = _known(scenario)
    name = in_their_case(name, known.effects)
    if name not in known.effects:
        raise unknown("effect", name, known.effects, see="See `glut4sim effects list`.")
    e = known.effects[name]
    entry = _effect(e, known)
    if as_json:
        print_json(entry)
        return
    typer.echo(f"{e.name}: {e.title}")
    step = f"{STEPS[e.target].title} (step of the cell)" if e.acts_on_cell else known.levels[e.target].title
    low, high = e.plausible
    _print_entries(
        {
            "driver": known.substance(e.driver).title,
            "target": step,
            "strength": entry["strength"],
            "plausible": f"{'gain' if e.power is None else 'power'} of {low:g} to {high:g}",
            "lag": entry["lag"],
            "opposed by": entry["opposed_by"] and f"{e.opposed_by}, half at {entry['opposed_half']}",
            "receptor": e.receptor,
            "only in": e.sex,
            "kind": e.kind,
            "evidence": e.evidence,
            "source": e.source,
            "disagreement": e.disagreement,
        }
    )


def _driven_by(name: str, known: "Known") -> list["Effect"]:
    return [effect for effect in known.effects.values() if effect.driver == name]


def _brief(effect: "Effect", known: "Known") -> str:
    return f"{effect.target}, {known.describe_strength(effect)} ({effect.name})"


def _driver(effect: "Effect", known: "Known") -> str:
    return f"{effect.driver}, {known.describe_strength(effect)} ({effect.name})"


def _effect(e: "Effect", known: "Known") -> dict:
    """An effect as JSON holds it."""
    from glut4sim.sim.endocrine.evidence import say

    form = {"power": e.power} if e.power is not None else {"gain": e.gain, "half": e.half, "hill": e.hill}
    return {
        "name": e.name,
        "title": e.title,
        "driver": e.driver,
        "driver_unit": known.substance(e.driver).unit,
        "target": e.target,
        "acts_on_cell": e.acts_on_cell,
        "strength": known.describe_strength(e),
        **form,
        "plausible": list(e.plausible),
        "lag": say(e.lag) if e.lag else "",
        "stages": e.stages,
        "receptor": e.receptor,
        "sex": e.sex,
        "opposed_by": e.opposed_by,
        "opposed_half": f"{e.opposed_half:g} {known.substance(e.opposed_by).unit}" if e.opposed_by else "",
        "kind": e.kind,
        "evidence": e.evidence,
        "source": e.source,
        "disagreement": e.disagreement,
    }
