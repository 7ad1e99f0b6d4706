"""Scenarios: terse TOML, "100 nM", checked and resolved into the numbers that a run needs.

    [cell]   preset, vesicles, receptors, glucose_agents; receptors_cv, glut4_cv, volume_cv: how much cells differ
    [bath]   insulin, glucose: one concentration, or a list of [time, concentration], each held until the next time;
             or [[bath.meal]] at, carbohydrate: both as after these meals;
             plasma: whether this insulin is that of plasma; contraction: of muscle, as a share of the maximal;
             rest: how long the cell has been in its first insulin when the run starts
    [run]    duration, step, record_every, replicates, seed, events
    [parameters]   values to use instead of the preset's
    title, description (see own_words.py), extends = another scenario, by name, path or address
    library = a file of [hormone.NAME], [drug.NAME], [effect.NAME], or a list of them, by path or address
    [body], [hormones], [cycle], [[therapy]], [assay], [effects]   hours to months before; see sim/endocrine/tables.py
    [organs], [tissue.muscle], [tissue.fat], [population], [[correlation]]
             of the body, where [assay] is a test of it; see body_tables.py

Times are floats in s, insulin in nM, glucose in mM from here on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pydantic
from pydantic import Field, PrivateAttr

from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.library import PLASMA_INSULIN
from glut4sim.sim.endocrine.tables import OWN, EndocrineTables, Hormones, OwnTables, in_one_name, key_of
from glut4sim.sim.inputs import changes, memory
from glut4sim.sim.inputs.changes import Change, read_change
from glut4sim.sim.inputs.errors import InputError, join_path
from glut4sim.sim.inputs.fields import Course, Text
from glut4sim.sim.inputs.files import Layer, TomlFolder, merge, place_of
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.tables import reader_of
from glut4sim.sim.inputs.units import INSULIN, TIME, rescale
from glut4sim.sim.model import kinds
from glut4sim.sim.model.contraction import over_time
from glut4sim.sim.model.geometry import SLICE
from glut4sim.sim.model.parameters import ParameterSet, Preset, load_preset
from glut4sim.sim.scenario import nonmem
from glut4sim.sim.scenario.body_tables import CorrelationTable, OrganValues, Spreads, TissuesTable, correlations
from glut4sim.sim.scenario.cell_tables import BathTable, CellTable, ParameterValues, RunTable
from glut4sim.sim.scenario.modulated import modulated
from glut4sim.sim.scenario.own_words import Story, own_words, tell

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.model import Timeline

SCENARIOS = TomlFolder("scenario", Path(__file__).parents[2] / "scenarios", libraries=OWN, expand=nonmem.expanded)


class Scenario(EndocrineTables):
    """A checked scenario. Two are equal, and have the same hash, if they say the same, whatever they are called."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends", "library")

    title: Text = Field(default="", description="what it is, in a line")
    description: Text = Field(default="", description="what it is, at length")
    cell: CellTable = CellTable()
    bath: BathTable = BathTable()
    run: RunTable = Field(default_factory=dict, validate_default=True)
    parameters: Annotated[dict[str, str], ParameterValues('"2 1/min"')] = Field(
        default={}, description="[parameters]: values to use instead of the preset's; see `glut4sim parameters list`"
    )
    organs: Annotated[dict[str, str], OrganValues('"2 mg/(kg*min)"')] = Field(
        default={}, description="[organs]: the kind of body, and values to use instead of its own; see docs/body.md"
    )
    tissue: TissuesTable = TissuesTable()
    population: Annotated[dict[str, float], Spreads()] = Field(
        default={}, description="[population]: by how much bodies differ in what, standard deviation over mean"
    )
    correlation: tuple[CorrelationTable, ...] = Field(
        default=(), description="[[correlation]]: how what bodies differ in goes together"
    )

    _name: str = PrivateAttr("scenario")
    _source: Place | None = PrivateAttr(None)
    _place: str = PrivateAttr("scenario")
    _story: Story | None = PrivateAttr(None)

    # ---- making one ----

    @classmethod
    def load(cls, source: PlaceLike, overrides: Mapping[str, str] | None = None) -> "Scenario":
        """Read a scenario.

        Parameters
        ----------
        source : name of an installed scenario, or path or address of a file
        overrides
            dotted path -> text, as on the command line: {"cell.vesicles": "500", "bath.insulin": "10 nM"}; a plain
            value of what changes over time changes its level (`schedule.at_level`), and a list replaces it

        Raises
        ------
        InputError
            naming the file and the path within it, or the override
        """
        own, files = SCENARIOS.read(source)
        wanted = [read_change(path, text) for path, text in (overrides or {}).items()]
        scenario = cls._from_layers(files, own.place, own.name, wanted)
        scenario._source = own.path
        return scenario

    @classmethod
    def from_table(cls, table: Mapping[str, Any], name: str = "scenario") -> "Scenario":
        """A scenario from what a TOML file would hold, as a dictionary; it cannot extend another."""
        return cls._from_layers([Layer(name, dict(table))], name, name)

    def replaced(self, values: Mapping[str, Any], told: bool = True) -> "Scenario":
        """The scenario with other values by path: {"cell.vesicles": 500, "bath.insulin": "10 nM"}.

        They mean what `--set` means: a plain value of what changes over time changes its level, and a list replaces it.

        Parameters
        ----------
        told : whether title and description say what was changed

        Raises
        ------
        InputError
            naming the path, if they do not fit
        """
        wanted = [Change(path, value, self.name) for path, value in values.items()]
        return self._from_layers([Layer(self.name, self.resolved())], self.name, self.name, wanted, self, told)

    @classmethod
    def _from_layers(
        cls,
        layers: list[Layer],
        place: str,
        name: str,
        wanted: Sequence[Change] = (),
        before: "Scenario | None" = None,
        told: bool = True,
    ) -> "Scenario":
        """What layers say, with changes that are wanted; `before`: the scenario that is changed, if it was one."""
        layers = [changes.flattened(layer) for layer in layers]
        _ = merge(layers)  # which refuses what is nested too deeply for all that follows
        try:
            layers, own = in_one_name(layers)
            means = partial(key_of, own=own)
            layers += own_words(layers)
            content = merge(layers)
            set_here: dict[str, Any] = {}
            for change in wanted:
                layers.append(changes.apply(content, change, partial(_course_at, own=own), means))
                set_here |= layers[-1].table
            story = before and before._story
            if told and set_here:
                story = tell(content, set_here, name, story)
            scenario = cls.read(content)
        except InputError as error:
            culprit = join_path(error.path, error.key)
            table, *entry = culprit.split(".")[:2]
            if table in OWN:  # what lacks a key is at fault where it is defined
                place = place_of(layers, ".".join([table, *entry]), place)
            raise error.within(place=place_of(layers, culprit, place)) from None
        scenario._place, scenario._name, scenario._story = place, name, story
        return scenario

    @pydantic.model_validator(mode="after")
    def _parts_fit(self):
        for substance in ("insulin", "glucose", "contraction"):
            for i, time in enumerate(getattr(self.bath, substance).times):
                if time > self.run.duration:
                    found, end = TIME.write(time), TIME.write(self.run.duration)
                    path = join_path("bath", substance, i, 0)
                    raise InputError(
                        f"expected a time within run.duration ({end}), got {found}; lengthen the run.", path
                    )
        for i, meal in enumerate(self.bath.meal):
            if meal.at >= self.run.duration:
                end, path = TIME.write(self.run.duration), join_path("bath", "meal", i, "at")
                raise InputError(f"expected a time before run.duration ({end}), got {TIME.write(meal.at)}.", path)
        try:
            correlations(self.population, self.correlation)
        except InputError as error:
            raise error.within("correlation") from None
        if self.bath.meal:
            from glut4sim.sim.endocrine.meal import Meal, bath_after

            eaten = tuple(Meal(meal.at, meal.carbohydrate) for meal in self.bath.meal)
            try:
                courses = bath_after(eaten, self.run.duration)
            except InputError as error:
                raise error.within("bath.meal") from None
            for name, schedule in zip(("glucose", "insulin"), courses):
                object.__setattr__(self.bath, name, schedule)
        try:
            shape = self.preset.geometry
        except InputError as error:
            raise error.within("parameters") from None
        if shape != SLICE:
            for key in self.bath.model_fields_set & {"plasma", "contraction"}:
                if self.bath.resolved().get(key):
                    remedy = 'leave it out, or choose another, such as "skeletal-muscle"'
                    what = "contraction" if key == "contraction" else "how much of plasma's insulin gets to it"
                    raise InputError(f"preset {self.cell.preset} knows nothing of {what}; {remedy}.", f"bath.{key}")
        return self

    # ---- what it says ----

    @property
    def name(self) -> str:
        """Installed name, or the file's name without .toml."""
        return self._name

    @property
    def story(self) -> Story:
        """What it is called without the changes that were made by hand, and these changes."""
        return self._story or Story(self.title, self.description, {})

    @property
    def source(self) -> Place | None:
        """The file it was read from."""
        return self._source

    @property
    def preset(self) -> Preset:
        """The cell's parameters with their sources, after overrides."""
        return _preset(self.cell.preset, tuple(self.parameters.items()))

    @property
    def unmodulated(self) -> ParameterSet:
        """The cell's parameters as the kernel takes them, without what hormones change."""
        return _parameter_set(self.cell.preset, tuple(self.parameters.items()))

    @property
    def parameter_set(self) -> ParameterSet:
        """The cell's parameters as the kernel takes them, at the start of the run."""
        return self.parameter_schedule.values[0]

    @property
    def parameter_schedule(self) -> Schedule[ParameterSet]:
        """The cell's parameters over the run, as hormones change them; each holds from its time [s] until the next.

        InputError if there are several assays.
        """
        self.check_one_assay()
        given = modulated(self) if self.has_hormones else Schedule((0.0,), (self.unmodulated,))
        return over_time(given, self.bath.contraction)

    @property
    def plasma_insulin(self) -> Schedule[float] | None:
        """Insulin in plasma over time [pM]: as [hormones] has it or fasting, and that of the bath in an assay.

        Of several assays, each of which changes hormones for hours, none is followed, and none without hormones; a test
        of the body has no bath.
        """
        given = super().plasma_insulin
        if len(self.assay.at) != 1 or self.assay.kind is not None or not self.has_hormones:
            return given
        unit = self.known.levels[PLASMA_INSULIN].unit
        bath = self.bath.insulin
        values = [rescale(value, INSULIN.unit, unit) for value in bath.values]
        start, end = self.assay.at[0], self.assay.at[0] + self.run.duration
        fasting = given or Schedule((0.0,), (self.known.levels[PLASMA_INSULIN].reference[self.body.sex],))
        before = [(time, value) for time, value in zip(*fasting) if time < start]
        later = [(time, value) for time, value in zip(*fasting) if time > end]
        course = [*before, *zip((start + time for time in bath.times), values), (end, fasting.at(end)), *later]
        return Schedule(*map(tuple, zip(*course)))

    @property
    def assays(self) -> tuple["Scenario", ...]:
        """The scenario at each time of [assay], one after the other."""
        return tuple(self.at_assay(time) for time in self.assay.at)

    def check_one_assay(self) -> None:
        """InputError if the acute experiment is to be done at several times."""
        if len(self.assay.at) > 1:
            example = say(self.assay.at[-1])
            raise InputError(
                f'expected one time, got a list of {len(self.assay.at)}; choose one: --set assay.at="{example}".',
                "assay.at",
                self._place,
            )

    def at_assay(self, *times: float) -> "Scenario":
        """The scenario with its assays at these times [s], and no others."""
        return self.model_copy(update={"assay": self.assay.model_copy(update={"at": times})})

    def timeline(self, times: np.ndarray) -> "Timeline":
        """Hormones, drugs and effects at times since the start, 8 am of day 0 [s]."""
        from glut4sim.sim.endocrine.model import solve

        times = np.asarray(times, float)
        try:
            return solve(self.plan(float(times[-1]), self.run.seed), times)
        except (ArithmeticError, np.linalg.LinAlgError):
            if self.effect or self.effects:
                sentence = "effects amplify one another in a circle; lower a gain or a power."
                path = "effect" if self.effect else "effects"
            else:  # what is installed comes to rest in whoever may live
                sentence = "levels lie too far from anybody's; look at their values and units."
                path = "hormones" if self.hormones.levels else "body"
            raise InputError(f"hormones do not come to rest: {sentence}", path, self._place) from None

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it; what it does not say of a body is left out."""
        content = super().resolved()
        for key in ("organs", "tissue", "population", "correlation"):
            if getattr(self, key) == type(self).model_fields[key].default:
                del content[key]
        return content

    def to_toml(self) -> str:
        """Text of a scenario file that loads as an equal scenario and extends nothing."""
        import tomli_w

        return tomli_w.dumps({key: value for key, value in self.resolved().items() if value not in ("", {})})

    @property
    def hash(self) -> str:
        """SHA-256 of everything it says."""
        return hashlib.sha256(json.dumps(self.resolved(), sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.resolved() == other.resolved()

    def __hash__(self) -> int:
        return hash(self.hash)

    # ---- what it takes ----

    @property
    def memory_bytes(self) -> int:
        """Memory that one replicate takes, roughly: agents, the scratch that goes with them, and records."""
        return sum(self._memory().values())

    @property
    def mean_field_bytes(self) -> int:
        """Memory that its mean field takes, roughly: nothing but records, all of them at one go."""
        return sum(self._memory(mean_field=True).values())

    def _memory(self, mean_field: bool = False) -> dict[str, int]:
        from glut4sim.agents.population import bytes_per_agent

        records = self.run.duration / self.run.record_every
        if mean_field:
            from glut4sim.sim.model.mean_field import bytes_per_record

            return {"run.record_every": int(bytes_per_record() * records)}
        agents = {}
        for kind in kinds.KINDS:
            following = 128 if self.run.events and kind.name == "vesicle" else 0  # its events, which are kept in blocks
            each = bytes_per_agent(kind.agents.FIELDS) + kind.scratch + following
            agents[f"cell.{kind.size}"] = (getattr(self.cell, kind.size, kind.number), each)
        return {"run.record_every": int(400 * records)} | {key: n * size for key, (n, size) in agents.items()}

    def check_memory(self, concurrent_replicates: int = 1, mean_field: bool = False) -> None:
        """InputError if so many replicates, or mean fields, at a time need more memory than is free."""
        parts = self._memory(mean_field)
        needs = sum(parts.values()) * concurrent_replicates
        free = memory.free()
        if needs > free:
            largest = max(parts, key=lambda part: parts[part])
            remedy = "raise run.record_every" if largest == "run.record_every" else f"lower {largest}"
            raise InputError(
                f"needs about {_gigabytes(needs)}, {_gigabytes(free)} are free; {remedy}.", largest, self._place
            )


# ---- helpers ----


@lru_cache(maxsize=64)
def _preset(name: str, overrides: tuple[tuple[str, str], ...]) -> Preset:
    return load_preset(name).override(dict(overrides))


@lru_cache(maxsize=64)
def _parameter_set(name: str, overrides: tuple[tuple[str, str], ...]) -> ParameterSet:
    return _preset(name, overrides).build()


def _gigabytes(number: float) -> str:
    return f"{number / 1e9:.2g} GB" if number < 1e11 else f"{number / 1e9:.0f} GB"


def _course_at(path: str, own: OwnTables) -> Course | None:
    """What reads the value at a path if it is a course over time."""
    table, _, key = path.partition(".")
    if table == "hormones":
        return Hormones.course(key, own.known)
    field = BathTable.model_fields.get(key) if table == "bath" else None
    reader = field and reader_of(field)
    return reader if isinstance(reader, Course) else None
