"""Quantities as users write them, "100 nM", to floats in the unit that the program computes with, and back.

Used where text comes in and goes out. Nothing else knows pint, which is imported on first use. Clinical units convert
by rules that need to know the substance: insulin by its activity (1 uU/mL = 6.00 pM; Knopp, Holder-Pearson, Chase,
J Diabetes Sci Technol 13:597, 2019), glucose by its mass (180.156 g/mol).
"""

import math
import re
from functools import cache
from typing import NamedTuple

from sim.errors import InputError, describe

INSULIN_NMOL_PER_UNIT = 6.00
GLUCOSE_GRAM_PER_MOL = 180.156


def convert(value: object, unit: str, expected: str, substance: str | None = None) -> float:
    """A quantity in another unit.

    Parameters
    ----------
    value : text such as "10 min"; where `unit` is "1" also a number
    unit : to convert to, in pint's syntax
    expected : what the error message says was expected
    substance : "insulin" or "glucose": allow its clinical units

    Raises
    ------
    InputError
        if it is no quantity, not finite, or of another dimension
    """
    try:
        return _convert(value, unit, substance)
    except ValueError as reason:
        remark = f" ({reason})" if str(reason) else ""
        raise InputError(f"expected {expected}, got {describe(value)}{remark}.") from None


def write(number: float, unit: str) -> str:
    """Text of a quantity that `convert` turns into the same float."""
    digits = repr(float(number)).removesuffix(".0")
    return digits if unit == "1" else f"{digits} {unit}"


class Kind(NamedTuple):
    """A kind of quantity that a scenario holds."""

    name: str
    examples: str
    unit: str  # that the program computes with
    high: float  # largest allowed, in that unit
    substance: str | None = None  # whose clinical units may be used

    def read(self, value: object) -> float:
        """What the user wrote, in `unit`; InputError unless it is of this kind and within 0 .. high."""
        number = convert(value, self.unit, f"{self.name} such as {self.examples}", self.substance)
        if not 0.0 <= number <= self.high:
            raise InputError(f"expected {self.name} of 0 to {self.write(self.high)}, got {describe(value)}.")
        return number

    @property
    def pair(self) -> str:
        """Example of a time and a quantity of this kind."""
        return f'["10 min", "{self.write(5.0)}"]'

    def write(self, number: float) -> str:
        """Text that `read` turns into the same float."""
        return write(number, self.unit)


TIME = Kind("a time", '"10 min"', "s", high=30 * 86400.0)
INSULIN = Kind("an insulin concentration", '"100 nM" or "10 uU/mL"', "nM", high=1e6, substance="insulin")
GLUCOSE = Kind("a glucose concentration", '"5 mM" or "90 mg/dL"', "mM", high=1e3, substance="glucose")

_QUANTITY = re.compile(r"\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan))\s*(.*?)\s*", re.IGNORECASE)


def _convert(value: object, unit: str, substance: str | None) -> float:
    """As `convert`, where a ValueError says what ails the value."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value)
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    number, written = float(match[1]), match[2]
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    if not written and unit != "1":
        raise ValueError("no unit")
    if (written or "1") == unit:
        return number  # exactly
    source, contexts = parse_unit(written), [substance] if substance else []
    if not source.is_compatible_with(unit, *contexts):
        raise ValueError(dimension_name(source))
    converted = pint_registry().Quantity(number, source).to(unit, *contexts).magnitude
    if not math.isfinite(converted):
        raise ValueError("not a finite number")
    short = float(f"{converted:.12g}")  # 100 pM is 0.1 nM, not 0.10000000000000002
    return short if math.isclose(short, converted, rel_tol=1e-15) else converted


@cache
def pint_registry():
    """The one pint registry. U is the unit of insulin activity here, not pint's unit of enzyme activity."""
    import pint

    registry = pint.UnitRegistry(on_redefinition="ignore")
    registry.define("insulin_unit = [insulin_activity] = U = IU")
    insulin, glucose = pint.Context("insulin"), pint.Context("glucose")
    per_unit = registry.Quantity(INSULIN_NMOL_PER_UNIT, "nmol/U")
    insulin.add_transformation("[insulin_activity]/[length]**3", "[substance]/[length]**3", lambda _, x: x * per_unit)
    molar_mass = registry.Quantity(GLUCOSE_GRAM_PER_MOL, "g/mol")
    glucose.add_transformation("[mass]/[length]**3", "[substance]/[length]**3", lambda _, x: x / molar_mass)
    registry.add_context(insulin)
    registry.add_context(glucose)
    return registry


_POWER = re.compile(r"(?:\*\*|\^) ?-?\d(?![\d.]| ?[*^])")
_NAMES = re.compile(r"[A-Za-zµμ%1()*/_ ·-]{0,60}")


@cache
def parse_unit(text: str):
    """The pint unit of a text such as "1/min" or "/min"; ValueError if there is none.

    Only names, 1, products, quotients and one-digit powers reach pint, which would compute 9**9**9.
    """
    rest = _POWER.sub("", text)
    if _NAMES.fullmatch(rest) and "**" not in rest:
        try:
            return pint_registry().parse_units("1" + text if text.startswith("/") else text)
        except Exception:  # noqa: BLE001  pint raises whatever its tokeniser does
            pass
    raise ValueError("no known unit")


@cache
def dimension_name(unit) -> str:
    """What a pint unit measures, in words."""
    names = {
        "": "a plain number",
        "s": "a time",
        "1/s": "a rate",
        "m": "a length",
        "m**2": "an area",
        "L": "a volume",
        "g": "a mass",
        "mol": "an amount of substance",
        "mol/L": "a molar concentration",
        "g/L": "a mass concentration",
        "U/L": "an insulin activity per volume",
        "m/s": "a speed",
        "m**2/s": "a diffusion coefficient",
        "K": "a temperature",
    }
    for example, name in names.items():
        if pint_registry().Unit(example).dimensionality == unit.dimensionality:
            return name
    return f"in {unit:~C}"
