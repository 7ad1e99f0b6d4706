"""What an SBML document of the mean field says in words: units, names, and notes with the sources of numbers."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.model.parameters import Parameter
from glut4sim.version import __version__

BATH = {"insulin": "nM", "glucose_bath": "mM"}
LIPIDS = ("pip3", "pip2", "pi34p2")  # species in percent of lipid, not in shares of 1


class Unit(NamedTuple):
    """A unit: what the document calls it, and the base units that it is a product of: exponent, scale, multiplier."""

    id: str
    parts: Mapping[str, tuple[int, int, float]] = {}


_SECOND, _METRE, _LITRE, _MOLE, _PLAIN = "SECOND", "METRE", "LITRE", "MOLE", "DIMENSIONLESS"
UNITS = {  # by what we call them
    "1": Unit("dimensionless"),
    "s": Unit("second"),
    "percent": Unit("percent", {_PLAIN: (1, 0, 0.01)}),
    "1/s": Unit("per_second", {_SECOND: (-1, 0, 1.0)}),
    "nM": Unit("nM", {_MOLE: (1, -9, 1.0), _LITRE: (-1, 0, 1.0)}),
    "mM": Unit("mM", {_MOLE: (1, -3, 1.0), _LITRE: (-1, 0, 1.0)}),
    "mM/s": Unit("mM_per_second", {_MOLE: (1, -3, 1.0), _LITRE: (-1, 0, 1.0), _SECOND: (-1, 0, 1.0)}),
    "1/(nM*s)": Unit("per_nM_per_second", {_MOLE: (-1, -9, 1.0), _LITRE: (1, 0, 1.0), _SECOND: (-1, 0, 1.0)}),
    "um": Unit("um", {_METRE: (1, -6, 1.0)}),
    "um/s": Unit("um_per_second", {_METRE: (1, -6, 1.0), _SECOND: (-1, 0, 1.0)}),
    "um**2/s": Unit("um2_per_second", {_METRE: (2, -6, 1.0), _SECOND: (-1, 0, 1.0)}),
    "pL": Unit("pL", {_LITRE: (1, -12, 1.0)}),
}
_TITLES = {o.name: f"{o.long_name} [{o.unit}]" for o in OBSERVABLES if o.dim is None} | {
    "rest_until": "The cell comes to rest until then, and then the experiment begins [s]",
    "resting": "1 while the cell comes to rest, else 0",
    "glucose_bath": "Glucose in the bath [mM]",
    "glucose_uptake_rate": "Net glucose uptake at the moment [molecules/s]",
    "vesicles_at_surface": "Vesicles whose GLUT4 is in the membrane, share of all",
    "pip2": "PI(4,5)P2 [percent of the phosphoinositides]",
    "pi34p2": "PI(3,4)P2 [percent of the phosphoinositides]",
    "pip3": "PI(3,4,5)P3 [percent of the phosphoinositides]",
}


def declare_units(libsbml: Any, model: Any) -> None:
    """Define the units of a model: agents come as fractions, so that their amounts have none."""
    model.setTimeUnits("second")
    for setter in (model.setSubstanceUnits, model.setExtentUnits, model.setVolumeUnits):
        setter("dimensionless")
    for unit in UNITS.values():
        if unit.parts:
            defined = model.createUnitDefinition()
            defined.setId(unit.id)
            for kind, (exponent, scale, multiplier) in unit.parts.items():
                part = defined.createUnit()
                part.setKind(getattr(libsbml, f"UNIT_KIND_{kind}"))
                part.setExponent(exponent)
                part.setScale(scale)
                part.setMultiplier(multiplier)


def title_of(name: str) -> str:
    """How a quantity is called in words; empty where its name says it."""
    if name in _TITLES:
        return _TITLES[name]
    if name.endswith("_share"):
        return f"{name.removesuffix('_share').replace('_', ' ')}, share of 1"
    what, between, number = name.rpartition("_at_")
    if between and number.isdigit():
        return f"When {what} changes for the {number}. time, from the start of the experiment [s]"
    what, between, number = name.rpartition("_to_")
    if between and number.isdigit() and what in BATH:
        return f"To what {what} changes then [{BATH[what]}]"
    return ""


def source(known: Parameter) -> str:
    """Notes of a parameter of the cell: how its number is known."""
    return _notes(f"{known.evidence}: {known.source}. Plausible: {known.low:g} to {known.high:g} {known.unit}.")


def notes(cell: str) -> str:
    """Notes of the whole: what it is, by the title of its kind of cell, and how it may be changed."""
    return _notes(
        f"The mean field of a stochastic agent-based model of one insulin-responsive cell, by glut4sim {__version__}"
        f"{cell and f': {cell}'}. A research and teaching tool; nothing in it is medical advice.",
        "Species are shares of 1 of all agents of their kind, vesicles by state and radial bin, lipids percent. "
        "What results of glut4sim have is here by the same name, in the same unit.",
        "Doses are parameters: insulin is what is there at the start, insulin_at_1 [s] when it changes first, and "
        "insulin_to_1 [nM] to what.",
        "Initial amounts are those of the cell at rest. After a change of a parameter set rest_until, to 1e7 s say: "
        "until then the cell comes to rest, and from then on the times of the experiment count.",
    )


def _notes(*paragraphs: str) -> str:
    inside = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return f'<body xmlns="http://www.w3.org/1999/xhtml">{inside}</body>'
