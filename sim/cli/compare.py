"""`glut4sim compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Changes,
    Executor,
    MeanField,
    Out,
    Quiet,
    Replicates,
    Scheduler,
    Seed,
    SummaryJson,
    Threads,
    at_work,
    conclude,
    free_directory,
    load,
    workers,
)
from glut4sim.sim.cli.terminal import print_table

if TYPE_CHECKING:
    from glut4sim.sim.studies.comparison.result import Comparison


def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO...",
            help="Installed scenarios, or TOML files; the first is the reference. Every assay of one counts.",
        ),
    ],
    changes: Changes = None,
    seed: Seed = None,
    replicates: Replicates = None,
    out: Out = None,
    threads: Threads = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    mean_field: MeanField = False,
    as_json: SummaryJson = False,
    quiet: Quiet = False,
) -> None:
    """Run conditions with paired random numbers, and show what each changes relative to the first, and how surely."""
    where = workers(executor, scheduler)
    loaded = [load(scenario, changes, seed, out) for scenario in scenarios]
    from glut4sim.sim.studies.comparison.comparison import compare as run
    from glut4sim.sim.studies.comparison.comparison import conditions, folder_name

    names = list(conditions(loaded))
    out = out or free_directory(Path("results") / f"{folder_name(names[0])}-compared")
    with at_work("compare", out, quiet, resumable=True) as progress:
        result = run(
            loaded,
            out=out,
            seed=seed,
            replicates=replicates,
            threads=threads,
            progress=progress,
            mean_field=mean_field,
            executor=where,
        )
    report(result, as_json, quiet)


def report(result: "Comparison", as_json: bool, quiet: bool) -> None:
    """Say what came out; exit with 1 if a replicate failed."""
    conclude(result, result.content, as_json, quiet, lambda: _print_effects(result))


def _print_effects(result: "Comparison") -> None:
    from glut4sim.sim.studies.comparison.report import headline, outline

    print_table(outline(result), *headline(result))
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Report   {result.out / 'report.md'}  ({result.wall_seconds:.1f} s)")
