"""What a report says of predictions of numbers about hormones (numbers_held_out.py)."""

import math
from collections.abc import Mapping

from glut4sim.sim.reporting.numbers import rounded

HEAD = ("", "Number", "Published (its error)", "Predicted, 90 %", "Inside", "Interval score")
ALIGN = "llllll"


def outline(told: Mapping) -> str:
    """How many of the numbers that no fit used lie within their intervals, and whether these are worth making."""
    low, high = told["expected"]
    fewest, most = told["experiments_expected"]
    return (
        f"Of {told['n']} numbers about hormones that had no part in a fit {told['inside']} lie within the 90 % "
        f"interval of their prediction; {low} to {high} would if predictions were calibrated and numbers independent: "
        f"{told['verdict']}. Trial by trial, each counted as the share of its numbers, "
        f"{told['experiments_inside']:.3g} of {told['experiments']}, where {fewest} to {most} would. Interval score "
        f"{rounded(told['score'])} against {rounded(told['reference_score'])} of no change with the spread of all "
        f"trials, a factor of {rounded(math.exp(told['spread']))} (skill {rounded(told['skill'])}; mean "
        f"width {rounded(told['width'])}, all in logarithms)."
    )


def note(told: Mapping) -> str:
    """What the intervals hold."""
    return (
        f"{told['draws']} joint draws: numbers of effects and drugs within what their grade of evidence leaves open, "
        "gains that were fitted from the posterior of their fit, the cell from its own; and the standard error of the "
        "trial, or a 90 % band in its place. Differences between people are left out."
    )


def rows(told: Mapping) -> list[tuple[str, ...]]:
    """A line of a table for each number."""
    return [_row(number) for number in told["numbers"]]


def _row(number: Mapping) -> tuple[str, ...]:
    name = "" if number["name"] == number["title"] else number["name"]
    published = f"{rounded(number['published'])} ({rounded(number['standard_error'])}) {number['unit']}".rstrip()
    low, high = number["interval"]
    interval = f"{rounded(low)} to {rounded(high)}"
    return name, number["title"], published, interval, "yes" if number["inside"] else "**no**", rounded(number["score"])
