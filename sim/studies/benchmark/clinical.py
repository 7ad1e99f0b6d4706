"""Files of clinical numbers: what is done to whom, what was published of it, and what is held out.

    [people.NAME]      a body: an installed scenario at one of its assays, or sex, age, mass, height and drugs;
                       `diabetes = true` for tissues, liver and pancreas of type 2 diabetes; or a population of it
    [protocols.NAME]   a fast, a clamp, a drink or a meal
    [[numbers]]        a datum of the register of evidence (register.py): what measures it in a body, whose body, by
                       which protocol, the band that its source's spread gives by one rule, whether a fit used it
    [[not_judged]]     what is published but cannot be judged, and why

A number is of one person, or a change in percent, or a difference, against a `reference`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose

from glut4sim.sim.inputs.errors import InputError, describe, under, unknown
from glut4sim.sim.inputs.files import merge
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.studies.benchmark.clinical_tables import (
    ClinicalTable,
    NotJudgedTable,
    NumberTable,
    PersonTable,
    ProtocolTable,
)
from glut4sim.sim.studies.benchmark.register import FILE, Datum, find, load_register
from glut4sim.sim.studies.benchmark.suite import SUITES

JUDGED = ("A", "B")  # grades of evidence; what is recalled only is never judged


@dataclass(frozen=True)
class ClinicalNumber:
    """A published number and how a body answers it.

    Attributes
    ----------
    told : as the file has it
    datum : of the register of evidence
    """

    told: NumberTable
    datum: Datum

    @property
    def fitted(self) -> bool:
        """Whether values of the body, or of a hormone's effect, were chosen with it in view."""
        return self.told.fit

    def holds(self, value: float) -> bool:
        """Whether a value lies within the band."""
        low, high = self.told.band
        return low <= value <= high


@dataclass(frozen=True)
class ClinicalNumbers:
    """A file of clinical numbers."""

    name: str
    title: str
    description: str
    people: Mapping[str, PersonTable]
    protocols: Mapping[str, ProtocolTable]
    numbers: tuple[ClinicalNumber, ...]
    not_judged: tuple[NotJudgedTable, ...]

    @property
    def held_out(self) -> tuple[ClinicalNumber, ...]:
        """The numbers that had no part in a fit."""
        return tuple(number for number in self.numbers if not number.fitted)


def load(source: PlaceLike = "clinical") -> ClinicalNumbers:
    """Read a file of clinical numbers.

    Parameters
    ----------
    source : name of an installed one, or path or address of a file

    Raises
    ------
    InputError
        naming the file and the path within it; also where it disagrees with the register of evidence
    """
    own, layers = SUITES.read(source)
    try:
        told = ClinicalTable.read(merge(layers))
        register = load_register(own.path.parent / FILE)
        numbers = tuple(
            under(f"numbers[{i}]", _number, number, told, register) for i, number in enumerate(told.numbers)
        )
    except InputError as error:
        raise error.within(place=own.place) from None
    return ClinicalNumbers(
        own.name, told.title, told.description, told.people, told.protocols, numbers, told.not_judged
    )


def _number(told: NumberTable, file: ClinicalTable, register: Mapping[str, Datum]) -> ClinicalNumber:
    (datum,) = under("evidence", find, register, [told.evidence])
    for key, name, allowed in (
        ("person", told.person, file.people),
        ("reference", told.reference, file.people),
        ("protocol", told.protocol, file.protocols),
    ):
        if name is not None and name not in allowed:
            raise unknown(key, name, allowed).within(key)
    if datum.value is None or not isclose(told.value, datum.value) or told.unit != datum.unit:
        raise InputError(f"the register of evidence has {datum.value} {datum.unit}.", "value")
    if datum.grade not in JUDGED:
        raise InputError(f"it is of grade {datum.grade}: what is recalled only is not judged.", "evidence")
    if told.fit == datum.held_out:
        part = "had no part in any fit" if datum.held_out else f"had a part in {describe(' '.join(datum.fits))}"
        raise InputError(f"by the register of evidence it {part}.", "fit")
    return ClinicalNumber(told, datum)
