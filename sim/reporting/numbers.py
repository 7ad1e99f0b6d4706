"""Numbers and units as people read them. Where there is no number stands a dash."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glut4sim.sim.analysis.dose_response import Estimate

NONE = "-"
LEAST_CHANGE = 1e-4  # percent: the mean field is solved to 1e-6 of every quantity, so that a smaller change is none


def formatted(value: float | None, form: str) -> str:
    """A number in one of Python's formats; a dash for None."""
    return NONE if value is None else format(value, form)


def number(value: float | None) -> str:
    """Four significant digits, very large and very small numbers with a power of ten: "1.235e-05"."""
    return formatted(value, ".3e" if value and not 1e-3 <= abs(value) < 1e6 else ".4g")


def rounded(value: float | None, digits: int = 3) -> str:
    """So many significant digits, and at least all of those before the point: "0.0109", "1235"."""
    return NONE if value is None else f"{value:.{max(digits, whole_digits(value))}g}"


def whole_digits(value: float) -> int:
    """How many digits stand before the point."""
    return len(f"{abs(value):.0f}")


def between(value: float, low: float, high: float) -> str:
    """A number and its interval, with as many digits as it takes to tell the ends apart: "39.9 [39.5, 40.3]"."""
    digits = max(3, whole_digits(low), whole_digits(high))
    while digits < 6 and f"{low:.{digits}g}" == f"{high:.{digits}g}":
        digits += 1
    return f"{value:.{digits}g} [{low:.{digits}g}, {high:.{digits}g}]"


def change(estimate: "Estimate | None", unit: str = "") -> str:
    """A change with its sign and its interval, where there is one: "+12.3 [+10.1, +14.5] %"."""
    if estimate is None:
        return NONE
    words = signed(estimate.value, unit)
    if estimate.low is not None:
        words += f" [{signed(estimate.low, unit)}, {signed(estimate.high, unit)}]"
    return f"{words} {unit}".strip()


def signed(value: float, unit: str = "") -> str:
    """A change with its sign; in percent 0 where the arithmetic tells none."""
    return f"{0.0 if unit == '%' and abs(value) < LEAST_CHANGE else value:+.3g}"


def plus_minus(value: float | None, error: float | None, form: str, form_of_error: str) -> str:
    """A number and the half of its interval: "12.3 ± 0.8"."""
    return NONE if value is None else f"{value:{form}} ± {formatted(error, form_of_error)}"


def counted(n: int, one: str) -> str:
    """A count and what is counted: "1 replicate", "1,000 cells"."""
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def concentration(level: float) -> str:
    """A level of insulin [nM], in nM or pM."""
    return f"{level:.3g} nM" if level >= 0.1 else f"{1e3 * level:.3g} pM"


def symbol(unit: str) -> str:
    """A unit of summary.UNITS as it stands behind a number: "%" for percent, nothing for 1."""
    return "" if unit == "1" else unit.replace("percent", "%")


def labelled(name: str, unit: str) -> str:
    """A name and its unit, as an axis or a row is labelled: "Active Akt [%]"."""
    return f"{name} [{symbol(unit)}]" if symbol(unit) else name
