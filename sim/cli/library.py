"""`glut4sim drugs` and `glut4sim effects`: the library behind hormones and therapies, with its sources."""

from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import Json
from glut4sim.sim.cli.terminal import print_json, print_table
from glut4sim.sim.inputs.errors import unknown

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.library import Drug, Effect

drugs = typer.Typer(help="The drugs that a therapy can give, with their sources and standing.", no_args_is_help=True)
effects = typer.Typer(help="Which hormone or drug acts on what, with sources and doubts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]


def _find(what: str, name: str, known: dict):
    from glut4sim.sim.inputs.fields import in_their_case

    name = in_their_case(name, known)
    if name not in known:
        raise unknown(what, name, known, see=f"See `glut4sim {what}s list`.")
    return known[name]


def _print_entries(entries: dict[str, str]) -> None:
    """Names and texts, one a line; what is empty is left out."""
    for name, text in entries.items():
        if text:
            typer.echo(f"  {name:<16} {text}")


# ---- drugs ----


@drugs.command("list")
def list_drugs(as_json: Json = False) -> None:
    """List all drugs: route, usual regimen, half-life, what they deliver or act on, evidence."""
    from glut4sim.sim.endocrine import library

    found = library.drugs().values()
    if as_json:
        print_json([_drug(drug) for drug in found])
        return
    columns = ("Name", "Route", "Usual regimen", "Half-life", "Delivers or acts on", "Evidence")
    rows = []
    for drug in found:
        entry = _drug(drug)
        acts = entry["delivers"] or ", ".join(entry["acts_on"])
        rows.append((drug.name, drug.route, drug.usual, entry["elimination_half_life"], acts, drug.evidence))
    print_table(None, dict.fromkeys(columns, "left"), rows)
    typer.echo("`glut4sim drugs show NAME` tells the rest, with source and regulatory standing. Not medical advice.")


@drugs.command("show")
def show_drug(name: Name, as_json: Json = False) -> None:
    """Show one drug: pharmacokinetics, target, source, evidence, and regulatory standing."""
    from glut4sim.sim.endocrine import library

    drug = _find("drug", name, library.drugs())
    entry = _drug(drug)
    if as_json:
        print_json(entry)
        return
    typer.echo(f"{drug.name}: {drug.title}")
    acts = [_brief(library.effects()[effect]) for effect in entry["effects"]]
    _print_entries(
        {
            "route": drug.route,
            "usual regimen": drug.usual,
            "absorption": f"half-life {entry['absorption_half_life']}" if entry["absorption_half_life"] else "at once",
            "elimination": f"half-life {entry['elimination_half_life']}",
            "bioavailability": entry["bioavailability"],
            "concentration": f"{entry['concentration_per_dose']} per {drug.dose_kind.unit} given, were none lost",
            "target": drug.target,
            "delivers": drug.delivers and library.levels()[drug.delivers].title,
            "acts on": "; ".join(acts),
            "evidence": drug.evidence,
            "source": drug.source,
            "standing": drug.standing,
        }
    )


def _drug(drug: "Drug") -> dict:
    """A drug as JSON holds it."""
    from math import isinf, log

    from glut4sim.sim.endocrine import library

    ka, ke, scale = drug.kinetics[:3]
    acting = [effect for effect in library.effects().values() if drug.name in (effect.driver, effect.opposed_by)]
    return {
        "name": drug.name,
        "title": drug.title,
        "route": drug.route,
        "usual": drug.usual,
        "absorption_half_life": "" if isinf(ka) else _half_life(log(2.0) / ka),
        "elimination_half_life": _half_life(log(2.0) / ke),
        "bioavailability": f"{drug.bioavailability:.3g}",
        "concentration_per_dose": f"{scale:.3g} {drug.unit}",
        "target": drug.target,
        "delivers": drug.delivers,
        "acts_on": [effect.target for effect in acting],
        "effects": [effect.name for effect in acting],
        "evidence": drug.evidence,
        "source": drug.source,
        "standing": drug.standing,
    }


def _half_life(seconds: float) -> str:
    """In the largest unit of which it is one or more, to three digits."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size * 0.999:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


# ---- effects ----


@effects.command("list")
def list_effects(as_json: Json = False) -> None:
    """List all effects: who acts on what, how strongly and how fast, in whom, on which evidence."""
    from glut4sim.sim.endocrine import library

    found = library.effects().values()
    if as_json:
        print_json([_effect(effect) for effect in found])
        return
    columns = ("Name", "Acts", "Strength", "Lag", "In", "Evidence")
    rows = []
    for e in found:
        entry = _effect(e)
        who = " ".join(filter(None, (e.sex, e.receptor and f"by {e.receptor}")))
        doubt = " (disputed)" if e.disagreement else ""
        rows.append((e.name, f"{e.driver} -> {e.target}", entry["strength"], entry["lag"], who, e.evidence + doubt))
    print_table(None, dict.fromkeys(columns, "left"), rows)
    typer.echo("`glut4sim effects show NAME` tells source and disagreement; [effects] in a scenario changes a number.")


@effects.command("show")
def show_effect(name: Name, as_json: Json = False) -> None:
    """Show one effect: its form and numbers, source, evidence, and where the literature disagrees."""
    from glut4sim.sim.endocrine import library
    from glut4sim.sim.endocrine.modulation import STEPS

    e = _find("effect", name, library.effects())
    entry = _effect(e)
    if as_json:
        print_json(entry)
        return
    typer.echo(f"{e.name}: {e.title}")
    step = f"{STEPS[e.target].title} (step of the cell)" if e.acts_on_cell else library.levels()[e.target].title
    low, high = e.plausible
    _print_entries(
        {
            "driver": library.substance(e.driver).title,
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


def _brief(effect: "Effect") -> str:
    from glut4sim.sim.endocrine.library import describe_strength

    return f"{effect.target}, {describe_strength(effect)} ({effect.name})"


def _effect(e: "Effect") -> dict:
    """An effect as JSON holds it."""
    from glut4sim.sim.endocrine import library
    from glut4sim.sim.endocrine.evidence import say

    form = {"power": e.power} if e.power is not None else {"gain": e.gain, "half": e.half, "hill": e.hill}
    unit = library.substance(e.driver).unit
    return {
        "name": e.name,
        "title": e.title,
        "driver": e.driver,
        "driver_unit": unit,
        "target": e.target,
        "acts_on_cell": e.acts_on_cell,
        "strength": library.describe_strength(e),
        **form,
        "plausible": list(e.plausible),
        "lag": say(e.lag) if e.lag else "",
        "stages": e.stages,
        "receptor": e.receptor,
        "sex": e.sex,
        "opposed_by": e.opposed_by,
        "opposed_half": f"{e.opposed_half:g} {library.levels()[e.opposed_by].unit}" if e.opposed_by else "",
        "kind": e.kind,
        "evidence": e.evidence,
        "source": e.source,
        "disagreement": e.disagreement,
    }
