"""Scenarios: terse TOML, "100 nM", checked and resolved into the numbers that a run needs.

    [cell]   preset, vesicles, receptors, glucose_agents
    [bath]   insulin, glucose: one concentration, or a list of [time, concentration], each held until the next time
    [run]    duration, step, record_every, replicates, seed, events
    [parameters]   values to use instead of the preset's
    title, description, extends = another scenario, by name or path

Times are floats in s, insulin in nM, glucose in mM from here on.
"""

import hashlib
import json
import math
import os
import tomllib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, PrivateAttr

from sim.errors import InputError, describe, join_path, unknown
from sim.files import Layer, Shelf, blame, merge, write_toml
from sim.parameters import PRESETS, ParameterSet, Preset, load_preset
from sim.schedule import Schedule, read_schedule, write_schedule
from sim.units import GLUCOSE, INSULIN, TIME

SCENARIOS = Shelf("scenario", Path(__file__).parent.parent / "scenarios")
MAX_COUNT = 2**31 - 1
MAX_REPLICATES = 100_000
MAX_SEED = 2**64 - 1
MIN_STEP, MAX_STEP = 0.001, 1.0  # s


# ---- what a value may be ----


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"expected text, got {describe(value)}.")
    if value.encode(errors="replace").decode() != value:
        raise InputError("expected UTF-8 text.")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"expected true or false, got {describe(value)}.")
    return value


def _preset_name(value: object) -> str:
    if _text(value) not in PRESETS.names():
        raise unknown("preset", value, PRESETS.names())
    return value


def _duration(value: object, low: float = 0.0, high: float = TIME.high) -> float:
    seconds = TIME.read(value)
    if seconds == 0.0 or not low <= seconds <= high:
        bounds = f"from {TIME.write(low)} to {TIME.write(high)}" if low else "above 0 s"
        raise InputError(f"expected a time {bounds}, got {describe(value)}.")
    return seconds


Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, BeforeValidator(partial(_whole, low=1, high=MAX_COUNT))]
Duration = Annotated[float, BeforeValidator(_duration)]


# ---- the tables ----


class _Table(BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class CellTable(_Table):
    """[cell]: which cell, and how many agents of each kind."""

    preset: Annotated[str, BeforeValidator(_preset_name)] = "adipocyte"
    vesicles: Count = 10_000
    receptors: Count = 100_000
    glucose_agents: Count = 100_000


class BathTable(_Table):
    """[bath]: what surrounds the cell."""

    insulin: Annotated[Schedule, PlainValidator(partial(read_schedule, kind=INSULIN))] = Schedule((0.0,), (0.0,))  # nM
    glucose: Annotated[Schedule, PlainValidator(partial(read_schedule, kind=GLUCOSE))] = Schedule((0.0,), (5.0,))  # mM


class RunTable(_Table):
    """[run]: how long, how finely, how often [s], and what is kept."""

    duration: Duration
    step: Annotated[float, BeforeValidator(partial(_duration, low=MIN_STEP, high=MAX_STEP))] = 0.1
    record_every: Duration = 5.0
    replicates: Annotated[int, BeforeValidator(partial(_whole, low=1, high=MAX_REPLICATES))] = 1
    seed: Annotated[int, BeforeValidator(partial(_whole, low=0, high=MAX_SEED))] = 1
    events: Annotated[bool, BeforeValidator(_flag)] = False  # log every transition of every vesicle

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


class Scenario(_Table):
    """A checked scenario. Two are equal, and have the same hash, if they say the same, whatever they are called."""

    title: Text = ""
    description: Text = ""
    cell: CellTable = CellTable()
    bath: BathTable = BathTable()
    run: RunTable = Field(default={}, validate_default=True)
    parameters: dict[str, str] = {}

    _name: str = PrivateAttr("scenario")
    _source: Path | None = PrivateAttr(None)
    _place: str = PrivateAttr("scenario")

    # ---- making one ----

    @classmethod
    def load(cls, source: str | os.PathLike, overrides: Mapping[str, str] | None = None) -> "Scenario":
        """Read a scenario.

        Parameters
        ----------
        source : name of an installed scenario, or path of a file
        overrides : dotted path -> text, as on the command line: {"cell.vesicles": "500", "bath.insulin": "10 nM"}

        Raises
        ------
        InputError
            naming the file and the path within it, or the override
        """
        own, layers = SCENARIOS.read(source)
        layers += [_override(path, text) for path, text in (overrides or {}).items()]
        scenario = cls._from_layers(layers, own.place)
        scenario._name, scenario._source = own.name, own.path
        return scenario

    @classmethod
    def from_table(cls, table: Mapping[str, Any], name: str = "scenario") -> "Scenario":
        """A scenario from what a TOML file would hold, as a dictionary; it cannot extend another."""
        scenario = cls._from_layers([Layer(name, dict(table))], name)
        scenario._name = name
        return scenario

    @classmethod
    def _from_layers(cls, layers: list[Layer], place: str) -> "Scenario":
        layers = [_with_flat_parameters(layer) for layer in layers]
        try:
            try:
                scenario = cls.model_validate(merge(layers))
            except pydantic.ValidationError as error:
                raise _first_fault(error) from None
        except InputError as error:
            culprit = join_path(error.path, error.key)
            raise error.within(place=blame(layers, culprit, place)) from None
        scenario._place = place
        return scenario

    @pydantic.field_validator("parameters", mode="before")
    @classmethod
    def _parameters_are_text(cls, value: object) -> object:
        if isinstance(value, dict):
            for name, quantity in value.items():
                if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
                    raise InputError(f'expected a quantity such as "2 1/min", got {describe(quantity)}.', name)
            return {name: str(value[name]).strip() for name in sorted(value)}
        return value

    @pydantic.model_validator(mode="after")
    def _parts_fit(self):
        for substance in ("insulin", "glucose"):
            for i, time in enumerate(getattr(self.bath, substance).times):
                if time > self.run.duration:
                    found, end = TIME.write(time), TIME.write(self.run.duration)
                    path = join_path("bath", substance, i, 0)
                    raise InputError(
                        f"expected a time within run.duration ({end}), got {found}; lengthen the run.", path
                    )
        try:
            _ = self.preset
        except InputError as error:
            raise error.within("parameters") from None
        return self

    # ---- what it says ----

    @property
    def name(self) -> str:
        """Installed name, or the file's name without .toml."""
        return self._name

    @property
    def source(self) -> Path | None:
        """The file it was read from."""
        return self._source

    @property
    def preset(self) -> Preset:
        """The cell's parameters with their sources, after overrides."""
        return _preset(self.cell.preset, tuple(self.parameters.items()))

    @property
    def parameter_set(self) -> ParameterSet:
        """The cell's parameters as the kernel takes them."""
        return _parameter_set(self.cell.preset, tuple(self.parameters.items()))

    def resolved(self) -> dict[str, Any]:
        """Everything it says, defaults and inherited values included, as TOML would hold it."""
        return {
            "title": self.title,
            "description": self.description,
            "cell": self.cell.model_dump(),
            "bath": {
                "insulin": write_schedule(self.bath.insulin, INSULIN),
                "glucose": write_schedule(self.bath.glucose, GLUCOSE),
            },
            "run": {
                "duration": TIME.write(self.run.duration),
                "step": TIME.write(self.run.step),
                "record_every": TIME.write(self.run.record_every),
                "replicates": self.run.replicates,
                "seed": self.run.seed,
                "events": self.run.events,
            },
            "parameters": dict(self.parameters),
        }

    def to_toml(self) -> str:
        """Text of a scenario file that loads as an equal scenario and extends nothing."""
        return write_toml({key: value for key, value in self.resolved().items() if value not in ("", {})})

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

    def _memory(self) -> dict[str, int]:
        from agents import glucose, receptor, vesicle
        from agents.population import bytes_per_agent

        scratch = 256 if self.run.events else 128  # placing them; and following their events, which are kept in blocks
        agents = {
            "cell.vesicles": (self.cell.vesicles, bytes_per_agent(vesicle.FIELDS) + scratch),
            "cell.receptors": (self.cell.receptors, bytes_per_agent(receptor.FIELDS) + 8),
            "cell.glucose_agents": (self.cell.glucose_agents, bytes_per_agent(glucose.FIELDS) + 12),  # lists of the due
        }
        records = self.run.duration / self.run.record_every
        return {"run.record_every": int(400 * records)} | {key: n * size for key, (n, size) in agents.items()}

    def check_memory(self, concurrent_replicates: int = 1) -> None:
        """InputError if so many replicates at a time need more memory than is free."""
        import psutil

        needs = self.memory_bytes * concurrent_replicates
        free = psutil.virtual_memory().available
        if needs > free:
            parts = self._memory()
            largest = max(parts, key=parts.get)
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


def _override(path: str, text: object) -> Layer:
    """The layer of one `--set path=text`. Text is read as a TOML value; what is not TOML is text: 10 nM."""
    place = f"--set {path}={text}"
    *tables, key = path.split(".")
    if not all((*tables, key)):
        raise InputError("expected a path such as cell.vesicles.", place=place)
    if path == "extends":
        raise InputError("only a file can extend a scenario; run that one, or write a file.", place=place)
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        parsed = {}
    table: dict[str, Any] = {key: parsed["value"] if parsed.keys() == {"value"} else text}
    for name in reversed(tables):
        table = {name: table}
    return Layer(place, table)


def _with_flat_parameters(layer: Layer) -> Layer:
    """[parameters.vesicle] fuse = ... becomes "vesicle.fuse" = ... in [parameters]."""
    table = layer.table.get("parameters")
    if not isinstance(table, dict):
        return layer
    flat = {}
    for key, value in table.items():
        for field, entry in value.items() if isinstance(value, dict) else [("", value)]:
            name = join_path(key, field)
            if name in flat:
                raise InputError("this parameter is given twice.", join_path("parameters", name), layer.place)
            flat[name] = entry
    return Layer(layer.place, {**layer.table, "parameters": flat})


def _first_fault(error: pydantic.ValidationError) -> InputError:
    """What pydantic found, as one sentence about the first fault; unknown keys first, for they explain missing ones."""
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    first, path = faults[0], join_path(*faults[0]["loc"])
    match first["type"]:
        case "extra_forbidden":
            *tables, key = first["loc"]
            model: Any = Scenario
            for name in tables:
                model = model.model_fields[name].annotation
            what = "table" if isinstance(first["input"], dict) else "key"
            allowed = {*model.model_fields, *([] if tables else ["extends"])} - {key}  # not all may say `extends`
            fault = unknown(what, key, allowed).within(join_path(*tables))
        case "value_error":
            fault = first["ctx"]["error"].within(path)
        case "missing":
            fault = InputError('expected a time such as "10 min", found none.', path)  # all else has a default
        case _:
            fault = InputError(f"expected a table, got {describe(first['input'])}.", path)
    if len(faults) > 1:
        fault.sentence += f" (and {len(faults) - 1} more)"
    return fault
