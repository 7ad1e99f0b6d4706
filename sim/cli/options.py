"""What several commands share: arguments and options, and how they are checked before anything is computed."""

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glut4sim.sim.cli.terminal import complain, print_json, progress_bar
from glut4sim.sim.inputs.errors import InputError, describe, unknown

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="An installed scenario, or a TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a value: --set bath.insulin='10 nM'. Repeatable."),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Instead of the scenario's.")]
Replicates = Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the scenario's.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="New directory for the results, else one in results/.")]
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


class Stopped(Exception):
    """Ctrl-C, with a word about what is kept."""


def load(scenario: str, changes: list[str] | None, seed: int | None, out: Path | None) -> "Scenario":
    """The scenario with the changes of --set; first what can be checked without reading it."""
    check_new(out, "directory")
    from glut4sim.sim.scenario.scenario import MAX_SEED, Scenario

    if seed is not None and seed > MAX_SEED:
        raise InputError(f"expected a whole number from 0 to {MAX_SEED}, got {seed}.", place="--seed")
    return Scenario.load(scenario, overrides(changes))


def workers(executor: str | None, scheduler: str | None) -> str | None:
    """The executor that --executor and --scheduler name."""
    if scheduler is None:
        from glut4sim.sim.studies.run.executors import NAMES

        if executor not in (None, *NAMES):
            raise unknown("executor", executor, NAMES).within(place="--executor")
        return executor
    if executor is not None:
        raise InputError("a scheduler has its own workers; leave one of them out.", place="--executor")
    if ":" not in scheduler:
        raise InputError(
            f"expected an address such as tcp://10.0.0.1:8786, got {describe(scheduler)}.", place="--scheduler"
        )
    return scheduler


def checkpoint_time(text: str | None) -> float | None:
    """What --checkpoint-every says [s]."""
    if text is None:
        return None
    from glut4sim.sim.inputs.units import TIME

    try:
        return TIME.read(text)
    except InputError as error:
        raise error.within(place="--checkpoint-every") from None


def check_new(out: Path | None, what: str) -> None:
    """InputError if what is to be written exists."""
    if out is not None and out.exists():
        raise InputError(f"expected a new {what}, got one that exists; choose another.", place=f"--out {out}")


@contextmanager
def stopping(out: Path, resumable: bool = False) -> Iterator[None]:
    """Ctrl-C becomes Stopped, which says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"what was reached is kept in {out}" if out.exists() else "nothing had been computed"
        go_on = f"; go on: glut4sim resume {out}" if resumable and out.exists() else "."
        raise Stopped(f"Stopped; {kept}{go_on}") from None


@contextmanager
def at_work(name: str, out: Path, quiet: bool, resumable: bool = False) -> Iterator[Callable[[float, float], None]]:
    """Work that may be stopped, under a progress bar; yields what to call with how much is done and in all."""
    with progress_bar(hidden=quiet) as bar, stopping(out, resumable):
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def conclude(result, content: Mapping[str, Any], as_json: bool, quiet: bool, show: Callable[[], None]) -> None:
    """Say what came out, as JSON, as a directory, or as `show` does; exit with 1 if a part of it failed."""
    warn(result.warnings)
    if as_json:
        print_json({"out": str(result.out), **content})
    elif quiet:
        typer.echo(result.out)
    else:
        show()
    if result.status != "complete":
        raise typer.Exit(1)


def overrides(changes: list[str] | None) -> dict[str, str]:
    """What --set says: path -> text."""
    return dict(split(change, "--set", "cell.vesicles=500") for change in changes or [])


def split(text: str, option: str, example: str) -> tuple[str, str]:
    """Both sides of PATH=VALUE."""
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"expected PATH=VALUE such as {example}.", place=f"{option} {text}")
    return path.strip(), value.strip()


def free_directory(wanted: Path) -> Path:
    """The directory wanted, or the first of wanted-2, wanted-3 ... that does not exist."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def warn(warnings: tuple[str, ...]) -> None:
    """Print warnings on stderr, a line each."""
    for warning in warnings:
        complain(f"Warning: {warning}")


def indented(text: str, width: int | None, first: str = " " * 6, then: str = " " * 6) -> str:
    """The text wrapped to a width, or on one line."""
    return textwrap.fill(text, width or sys.maxsize, initial_indent=first, subsequent_indent=then)
