"""What several commands share: arguments and options, and how they are checked before anything is computed.

Options that belong together are a dataclass, which a command takes as one parameter: see `with_groups`.
"""

import functools
import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glut4sim.sim.cli.terminal import complain, print_json, progress_bar
from glut4sim.sim.inputs import memory, storage
from glut4sim.sim.inputs.errors import (
    NO_MEMORY,
    InputError,
    OutsideError,
    describe,
    is_remote,
    outside_fault,
    unknown,
)
from glut4sim.sim.inputs.storage import Place, place
from glut4sim.sim.inputs.threads import when_all_stand_still, when_one_dies
from glut4sim.sim.inputs.units import whole_of

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario


def as_place(text: str | None) -> Any:  # a Place, which typer would look up
    """What a user means who names a directory or a file; for the `callback` of an option whose `parser` is str."""
    return None if text is None else place(text)


def installed(begin: str) -> list[str]:
    """The installed scenarios whose names begin so, for shells that complete words; else names of files."""
    from glut4sim.sim.scenario.scenario import SCENARIOS

    return [name for name in SCENARIOS.names() if name.startswith(begin)]


ScenarioName = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="An installed scenario, or a TOML file, here or at an address.",
        autocompletion=installed,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a value: --set bath.insulin='10 nM'. Repeatable."),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Instead of the scenario's.")]
Replicates = Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the scenario's.")]
Out = Annotated[
    Path | None,
    typer.Option(
        parser=str,
        callback=as_place,
        metavar="DIR",
        help="New directory for the results, here or at an address such as s3://bucket/run, else one in results/.",
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="Processors to use, else all.")]
Executor = Annotated[
    str | None, typer.Option(metavar="threads|processes", help="What replicates run on; the results are the same.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run on the Dask cluster of this scheduler: tcp://10.0.0.1:8786")
]
CheckpointEvery = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Simulated time between checkpoints to resume from: '10 min'. Else none."),
]
MeanField = Annotated[
    bool, typer.Option("--mean-field", help="Solve the mean-field twin, infinitely many agents, instead.")
]
SummaryJson = Annotated[bool, typer.Option("--json", help="Print the numbers as JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the directory of the results.")]


Uncertain = Annotated[bool, typer.Option("--uncertain", help="Say how wide what nobody knows leaves each prediction.")]


@dataclass(frozen=True)
class Sampling:
    """What is simulated of a scenario, and how often."""

    changes: Changes = None
    seed: Seed = None
    replicates: Replicates = None
    mean_field: MeanField = False

    def keywords(self) -> dict[str, Any]:
        """As RunOptions has them."""
        return {"seed": self.seed, "replicates": self.replicates, "mean_field": self.mean_field}


@dataclass(frozen=True)
class Computing:
    """On what it is computed."""

    threads: Threads = None
    executor: Executor = None
    scheduler: Scheduler = None

    def keywords(self) -> dict[str, Any]:
        """As RunOptions has them."""
        return {"threads": self.threads, "executor": self._where()}

    def _where(self) -> str | None:
        executor, scheduler = self.executor, self.scheduler
        if scheduler is None:
            from glut4sim.sim.studies.executors import NAMES

            if executor is not None and executor not in NAMES:
                raise unknown("executor", executor, NAMES).within(place="--executor")
            return executor
        if executor is not None:
            raise InputError("a scheduler has its own workers; leave one of them out.", place="--executor")
        if ":" not in scheduler:
            raise InputError(
                f"expected an address such as tcp://10.0.0.1:8786, got {describe(scheduler)}.", place="--scheduler"
            )
        return scheduler


@dataclass(frozen=True)
class Drawing:
    """Where the values that nobody knows are drawn from, and how many."""

    draws: Annotated[
        str | None,
        typer.Option(metavar="N|FILE", help="How many draws; or a file of them, such as the posterior.csv of a fit."),
    ] = None
    ranges: Annotated[
        bool, typer.Option("--ranges", help="Draw from the plausible ranges, even where the preset has a posterior.")
    ] = False

    def check_wanted(self, uncertain: bool) -> None:
        """InputError if it is said how to draw where nothing is drawn."""
        if not uncertain and (self.draws is not None or self.ranges):
            option = "--ranges" if self.draws is None else "--draws"
            raise InputError("says how to draw what nobody knows; add --uncertain.", place=option)

    def keywords(self) -> dict[str, Any]:
        """As studies have them."""
        if self.draws is None:
            return {"ranges": self.ranges}
        count = whole_of(self.draws) if self.draws.isdecimal() else None
        return {"draws": place(self.draws) if count is None else count, "ranges": self.ranges}


@dataclass(frozen=True)
class Printing:
    """What is printed of the results."""

    as_json: SummaryJson = False
    quiet: Quiet = False


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """A command as typer takes it: in place of each parameter that is a dataclass, the fields of that."""
    declared = inspect.signature(command).parameters.values()
    groups = {parameter.name: parameter.annotation for parameter in declared if is_dataclass(parameter.annotation)}
    options = []
    for parameter in declared:
        group = groups.get(parameter.name)
        options += [parameter] if group is None else inspect.signature(group).parameters.values()

    @functools.wraps(command)
    def call(**given):
        chosen = {name: group(**{f.name: given.pop(f.name) for f in fields(group)}) for name, group in groups.items()}
        command(**given, **chosen)

    options = [option.replace(kind=option.KEYWORD_ONLY) for option in options]
    vars(call)["__signature__"] = inspect.Signature(options)
    call.__annotations__ = {option.name: option.annotation for option in options}
    return call


class Stopped(Exception):
    """Ctrl-C or a signal, with a word about what is kept."""


def checked(**chosen: Any) -> dict[str, Any]:
    """Keywords of RunOptions, when those that make no sense have been refused by the names of their options."""
    from glut4sim.sim.studies.options import RunOptions

    try:
        RunOptions(**chosen)
    except InputError as error:
        raise InputError(error.sentence, place=f"--{error.path.replace('_', '-')}") from None
    return chosen


def load(scenario: str, changes: list[str] | None, out: Place | None) -> "Scenario":
    """The scenario with the changes of --set; first what can be checked without reading it."""
    check_new(out, "directory")
    from glut4sim.sim.scenario.scenario import Scenario

    return Scenario.load(scenario, overrides(changes))


def checkpoint_time(text: str | None) -> float | None:
    """What --checkpoint-every says [s]."""
    if text is None:
        return None
    from glut4sim.sim.inputs.units import TIME

    try:
        return TIME.read(text)
    except InputError as error:
        raise error.within(place="--checkpoint-every") from None


def check_new(out: Place | None, what: str) -> None:
    """InputError if what is to be written exists."""
    try:
        is_there = out is not None and out.exists()
    except OSError as error:  # such as a name that is too long, or a folder that may not be looked into
        if is_remote(error):
            raise
        raise InputError(f"cannot be written: {error.strerror or error}.", place=f"--out {out}") from None
    if is_there:
        raise InputError(f"expected a new {what}, got one that exists; choose another.", place=f"--out {out}")


@contextmanager
def stopping(out: Place, resumable: bool = False) -> Iterator[None]:
    """Ctrl-C becomes Stopped, and a fault of what surrounds the program OutsideError; both say what is kept.

    A directory that was claimed and stays empty is removed. A thread that dies for want of memory ends the command.
    """

    def give_up(fault: BaseException) -> None:
        try:
            complain(f"{outside_fault(fault) or NO_MEMORY}; {_kept(out, resumable)}")
        finally:
            os._exit(3)

    try:
        memory.prepare()
        with when_one_dies(give_up), when_all_stand_still(give_up):
            yield
    except KeyboardInterrupt:
        raise Stopped(f"Stopped; {_kept(out, resumable)}") from None
    except Exception as error:
        if (outside := outside_fault(error)) is None:
            raise
        raise OutsideError(f"{outside}; {_kept(out, resumable)}") from error
    finally:
        storage.give_up(out)


def _kept(out: Place, resumable: bool) -> str:
    """What there is of the results, and how to go on with them."""
    storage.give_up(out)
    try:
        is_there = out.exists()
        has_begun = is_there and (not resumable or any(path.suffix == ".json" for path in out.iterdir()))
    except Exception:  # noqa: BLE001  such as of a place elsewhere that cannot be reached
        is_there = has_begun = True
    if is_there and not has_begun:
        return f"nothing had been computed; run it again, with another --out than {out}."
    kept = f"what was reached is kept in {out}" if is_there else "nothing had been computed"
    return f"{kept}; go on: glut4sim resume {out}" if resumable and is_there else f"{kept}."


@contextmanager
def at_work(name: str, out: Place, quiet: bool, resumable: bool = False) -> Iterator[Callable[[float, float], None]]:
    """Work that may be stopped, under a progress bar; yields what to call with how much is done and in all."""
    with progress_bar(hidden=quiet) as bar, stopping(out, resumable):
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def conclude(result: Any, content: Mapping[str, Any], printing: Printing, show: Callable[[], None]) -> None:
    """Say what came out, as JSON, as a directory, or as `show` does; exit with 1 or 3 if a part of it failed."""
    warn(result.warnings)
    say(result.out, content, printing, show)
    if result.status == "complete":
        return
    if getattr(result, "outside", False):
        raise typer.Exit(complain(f"What was reached is kept; go on: glut4sim resume {result.out}", 3))
    raise typer.Exit(1)


def say(out: object, content: Mapping[str, Any], printing: Printing, show: Callable[[], None]) -> None:
    """Print JSON, the directory of the results, or what `show` prints."""
    if printing.as_json:
        print_json({"out": str(out), **content})
    elif printing.quiet:
        typer.echo(out)
    else:
        show()


def overrides(changes: list[str] | None) -> dict[str, str]:
    """What --set says: path -> text."""
    return dict(split(change, "--set", "cell.vesicles=500") for change in changes or [])


def split(text: str, option: str, example: str) -> tuple[str, str]:
    """Both sides of PATH=VALUE."""
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"expected PATH=VALUE such as {example}.", place=f"{option} {text}")
    return path.strip(), value.strip()


def warn(warnings: tuple[str, ...]) -> None:
    """Print warnings on stderr, a line each."""
    for warning in warnings:
        complain(f"Warning: {warning}")


def indented(text: str, width: int | None, first: str = " " * 6, then: str = " " * 6) -> str:
    """The text wrapped to a width, or on one line."""
    return textwrap.fill(text, width or sys.maxsize, initial_indent=first, subsequent_indent=then)
