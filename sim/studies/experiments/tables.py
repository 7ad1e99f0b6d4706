"""The table of an experiment: what it may say, before it becomes scenarios; see experiment.py."""

from typing import Annotated, Any

import pydantic

from glut4sim.sim.analysis.measurements import Span
from glut4sim.sim.endocrine.tables import OWN
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.fields import Flag, Quantity, SomeText, Words, read_all
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN, SPAN, TIME

OF_HORMONES = (*OWN, "body", "hormones", "cycle", "therapy", "effects", "kinetics")  # without the assays
SCENARIO_TABLES = ("cell", "bath", "run", "assay", *OF_HORMONES)

RawTable = dict[str, Any]  # a table of a scenario, checked with the scenario that it becomes a part of
OptionalText = Annotated[str | None, SomeText()]
OptionalSpan = Annotated[float | None, Quantity(SPAN)]


class Moments(Quantity):
    """A moment, read as a span whose ends are the same, or a list of two ascending ones."""

    def read(self, value: object) -> Span:
        if not isinstance(value, list):
            moment = super().read(value)
            return moment, moment
        if len(value) != 2:
            raise InputError(f"expected a time or two, got {describe(value)}.")
        since, until = read_all(super().read, value)
        if since >= until:
            raise InputError("expected two ascending times.")
        return since, until


OptionalMoments = Annotated[Span | None, Moments(SPAN)]


class NameOrNames(SomeText):
    """A name, or a list of them."""

    def read(self, value: object) -> tuple[str, ...]:
        return tuple(read_all(super().read, value)) if isinstance(value, list) else (super().read(value),)


class ExperimentTable(Table):
    """[experiments.NAME]: tables of a scenario, or the name of an installed one and what differs."""

    title: Words
    scenario: OptionalText = None
    doses: tuple[Annotated[float, Quantity(INSULIN)], ...] | None = None
    rest: Annotated[float | None, Quantity(TIME)] = None
    timeline: Flag = False
    until: OptionalSpan = None
    every: OptionalSpan = None

    cell: RawTable | None = None
    bath: RawTable | None = None
    run: RawTable | None = None
    body: RawTable | None = None
    hormones: RawTable | None = None
    cycle: RawTable | None = None
    therapy: list[Any] | None = None
    assay: RawTable | None = None
    effects: RawTable | None = None
    kinetics: RawTable | None = None
    hormone: RawTable | None = None
    drug: RawTable | None = None
    effect: RawTable | None = None

    @pydantic.model_validator(mode="after")
    def _parts_fit(self):
        for key, needed_by in (("rest", "doses"), ("until", "timeline"), ("every", "timeline")):
            if bool(getattr(self, needed_by)) != (getattr(self, key) is not None):
                raise InputError(f"{describe(key)} and {describe(needed_by)} go together.")
        if self.doses is not None and self.timeline:
            raise InputError("expected hormones alone, without a cell; leave it out.", "doses")
        return self

    @property
    def scenario_tables(self) -> dict[str, Any]:
        """What it says of its scenario."""
        return {name: table for name in SCENARIO_TABLES if (table := getattr(self, name)) is not None}
