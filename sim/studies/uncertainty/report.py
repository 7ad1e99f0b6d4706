"""The words of a study of uncertainty, from what uncertainty.json says: a table, a verdict, and the report."""

from collections.abc import Mapping

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.uncertainty import KINDS
from glut4sim.sim.model import plausibility
from glut4sim.sim.reporting.numbers import NONE, counted, plus_minus, rounded, symbol
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.templates import render

PARTS = ("chance", "cells", "parameters", "jointly")  # of the variance
SAID = 3  # values in a sentence
MAIN = (*summary.MAIN, "glucose_uptake_fold", "surface_glut4_half_time_rise_min")  # that are told of first


def headline(content: Mapping) -> str:
    """The number that is told of first, of those that there are; empty if there is none."""
    return next((name for name in (*MAIN, *content["numbers"]) if name in content["numbers"]), "")


def main_numbers(content: Mapping) -> list[str]:
    """Those that are told of first, of those that there are."""
    return [name for name in MAIN if name in content["numbers"]]


def observed_in(content: Mapping) -> Observed:
    """How its numbers are told."""
    return Observed([{name: told["value"] for name, told in content["numbers"].items()}])


def interval(observed: Observed, name: str, found: Mapping | None) -> str:
    """An interval: "[12.3, 45.6]"."""
    return NONE if found is None else f"[{', '.join(observed.number(name, found[end]) for end in ('low', 'high'))}]"


def most(told: Mapping) -> str:
    """The kind of doubt that has most of a number's variance, and its share: "parameters 93 %"."""
    shares = told["shares"]
    if not shares:
        return NONE
    kind = max(shares, key=shares.__getitem__)
    return f"{kind} {percent(shares[kind])}"


def table(content: Mapping, names: "list[str] | None" = None) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """A table of numbers with their intervals, of all or some.

    Returns
    -------
    columns : dict of str to str
        name -> "left" or "right"
    rows : list of tuples of str
    """
    columns = {"Number": "left", "Unit": "left", "Value": "right"}
    columns |= {f"{kind.capitalize()} [90 %]": "right" for kind in KINDS} | {"Most": "left"}
    rows, observed = [], observed_in(content)
    for name in content["numbers"] if names is None else names:
        told = content["numbers"][name]
        cells = observed.number(name, told["value"]), *(interval(observed, name, told[kind]) for kind in KINDS)
        rows.append((summary.readable(name), symbol(told["unit"]), *cells, most(told)))
    return columns, rows


def verdict(content: Mapping) -> str:
    """How sure the headline number is, and what makes it unsure, in a sentence or two."""
    name = headline(content)
    if not name:
        return "The cell at the central values has no number to be sure of."
    told, unit = content["numbers"][name], symbol(content["numbers"][name]["unit"])
    together, observed = told["together"], observed_in(content)
    value = observed.number(name, told["value"])
    if together is None:
        return f"{summary.readable(name)} is {value} {unit}; too few draws have it to say how surely."
    span = f"{value}, in 90 of 100 cases {interval(observed, name, together)} {unit}".rstrip()
    sentences = [f"{summary.readable(name)}: {span}."]
    if told["shares"]:
        shares = (f"{kind} {percent(told['shares'][kind])}" for kind in PARTS if kind in told["shares"])
        sentences.append(f"Of its variance: {', '.join(shares)}.")
    carriers = [row for row in content["carried_by"][name] if row["share"] > row["error"]][:SAID]
    if carriers:
        listed = (f"{row['name']} ({percent(row['share'], row['error'])})" for row in carriers)
        sentences.append(f"Carried by {', '.join(listed)}.")
    return " ".join(sentences)


def percent(share: float, error: float | None = None) -> str:
    """A share of a variance, with its error: "12 %", "12 ± 3 %"."""
    whole = round(100.0 * share)
    return f"{whole} %" if error is None else f"{whole} ± {round(100.0 * error)} %"


def outline(content: Mapping) -> str:
    """What was drawn and run."""
    draws = content["draws"]
    parts = [f"{counted(draws['count'], 'draw')} from {draws['origin']}, of {len(draws['values'])} values"]
    cells = content["cells"]
    if cells is None:
        parts.append("cells that do not differ")
    else:
        parts.append(
            "cells that differ: " + ", ".join(f"{name} by {100.0 * cv:g} %" for name, cv in cells.items() if cv)
        )
    replicates = content["replicates"]
    parts.append(f"{counted(replicates, 'replicate')} of the agents" if replicates else "no agents, so no chance")
    return f"{'; '.join(parts)}; seed {content['seed']}."


def markdown(content: Mapping) -> str:
    """The report.

    Parameters
    ----------
    content
        what uncertainty.json holds
    """
    columns, rows = table(content)
    return render(
        "studies/uncertainty/report.md.jinja",
        content=content,
        verdict=verdict(content),
        outline=outline(content),
        kinds=KINDS,
        columns=list(columns),
        rows=rows,
        alignment="".join(side[0] for side in columns.values()),
        notes=_notes(content),
        carriers={summary.readable(name): rows for name in main_numbers(content) if (rows := _carriers(content, name))},
        correlated=_correlated(content),
        source=_source(content),
        away=list(content["draws"]["turned_away"].items()),
        held=content["draws"]["held"],
    )


def _notes(content: Mapping) -> list[str]:
    """What the table leaves out."""
    notes = [f"Warning: {warning}" for warning in content["warnings"]]
    count = content["draws"]["count"]
    short = {
        summary.readable(name): count - told["parameters"]["n"]
        for name, told in content["numbers"].items()
        if told["parameters"] is not None and told["parameters"]["n"] < count
    }
    if short:
        listed = ", ".join(f"{name} {missing}" for name, missing in short.items())
        notes.append(f"Draws without the number, which its intervals leave out: {listed}.")
    if content["missing"]:
        first = content["missing"][0]["error"]
        notes.append(
            f"{counted(len(content['missing']), 'mean field')} could not be solved, the first because: {first}"
        )
    return notes


def _carriers(content: Mapping, name: str) -> list[tuple[str, ...]]:
    rows = []
    for row in content["carried_by"][name]:
        about = content["draws"]["values"][row["name"]]
        unit = "" if about["unit"] == "1" else f" {about['unit']}"
        share = plus_minus(row["share"], row["error"], ".2f", ".2f")
        span = f"{rounded(about['low'])} to {rounded(about['high'])}{unit}"
        rows.append((row["name"], share, f"{about['value']:.4g}{unit}", span, about["evidence"], about["source"]))
    return rows


def _correlated(content: Mapping) -> str:
    if content["draws"]["turned_away"] or content["draws"]["origin"].startswith("plausible ranges"):
        return "Where draws were turned away, values are no longer wholly independent."
    return "Draws of a posterior are correlated: a value is credited with what goes along with it."


def _source(content: Mapping) -> str:
    draws = content["draws"]
    if not draws["turned_away"]:
        return f"{counted(draws['count'], 'draw')} from {draws['origin']}; none was turned away."
    p = plausibility
    return (
        f"{counted(draws['count'], 'draw')} from {draws['origin']}; {draws['tried']:,} were tried, those kept whose "
        f"cell, without hormones, answers to insulin ({p.INSULIN:g} nM for {p.DURATION / 60.0:g} min raises uptake at "
        f"least {p.ANSWER:g}-fold), rests at rest (at most {100.0 * p.SURFACE_AT_REST:g} % of the surface GLUT4 and "
        f"{100.0 * p.AKT_AT_REST:g} % of the active Akt of the stimulated), may be, and can be solved. The bounds are "
        "assumed."
    )
