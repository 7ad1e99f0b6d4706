"""The words of a fit, from what fit.json says: the report in Markdown, and pieces that the command line prints too."""

from collections.abc import Mapping
from typing import Any

from glut4sim.sim.analysis.uncertainty import LEVEL
from glut4sim.sim.reporting.numbers import NONE, counted, formatted, number, symbol
from glut4sim.sim.reporting.templates import render

STRONG = 0.9  # correlations that are worth a word
TRADED = 0.5  # correlations of values of which one takes over a good part of what another did
FAR = 2.0  # residuals, in standard errors

APART = ("Value", "90 % interval (profile)", "Trades off with (correlation)", "Told by the data")


def markdown(content: Mapping[str, Any]) -> str:
    """The report.

    Parameters
    ----------
    content
        what fit.json holds
    """
    return render(
        "studies/fit/report.md.jinja",
        content=content,
        total=content["total"],
        quality=quality(content),
        searched=searched(content),
        values=[value_row(row) for row in content["free"]],
        identifiability=[line for row in content["free"] if (line := not_identifiable(row))],
        profiled=all(row["profile"] for row in content["free"]),
        sampled=content["posterior"],
        fitted=[data_row(row) for row in content["data"] if not row["held_out"]],
        held_out=[data_row(row) for row in content["data"] if row["held_out"]],
        score=content["score"],
        scored=scored(content),
        far=far_points(content),
        correlated=correlated(content),
        apart=[apart_row(content, i) for i in range(len(content["free"]))],
        apart_columns=APART,
    )


def quality(content: Mapping[str, Any]) -> str:
    """How well the data are described, in a sentence."""
    total = content["total"]
    scaled = " and ".join(counted(total[key], f"free {key[:-1]}") for key in ("scales", "offsets") if total[key])
    words = (
        f"chi-square {total['chi_square']:.4g} of {counted(total['points'], 'point')}, "
        f"{counted(total['free'], 'free value')}{' and ' + scaled if scaled else ''}"
    )
    if total["p_value"] is None:
        return words + ": as many are free as there are points."
    p = total["p_value"]
    verdict = "the data do not speak against the fit" if p >= 0.05 else "the data speak against the fit"
    return words + f": {counted(total['freedom'], 'degree')} of freedom, p = {p:.2g}; {verdict}."


def searched(content: Mapping[str, Any]) -> str:
    """How sure it is that these are the best values."""
    s = content["searches"]
    words = f"{s['at_best']} of {counted(s['ended'], 'search').replace('searchs', 'searches')} ended there"
    return words + (f"; {s['impossible']} could not begin." if s["impossible"] else ".")


def value_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What the table says of a free value."""
    profile, sampled = row["profile"], row["posterior"]
    low, high = row["range"]
    return (
        ", ".join([row["name"], *row["tied"]]),
        number(row["value"]),
        "" if row["unit"] == "1" else symbol(row["unit"]),
        NONE if profile is None else interval(profile["low"], profile["high"]),
        NONE if sampled is None else f"{number(sampled['median'])} {interval(sampled['low'], sampled['high'])}",
        NONE if profile is None else "yes" if profile["identifiable"] else "no",
        number(row["guess"]),
        f"{number(low)} to {number(high)}",
        NONE if sampled is None else formatted(sampled["r_hat"], ".3f"),
        NONE if sampled is None else formatted(sampled["effective"], ".0f"),
    )


def interval(low: float | None, high: float | None) -> str:
    """A 90 % interval; an open end where there is none."""
    return f"[{'open' if low is None else number(low)}, {'open' if high is None else number(high)}]"


def not_identifiable(row: Mapping[str, Any]) -> str:
    """Why a value is not identifiable; empty if it is, or was not profiled."""
    profile = row["profile"]
    if profile is None or profile["identifiable"]:
        return ""
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    open_ends = []
    for end, reason, bound, word in zip(("low", "high"), profile["reasons"], row["range"], ("small", "large")):
        if profile[end] is None:
            limit = f"{number(bound)}{unit}, the end of its range" if reason == "range" else "where no cell is left"
            open_ends.append(f"as {word} as {limit}")
    return f"{row['name']} is not identifiable: the data allow values {' and '.join(open_ends)}."


def data_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What the table says of a data set."""
    return (
        row["title"],
        row["kind"],
        str(row["points"]),
        f"{row['chi_square']:.3g}",
        number(row["scale"]),
        number(row["offset"]),
        " ".join(row["evidence"]),
        row["source"],
    )


def scored(content: Mapping[str, Any]) -> str:
    """How the data that were held out are described, in a sentence."""
    score = content["score"]
    if score is None:
        return ""
    words = f"Chi-square {score['chi_square']:.4g} of {counted(score['points'], 'point')} that had no part in the fit."
    found = score["coverage"]
    if found is None:
        return words
    low, high = found["expected"]
    return (
        f"{words} {found['inside']} of {score['points']} lie within the {100 * LEVEL:g} % interval of their "
        f"prediction, SEM included "
        f"({low} to {high} would if it were calibrated and points independent); by experiments "
        f"{found['experiments_inside']:.1f} of {found['experiments']}. The intervals are {found['verdict']}; they are "
        f"{found['width']:.2g} as wide as the data they predict range, in the mean."
    )


def far_points(content: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The points that the fit misses by more than FAR standard errors."""
    return [
        (row["title"], say_x(row, x), number(y), number(p), f"{r:+.1f}")
        for row in content["data"]
        if not row["held_out"]
        for x, y, p, r in zip(row["x"], row["y"], row["predicted"], row["residuals"])
        if abs(r) > FAR
    ]


def say_x(row: Mapping[str, Any], x: float) -> str:
    """Where a point lies."""
    return {"time course": f"{x / 60.0:g} min", "dose response": f"{x:g} nM"}.get(row["kind"], "")


def correlated(content: Mapping[str, Any]) -> list[str]:
    """Pairs of values of which one can hardly be told without the other."""
    names, matrix = [row["name"] for row in content["free"]], content["correlations"]
    return [
        f"{names[i]} and {names[k]}: {matrix[i][k]:+.2f}"
        for i in range(len(names))
        for k in range(i)
        if abs(matrix[i][k]) >= STRONG
    ]


def apart_row(content: Mapping[str, Any], i: int) -> tuple[str, ...]:
    """What the table of what cannot be told apart says of the i-th free value, by the columns APART."""
    row, others = content["free"][i], list(zip(content["free"], content["correlations"][i]))
    traded = sorted(
        (-abs(r), f"{other['name']} ({r:+.2f})") for other, r in others if other is not row and abs(r) >= TRADED
    )
    profile = row["profile"]
    said = (NONE, NONE) if profile is None else (interval(profile["low"], profile["high"]), _told(row))
    return row["name"], said[0], ", ".join(words for _, words in traded) or "none", said[1]


def _told(row: Mapping[str, Any]) -> str:
    """Whether a value is told, and which of the ends of its range the data allow."""
    profile = row["profile"]
    if profile["identifiable"]:
        return "yes"
    ends = [number(bound) for end, bound in zip(("low", "high"), row["range"]) if profile[end] is None]
    return f"no: {' and '.join(ends)} {'is' if len(ends) == 1 else 'are'} allowed"
