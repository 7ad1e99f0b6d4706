"""Quantities as users write them, "100 nM", to floats in the unit that the program computes with, and back.

Used where text comes in and goes out. Nothing else knows pint, which is imported on first use. Clinical units convert
by rules that need to know the substance: its molar mass, or what one international unit of its activity is. They are in
`SUBSTANCES`, with sources. A year is 365.25 d and a month a twelfth of it, 30.4375 d.
"""

import math
import re
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import NamedTuple

from glut4sim.sim.inputs.errors import InputError, describe


class Substance(NamedTuple):
    """What turns clinical units of a substance into SI; a rule that is None is not known, or there is none.

    Attributes
    ----------
    molar_mass
        [g/mol]
    international_unit
        number and unit of the amount or mass that has an activity of 1 IU
    source : of both
    valence : charges of one molecule, so that as many equivalents (Eq) are 1 mol
    """

    molar_mass: float | None
    international_unit: tuple[float, str] | None
    source: str
    valence: int | None = None


_WEIGHTS = "standard atomic weights of Prohaska et al., Pure Appl Chem 94:573, 2022"
SUBSTANCES = {
    "insulin": Substance(
        5807.63,
        (6.00, "nmol"),
        f"of man: C257H383N65O77S6 with {_WEIGHTS}; "
        "1 uU/mL = 6.00 pM: Knopp, Holder-Pearson, Chase, J Diabetes Sci Technol 13:597, 2019",
    ),
    "glucose": Substance(180.156, None, f"C6H12O6 with {_WEIGHTS}"),
    "testosterone": Substance(288.431, None, f"C19H28O2 with {_WEIGHTS}"),
    "estradiol": Substance(272.388, None, f"C18H24O2 with {_WEIGHTS}"),
    "progesterone": Substance(314.469, None, f"C21H30O2 with {_WEIGHTS}"),
    "cortisol": Substance(362.466, None, f"C21H30O5 with {_WEIGHTS}"),
    "free fatty acids": Substance(282.468, None, f"oleic acid stands for all: C18H34O2 with {_WEIGHTS}", valence=1),
    "growth hormone": Substance(
        22125.1,
        (1 / 3.0, "mg"),
        f"the 22 kDa form: C990H1528N262O300S7 with {_WEIGHTS}; "
        "3.0 IU/mg, WHO standard 98/574: Bristow, Jespersen, Biologicals 29:97, 2001",
    ),
    "igf-1": Substance(7648.71, None, f"C331H512N94O101S7 with {_WEIGHTS}"),
    "lh": Substance(None, None, "known by its activity alone [IU/L]: its sugars, and so its mass, vary"),
}


def convert(value: object, unit: str, expected: str | Callable[[], str], substance: str | None = None) -> float:
    """A quantity in another unit.

    Parameters
    ----------
    value
        text such as "10 min"; where `unit` is "1" also a number
    unit : to convert to, in pint's syntax
    expected : what the error message says was expected, or what gives it
    substance : a name in `SUBSTANCES`: allow its clinical units

    Raises
    ------
    InputError
        if it is no quantity, not finite, or of another dimension
    """
    try:
        return _convert(value, unit, substance)
    except ValueError as reason:
        remark = f" ({reason})" if str(reason) else ""
        wanted = expected if isinstance(expected, str) else expected()
        raise InputError(f"expected {wanted}, got {describe(value)}{remark}.") from None


def rescale(number: float, written: str, unit: str) -> float:
    """A number of one unit in another, as `convert` gives it; InputError if these are of different dimensions."""
    try:
        return _rescale(number, written, unit, None)
    except ValueError as reason:
        raise InputError(f"expected a quantity in {unit}, got {describe(write(number, written))} ({reason}).") from None


def write(number: float, unit: str) -> str:
    """Text of a quantity that `convert` turns into the same float."""
    digits = repr(float(number)).removesuffix(".0")
    return digits if unit == "1" else f"{digits} {unit}"


def whole_of(text: str) -> int | None:
    """The whole number that a text says; None if it says none, or one of more digits than any that is of use."""
    try:
        number = int(text)
    except ValueError:  # also of Python itself, which reads 4300 digits
        return None
    return number if abs(number) < 2**64 else None


class Kind(NamedTuple):
    """A kind of quantity that a scenario holds.

    Attributes
    ----------
    name : with its article: "a time"
    examples : each in quotes, joined by "or"
    unit : that the program computes with
    high : the largest allowed, in that unit
    substance : a name in `SUBSTANCES`, whose clinical units may be used
    limit : the largest allowed, where people say it in another unit
    """

    name: str
    examples: str
    unit: str
    high: float
    substance: str | None = None
    limit: str = ""

    def read(self, value: object) -> float:
        """What the user wrote, in `unit`; InputError unless it is of this kind and within 0 .. high."""
        number = convert(value, self.unit, f"{self.name} such as {self.examples}", self.substance)
        if not 0.0 <= number <= self.high:
            limit = self.limit or self.write(self.high)
            raise InputError(f"expected {self.name} of 0 to {limit}, got {describe(value)}.")
        return number

    @property
    def pair(self) -> str:
        """Example of a time and a quantity of this kind."""
        return f'["10 min", "{self.write(min(5.0, self.high))}"]'

    def write(self, number: float) -> str:
        """Text that `read` turns into the same float."""
        return write(number, self.unit)


TIME = Kind("a time", '"10 min"', "s", high=30 * 86400.0)
SPAN = Kind("a time", '"7 d" or "12 weeks"', "s", high=10 * 365.25 * 86400.0, limit="10 yr")
CARBOHYDRATE = Kind("a mass of carbohydrate", '"78 g"', "g", high=1000.0)
MASS = Kind("a mass", '"78 kg"', "kg", high=500.0)
HEIGHT = Kind("a height", '"1.77 m"', "m", high=2.6)
AGE = Kind("an age", '"45 yr"', "yr", high=120.0)
INSULIN = Kind("an insulin concentration", '"100 nM" or "10 uU/mL"', "nM", high=1e6, substance="insulin")
CONTRACTION = Kind("a share of the maximal contraction", '"0.5"', "1", high=1.0)
GLUCOSE = Kind("a glucose concentration", '"5 mM" or "90 mg/dL"', "mM", high=1e3, substance="glucose")


def level_kind(title: str, unit: str, high: float, typical: float, substance: str | None = None) -> Kind:
    """The kind of a level such as "Testosterone, total".

    Parameters
    ----------
    title
        how it is called in messages, there in lower case unless an abbreviation
    unit
        that the program computes with; "1" for a relative level
    high, typical : the largest allowed, and an example [unit]
    substance : a name in `SUBSTANCES`, None where there is no rule
    """
    inline = title if title[1:2].isupper() else title[:1].lower() + title[1:]  # "LH" stays
    return Kind(f"a value of {inline}", f'"{write(typical, unit)}"', unit, high, substance)


def dose_kind(typical: float, unit: str = "mg", substance: str | None = None) -> Kind:
    """The kind of a dose in a unit of mass, or of activity ("IU"); `typical` is an example in that unit.

    Where the substance has a rule the other may be written too: 3 IU of growth hormone are 1 mg.
    """
    return Kind("a dose", f'"{write(typical, unit)}"', unit, 1e6, substance)


_ONE_AT_A_TIME = RLock()  # pint's contexts are those of the registry, so of all threads
_QUANTITY = re.compile(r"\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan))\s*(.*?)\s*", re.IGNORECASE)


def _convert(value: object, unit: str, substance: str | None) -> float:
    """As `convert`, where a ValueError says what ails the value."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = repr(float(value))
        except OverflowError:
            raise ValueError("not a finite number") from None
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    number, written = float(match[1]), match[2]
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    if not written and unit != "1":
        raise ValueError("no unit")
    return _rescale(number, written or "1", unit, substance)


def _rescale(number: float, written: str, unit: str, substance: str | None) -> float:
    if written == unit:
        return number  # exactly
    factor = _factor(written, unit)
    converted = _by_pint(number, written, unit, substance) if factor is None else number * factor
    if not math.isfinite(converted):
        raise ValueError("not a finite number")
    short = float(f"{converted:.12g}")  # 100 pM is 0.1 nM, not 0.10000000000000002
    return short if math.isclose(short, converted, rel_tol=1e-15) else converted


EVERYDAY = {  # what pint says of the units that most scenarios have, bit for bit: without it a program starts sooner
    ("min", "s"): 60.0,
    ("h", "s"): 3600.0,
    ("d", "s"): 86400.0,
    ("week", "s"): 604800.0,
    ("weeks", "s"): 604800.0,
    ("1/min", "1/s"): 0.016666666666666666,
    ("1/(M*min)", "1/(nM*s)"): 1.6666666666666667e-11,
    ("pM", "nM"): 0.0009999999999999998,
    ("uM", "nM"): 999.9999999999999,
}


@cache
def _factor(written: str, unit: str) -> float | None:
    """What pint multiplies numbers of one unit with to get those of the other; None where that is not all it does.

    Asking pint again and again takes most of the time that a set of parameters needs.
    """
    return EVERYDAY[written, unit] if (written, unit) in EVERYDAY else _factor_by_pint(written, unit)


def _factor_by_pint(written: str, unit: str) -> float | None:
    with _ONE_AT_A_TIME:
        source = parse_unit(written)
        if not source.is_compatible_with(unit):
            return None
        zero, one = (pint_registry().Quantity(number, source).to(unit).magnitude for number in (0.0, 1.0))
    return one if zero == 0.0 else None


def _by_pint(number: float, written: str, unit: str, substance: str | None) -> float:
    with _ONE_AT_A_TIME:
        source, contexts = parse_unit(written), [substance] if substance else []
        if not source.is_compatible_with(unit, *contexts):
            raise ValueError(dimension_name(source))
        return pint_registry().Quantity(number, source).to(unit, *contexts).magnitude


@cache
def pint_registry():
    """The one pint registry. U and IU are units of biological activity here, not pint's U of enzyme activity."""
    import pint

    try:
        registry = pint.UnitRegistry(on_redefinition="ignore", cache_folder=":auto:")  # to read its units is slow
    except Exception:  # noqa: BLE001  nowhere to keep them, or another process is just writing them
        registry = pint.UnitRegistry(on_redefinition="ignore")
    registry.define("insulin_unit = [biological_activity] = U")  # as insulin is written
    registry.define("international_unit = insulin_unit = IU")
    registry.define("equivalent = [charge_equivalent] = Eq = eq")
    for name, substance in SUBSTANCES.items():
        registry.add_context(_context(registry, name, substance))
    return registry


def _context(registry, name: str, substance: Substance):
    """The pint context in which mass, amount, activity and charge of one substance, as such or per volume, convert."""
    import pint

    rules = []  # dimensions from and to, and the factor
    if substance.molar_mass is not None:
        molar_mass = registry.Quantity(substance.molar_mass, "g/mol")
        rules += [("[mass]", "[substance]", 1 / molar_mass), ("[substance]", "[mass]", molar_mass)]
    if substance.international_unit is not None:
        number, unit = substance.international_unit
        per_unit, what = registry.Quantity(number, f"{unit}/IU"), str(registry.Unit(unit).dimensionality)
        rules += [("[biological_activity]", what, per_unit), (what, "[biological_activity]", 1 / per_unit)]
    if substance.valence is not None:
        amount = registry.Quantity(1.0 / substance.valence, "mol/Eq")
        rules += [("[charge_equivalent]", "[substance]", amount), ("[substance]", "[charge_equivalent]", 1 / amount)]
    context = pint.Context(name)
    for source, target, factor in rules:
        for volume in ("", "/[length]**3"):
            context.add_transformation(source + volume, target + volume, _times(factor))
    return context


def _times(factor):
    def rule(ureg, value, **_):
        return value * factor

    return rule


_POWER = re.compile(r"(?:\*\*|\^) ?-?\d(?![\d.]| ?[*^])")
_PER_DECILITRE = re.compile(r"(?<=g) ?%|(?<=\w) ?/ ?100 ?m[lL]\b")  # mg% and mg/100 mL, as clinics write mg/dL
_NAMES = re.compile(r"[A-Za-zµμ%1()*/_ ·-]{0,60}")


@cache
def parse_unit(text: str):
    """The pint unit of a text such as "1/min" or "/min"; ValueError if there is none.

    Only names, 1, products, quotients and one-digit powers reach pint, which would compute 9**9**9.
    """
    text = _PER_DECILITRE.sub("/dL", text)
    rest = _POWER.sub("", text)
    if _NAMES.fullmatch(rest) and "**" not in rest:
        try:
            unit = pint_registry().parse_units("1" + text if text.startswith("/") else text)
            pint_registry().Quantity(1.0, unit).to_base_units()  # fails for decibels per minute
            return unit
        except MemoryError:
            raise
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
        "g/s": "a mass per time",
        "mol/s": "an amount per time",
        "IU/s": "an activity per time",
        "IU": "an activity",
        "IU/L": "an activity per volume",
        "Eq": "an amount of charge",
        "Eq/L": "a concentration of charge",
        "m/s": "a speed",
        "m**2/s": "a diffusion coefficient",
        "K": "a temperature",
    }
    for example, name in names.items():
        if pint_registry().Unit(example).dimensionality == unit.dimensionality:
            in_insulin_units = "insulin_unit" in str(unit)  # U rather than IU
            return name.replace("an activity", "an insulin activity") if in_insulin_units else name
    return f"in {unit:~C}"
