"""The words of a sensitivity analysis, from what sensitivity.json says: a verdict, and the report in Markdown."""

from collections.abc import Mapping

from glut4sim.sim.reporting.numbers import NONE, formatted, plus_minus, symbol
from glut4sim.sim.reporting.templates import render

SAID = 5  # names in a sentence


def readable(content: Mapping) -> str:
    """The number in words."""
    return content["words"]


def direction(row: Mapping) -> str:
    """Which way the number goes when the value is raised: "+", "-", or "+/-" where that depends on the others."""
    if row["mu_star"] == 0.0:
        return ""
    share = row["mu"] / row["mu_star"]
    return "+" if share > 0.8 else "−" if share < -0.8 else "+/−"


def verdict(content: Mapping, top: int = 10) -> str:
    """Which assumed values matter most, in a sentence or two."""
    key = "st" if content["method"] == "sobol" else "mu_star"
    first = [row for row in content["parameters"] if row[key]][:top]
    if not first:
        return f"Nothing that was varied is known to move {_lower(readable(content))}."
    guessed = [row for row in first if row["evidence"] == "assumed"]
    several = "values that move" if len(first) > 1 else "value that moves"
    head = f"Of the {len(first)} {several} {_lower(readable(content))} most, "
    if not guessed:
        return head + "none is assumed."
    name, unit = ("ST", "") if key == "st" else ("mu*", of_change(content))
    told = [f"{row['name']} ({name} {with_error(row, key)}{unit})" for row in guessed[:SAID]]
    more = f" and {len(guessed) - SAID} more" if len(guessed) > SAID else ""
    return f"{head}{len(guessed)} {'is' if len(guessed) == 1 else 'are'} assumed: {', '.join(told)}{more}."


def of_change(content: Mapping) -> str:
    """Unit of a change of the number, after a space; empty if it has none."""
    unit = content["unit"].replace("percent", "percentage points")
    return "" if unit == "1" else f" {unit}"


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def with_error(row: Mapping, key: str) -> str:
    """An index of a parameter and its 95 % half-width: "12.3 ± 0.8"."""
    forms = (".3g", ".2g") if key == "mu_star" else (".2f", ".2f")
    return plus_minus(row[key], row[f"{key}_error"], *forms)


def markdown(content: Mapping) -> str:
    """The report.

    Parameters
    ----------
    content
        what sensitivity.json holds
    """
    return render(
        "studies/sensitivity/report.md.jinja",
        content=content,
        number=_lower(readable(content)),
        unit=symbol(content["unit"]),
        unit_of_change=of_change(content).strip(),
        verdict=verdict(content),
        complete=_complete(content),
        rows=[_row(rank, row) for rank, row in enumerate(content["parameters"], 1)],
        is_drawn=any(row["mu_star"] is not None or row["st"] is not None for row in content["parameters"]),
    )


def _complete(content: Mapping) -> str:
    """What is left of the analysis where runs have no value."""
    kept = [
        f"{content[key]['kept'] or 0} of {content[key]['wanted']} {key}"
        for key, method in (("trajectories", "morris"), ("samples", "sobol"))
        if content["method"] in (method, "both")
    ]
    return " and ".join(kept)


def _row(rank: int, row: Mapping) -> tuple[object, ...]:
    """What the table says of a parameter."""
    low, high = row["range"]
    return (
        rank,
        row["name"],
        f"{row['value']:.4g}",
        "" if row["unit"] == "1" else row["unit"],
        f"{low:.3g} to {high:.3g}",
        "equal ratios" if row["scale"] == "log" else "equal distances",
        row["evidence"],
        with_error(row, "mu_star"),
        NONE if row["mu_star"] is None else direction(row),
        formatted(row["sigma"], ".3g"),
        with_error(row, "s1"),
        with_error(row, "st"),
        row["source"],
    )
