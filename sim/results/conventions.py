"""The attributes of Zarr stores by the CF conventions, so that other programs know units and names.

A unit is written as UDUNITS-2 reads it, "nmol/L" for our nM, and ours stands beside it for whoever opens a store here
(`UNITS`). What is counted (copies, molecules) and international units are 1 there: `long_name` says of what.

Source: Eaton et al., NetCDF Climate and Forecast (CF) Metadata Conventions 1.11 (2023), 2.6.1, 3.1 and 3.2.
"""

import re
from collections.abc import Mapping
from typing import Any

from glut4sim.sim.model import kinds

CONVENTIONS = "Conventions"
VERSION = "CF-1.11"
UNITS = "units_in_tables"  # attribute: the unit as tables and reports have it, where it is another text
_MOLAR = re.compile(r"([munpf]?)M")
_ACTIVITY = re.compile(r"([mu]?)(?:IU|U)")
_PARTS = {"": "1", "m": "1e-3", "u": "1e-6"}
_COUNTED = {"copies", "molecules", *(kind.unit for kind in kinds.KINDS)}
_WORDS = dict.fromkeys(_COUNTED, "1") | {"yr": "Julian_year"}  # a year is 365.25 d here


def udunits(unit: str) -> str:
    """A unit of ours as UDUNITS-2 reads it."""
    return re.sub(r"[A-Za-z]+", _word, unit)


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if molar := _MOLAR.fullmatch(word):
        return f"({molar[1]}mol/L)" if found.string != word else f"{molar[1]}mol/L"
    if activity := _ACTIVITY.fullmatch(word):
        return _PARTS[activity[1]]
    return _WORDS.get(word, word)


def of_array(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of an array as they are stored."""
    unit = attributes.get("units")
    if unit is None or udunits(unit) == unit:
        return dict(attributes)
    return {**attributes, "units": udunits(unit), UNITS: unit}


def of_group(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a group as they are stored."""
    return {CONVENTIONS: VERSION, **attributes}


def as_ours(attributes: dict[str, Any]) -> None:
    """Give stored attributes of an array or a group the form that they have here; they are changed."""
    attributes.pop(CONVENTIONS, None)
    if UNITS in attributes:
        attributes["units"] = attributes.pop(UNITS)
