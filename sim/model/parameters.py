"""Parameters with their sources: presets such as presets/adipocyte.toml, checked, overridden, built for the kernel.

Every value has a unit, a plausible range, a source, and the kind of evidence behind it: measured, fitted (by its
source, or here, by the fit that it names), or assumed. Presets keep the units of their sources; `Preset.build` converts
to those of the kernel.
"""

import hashlib
import json
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, get_type_hints

import pydantic

from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import Choice, Finite, Flag, Range, SomeText, Words
from glut4sim.sim.inputs.files import TomlFolder
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import convert, rescale, write
from glut4sim.sim.model import kinds
from glut4sim.sim.model.geometry import GEOMETRIES, SECTIONS, SHELL, NoFibre

PRESETS = TomlFolder("preset", Path(__file__).parent / "presets")
EVIDENCE = ("measured", "fitted", "assumed")
Evidence = Annotated[str, Choice(EVIDENCE)]
ASCENDING = (  # pairs of which the first must be smaller
    ("vesicle.inner_radius", "vesicle.cell_radius"),
    ("signalling.pip3_basal", "signalling.pip3_reference"),
)
# Anything else can be 0, as in a knock-out. What cannot, and why:
_DIVISOR = "other amounts are measured by it"
_HALF = "half of something takes it; a vanishing one is all or nothing, and undefined at 0"
POSITIVE = {
    "receptor.copies": "a cell has agents of every kind; for receptors that do nothing set receptor.bind_first to 0",
    "signalling.receptor_reference": _DIVISOR,
    "signalling.pi3k_reference": _DIVISOR,
    "signalling.pip3_reference": _DIVISOR,
    "signalling.pdk1_half_pip3": _HALF,
    "signalling.mtorc2_half_receptors": _HALF,
    "vesicle.cell_radius": "vesicles move in it",
    "vesicle.inner_radius": "vesicles move around it",
    "vesicle.capture_distance": "tethers reach so far; for vesicles that never tether set vesicle.tether to 0",
    "glucose.supply": _DIVISOR,
    "glucose.cytosol_volume": _DIVISOR,
    "glucose.glut4_half": _HALF,
    "glucose.glut1_half": _HALF,
    "glucose.hexokinase_half": _HALF,
    "glucose.g6p_inhibition": _HALF,
    "glucose.use": "what is taken up must go somewhere, or the cell has no rest",
    "fibre.thickness": "vesicles of the sarcolemma move in it",
    "fibre.tubule_depth": "vesicles of T-tubules move in it; for none of them set fibre.tubule_share to 0",
}
SHARES = {  # at most 1: of what
    "signalling.mtorc2_basal": "the largest activity of mTORC2",
    "fibre.tubule_share": "the vesicles",
    "fibre.interstitial_insulin": "the insulin in plasma",
    "fibre.contraction_gap": "the GAP",
    "fibre.contraction_endocytosis": "endocytosis",
}


ParameterSet = namedtuple("ParameterSet", (*kinds.stages(), "fibre"), defaults=(NoFibre(),))
ParameterSet.__doc__ = """What the kernel computes with: a section of plain floats for each stage of a step, and of a
slice of a muscle fibre its geometry.Fibre.

Their units are declared where the section is, such as vesicle.Parameters.
"""


@cache
def sections(shape: str = SHELL) -> dict[str, type]:
    """The sections of a preset of some geometry and the fields that each must have (imported here: they bring the
    compiler)."""
    from glut4sim.sim.model import signalling

    names = kinds.stages()
    found = {n: (signalling if n == kinds.SIGNALLING else kinds.find(n).agents).Parameters for n in names}
    return found | SECTIONS[shape]


@cache
def canonical_units(section: type) -> dict[str, str]:
    """Unit of every field of a section, from its annotations."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(section, include_extras=True).items()}


@dataclass(frozen=True)
class Parameter:
    """One value, its unit, and why to believe it.

    Attributes
    ----------
    low, high : plausible range, in the same unit
    evidence : one of EVIDENCE
    fit : the problem of benchmarks/fits that gave the value; empty where no fit of ours did
    """

    name: str  # "vesicle.fuse"
    value: float
    unit: str  # of its source
    low: float
    high: float
    source: str
    evidence: str
    fit: str = ""

    def __str__(self) -> str:
        return write(self.value, self.unit)

    def overridden(self, value: object) -> "Parameter":
        """The same parameter with a value that the user gives, which may lie outside the plausible range, and be 0
        unless it is one of POSITIVE, and is at most 1 if it is one of SHARES."""
        number = convert(value, self.unit, lambda: f"a quantity such as {describe(str(self))}")
        if number < 0.0:
            raise InputError(f"expected a value of 0 or more, got {describe(value)}.")
        if number == 0.0 and self.name in POSITIVE:
            raise InputError(f"expected a value above 0, got {describe(value)}: {POSITIVE[self.name]}.")
        if self.name in SHARES and rescale(number, self.unit, "1") > 1.0:
            raise InputError(f"expected at most 1, got {describe(value)}: it is a share of {SHARES[self.name]}.")
        source = f"set by the user; the preset has {self}, {self.source}"
        return Parameter(self.name, number, self.unit, self.low, self.high, source, "assumed")

    def to_another_cell_type(self) -> "Parameter":
        """The same value where it was not found: whatever it was, it is assumed there."""
        if self.evidence == "assumed":
            return self
        return replace(self, source=f"assumed as in another cell type: {self.source}", evidence="assumed", fit="")


@dataclass(frozen=True)
class Preset:
    """All parameters of one kind of cell."""

    name: str
    title: str
    parameters: dict[str, Parameter]
    geometry: str = SHELL  # one of GEOMETRIES

    def find(self, name: str) -> Parameter:
        """The parameter of a name such as "vesicle.fuse"."""
        if name not in self.parameters:
            raise unknown("parameter", name, self.parameters, see="See `glut4sim parameters list`.")
        return self.parameters[name]

    def multiplied(self, factors: Mapping[str, float]) -> dict[str, str]:
        """Values of some parameters times factors, as `override` takes them."""
        return {name: write(self.find(name).value * factor, self.find(name).unit) for name, factor in factors.items()}

    def override(self, values: Mapping[str, object]) -> "Preset":
        """The preset with some values replaced, such as {"vesicle.fuse": "2 1/min"}."""
        changed = dict(self.parameters)
        for name, value in values.items():
            parameter = self.find(name)
            try:
                changed[name] = parameter.overridden(value)
            except InputError as error:
                raise error.within(name) from None
        for small, large in ASCENDING:
            if not {small, large}.isdisjoint(values):
                _check_ascending(changed[small], changed[large], culprit=small if small in values else large)
        return replace(self, parameters=changed)

    def build(self) -> ParameterSet:
        """The values in the kernel's units; InputError unless they are exactly those that it needs."""
        needed = {section: canonical_units(kind) for section, kind in sections(self.geometry).items()}
        names = {f"{section}.{field}" for section, fields in needed.items() for field in fields}
        for name in self.parameters.keys() - names:
            raise unknown("parameter", name, names).within(place=self.name)
        for name in sorted(names - self.parameters.keys()):
            raise InputError("this parameter is missing.", name, self.name)
        return ParameterSet(
            **{
                section: kind(**{field: self._in_unit(f"{section}.{field}", u) for field, u in needed[section].items()})
                for section, kind in sections(self.geometry).items()
            }
        )

    def _in_unit(self, name: str, unit: str) -> float:
        try:
            return rescale(self.parameters[name].value, self.parameters[name].unit, unit)
        except InputError as error:
            raise error.within(name, self.name) from None

    def counts(self) -> dict[str, int]:
        """Number of values by the evidence behind them."""
        kinds = [parameter.evidence for parameter in self.parameters.values()]
        return {evidence: kinds.count(evidence) for evidence in EVIDENCE}

    @property
    def hash(self) -> str:
        """SHA-256 of names, values and units."""
        values = {name: [p.value, p.unit] for name, p in self.parameters.items()}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def as_table(self) -> list[dict]:
        """Every parameter as a dictionary of plain values."""
        return [asdict(parameter) for parameter in self.parameters.values()]


# ---- preset files ----


class ParameterTable(Table):
    """[vesicle.fuse]: one parameter."""

    value: Finite
    unit: Words
    range: Annotated[tuple[float, float], Range("[1, 3]", may_be_point=True)]
    source: Words
    evidence: Evidence
    fit: Words = ""

    @pydantic.model_validator(mode="after")
    def _is_within_its_range(self):
        low, high = self.range
        if not 0.0 <= low <= self.value <= high:
            raise InputError(f"expected a value within its range, 0 <= {low:g} <= {self.value:g} <= {high:g}.")
        if self.fit and self.evidence != "fitted":
            raise InputError("expected this only of a value that is fitted.", "fit")
        return self

    def parameter(self, name: str) -> Parameter:
        """The parameter of this name."""
        return Parameter(name, self.value, self.unit, *self.range, self.source, self.evidence, self.fit)


class PresetTable(Table):
    """A preset: its title, its geometry, and the parameters of each section."""

    model_config = pydantic.ConfigDict(extra="allow")

    title: Annotated[str | None, SomeText()] = None
    geometry: Annotated[str | None, Choice(GEOMETRIES)] = None

    another_cell_type: Flag = False  # than the preset that it extends, whose values are then assumed

    __pydantic_extra__: dict[str, dict[str, ParameterTable]]

    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name, such as "vesicle.fuse"."""
        names = {
            f"{section}.{key}": table
            for section, tables in self.__pydantic_extra__.items()
            for key, table in tables.items()
        }
        return {name: table.parameter(name) for name, table in names.items()}


@cache
def load_preset(name: str, folder: TomlFolder = PRESETS) -> Preset:
    """Read an installed preset; one that extends another replaces single parameters of it as a whole.

    Parameters
    ----------
    name : of the preset
    folder : where presets are

    Raises
    ------
    InputError
        naming the file and the path within it
    """
    if name not in folder.names():
        raise unknown("preset", name, folder.names())
    own, layers = folder.read(name)
    title, shape, parameters = own.name, SHELL, {}
    for place, table in layers:
        try:
            told = PresetTable.read(table)
        except InputError as error:
            raise error.within(place=place) from None
        title, shape = told.title or title, told.geometry or shape
        if told.another_cell_type:
            parameters = {key: carried.to_another_cell_type() for key, carried in parameters.items()}
        parameters |= told.parameters()
    return Preset(own.name, title, parameters, shape)


def _check_ascending(small: Parameter, large: Parameter, culprit: str) -> None:
    if small.value >= rescale(large.value, large.unit, small.unit):
        raise InputError(f"expected {small.name} < {large.name}, got {small} and {large}.", culprit)
