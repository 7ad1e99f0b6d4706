"""Tables of a scenario that say what happens to one cell: [cell], [bath], [run], [parameters]."""

import math
from typing import Annotated, Any

import pydantic
from pydantic import Field

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import (
    NUMBER_PATTERN,
    QUANTITY_PATTERN,
    Count,
    CountOrNone,
    Course,
    Duration,
    Flag,
    Number,
    OneOf,
    Quantity,
    QuantityTexts,
    Time,
    Whole,
)
from glut4sim.sim.inputs.json_schema import nested_or_dotted
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import CARBOHYDRATE, CONTRACTION, GLUCOSE, INSULIN, TIME
from glut4sim.sim.model.parameters import PRESETS, Parameter, load_preset

MAX_REPLICATES = 100_000
MAX_SEED = 2**64 - 1
MAX_VARIATION = 2.0
MIN_STEP, MAX_STEP = 0.001, 1.0  # s

Variation = Annotated[float, Number(0.0, MAX_VARIATION)]


class CellTable(Table):
    """[cell]: which cell, and how many agents of each kind."""

    preset: Annotated[str, OneOf("preset", PRESETS.names)] = Field(
        default="adipocyte", description="the cell, with all its parameters"
    )
    vesicles: Count = Field(default=10_000, description="number of GLUT4 vesicles")
    receptors: Count = Field(default=100_000, description="number of insulin receptors")
    glucose_agents: CountOrNone = Field(
        default=100_000, description="number of agents that stand for glucose; without any, an equation gives uptake"
    )
    # see sim/model/variability.py
    receptors_cv: Variation = Field(default=0.0, description="how much cells differ in receptors: sd over mean")
    glut4_cv: Variation = Field(default=0.0, description="how much cells differ in GLUT4: sd over mean")
    volume_cv: Variation = Field(default=0.0, description="how much cells differ in volume: sd over mean")


class MealTable(Table):
    """[[bath.meal]]: carbohydrate eaten at a time."""

    at: Annotated[float, Quantity(TIME)] = Field(description="when it is eaten, since the start of the run")
    carbohydrate: Annotated[float, Quantity(CARBOHYDRATE)] = Field(description="what is eaten")  # g


class BathTable(Table):
    """[bath]: what surrounds the cell."""

    insulin: Annotated[Schedule[float], Course(INSULIN)] = Field(
        default=Schedule((0.0,), (0.0,)), description="insulin in the bath"
    )  # nM
    glucose: Annotated[Schedule[float], Course(GLUCOSE)] = Field(
        default=Schedule((0.0,), (5.0,)), description="glucose in the bath"
    )  # mM
    meal: tuple[MealTable, ...] = Field(
        default=(), description="[[bath.meal]]: the bath is as blood after these meals; instead of insulin and glucose"
    )

    plasma: Flag = Field(
        default=False, description="whether the insulin is that of plasma, of which a part gets to the cells"
    )
    contraction: Annotated[Schedule[float], Course(CONTRACTION)] = Field(
        default=Schedule((0.0,), (0.0,)), description="of muscle, as a share of the maximal"
    )
    rest: Annotated[float | None, Time()] = Field(
        default=None,
        description="how long the cell has been in its first insulin when the run starts, before which it had none; "
        "for ever if left out",
    )

    @pydantic.model_validator(mode="after")
    def _either_given_or_eaten(self):
        given = self.model_fields_set & {"insulin", "glucose"}
        if self.meal and given:
            raise InputError("meals set insulin and glucose; leave it out.", sorted(given)[0])
        return self

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it."""
        content = super().resolved()
        keys = ("meal",) if self.meal else ("insulin", "glucose")
        neutral = {"plasma": False, "contraction": "0"}
        return (
            {key: content[key] for key in keys}
            | {key: content[key] for key in neutral if content[key] != neutral[key]}
            | ({} if self.rest is None else {"rest": content["rest"]})
        )


class RunTable(Table):
    """[run]: how long, how finely, how often [s], and what is kept."""

    duration: Duration = Field(description="how much time is simulated")
    step: Annotated[float, Time(TIME, MIN_STEP, MAX_STEP)] = Field(
        default=0.1, description="time step, from 0.001 s to 1 s; the duration is a whole multiple of it"
    )
    record_every: Duration = Field(default=5.0, description="time between records, a whole multiple of the step")
    replicates: Annotated[int, Whole(1, MAX_REPLICATES)] = Field(
        default=1, description="number of cells, each simulated on its own"
    )
    seed: Annotated[int, Whole(0, MAX_SEED)] = Field(default=1, description="of all random numbers")
    events: Flag = Field(default=False, description="whether every transition of every vesicle is kept")

    @pydantic.model_validator(mode="after")
    def _steps_fit(self):
        for key in ("duration", "record_every"):
            seconds = getattr(self, key)
            steps = round(seconds / self.step)
            if steps < 1 or not math.isclose(steps * self.step, seconds, rel_tol=1e-9):
                step = TIME.write(self.step)
                raise InputError(f"expected a whole multiple of run.step ({step}), got {TIME.write(seconds)}.", key)
        if self.record_every > self.duration:
            duration, every = TIME.write(self.duration), TIME.write(self.record_every)
            raise InputError(f"expected at most run.duration ({duration}), got {every}.", "record_every")
        return self


class ParameterValues(QuantityTexts):
    """Other values of parameters, as `Preset.override` takes them."""

    def schema(self) -> dict[str, Any]:
        groups: dict[str, dict[str, Any]] = {}
        known: dict[str, Parameter] = {}
        for preset in ("adipocyte", *PRESETS.names()):  # what others have besides
            known = load_preset(preset).parameters | known
        for name, parameter in known.items():
            section, _, key = name.partition(".")
            about = f"such as {parameter} ({parameter.evidence}: {parameter.source})"
            plain = {"type": ["string", "number"]} if parameter.unit == "1" else {"type": "string"}
            pattern = NUMBER_PATTERN if parameter.unit == "1" else QUANTITY_PATTERN
            groups.setdefault(section, {})[key] = {**plain, "pattern": pattern, "description": about}
        return nested_or_dotted(groups)
