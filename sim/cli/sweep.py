"""`glut4sim sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Computing,
    Out,
    Printing,
    Sampling,
    ScenarioName,
    at_work,
    checked,
    conclude,
    free_directory,
    load,
    split,
    with_groups,
)
from glut4sim.sim.cli.run import print_footer
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.errors import InputError

if TYPE_CHECKING:
    from glut4sim.sim.studies.sweep.result import SweepResult


@with_groups
def sweep(
    scenario: ScenarioName,
    *,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=LEVELS",
            help="What to vary: bath.insulin=1pM..100nM/13 takes 13 levels at equal ratios, LOW..HIGH/13lin at equal "
            "distances, bath.insulin=1nM,10nM just these. Repeatable: all combinations.",
        ),
    ],
    sampling: Sampling,
    observable: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Number of the summary to fit and draw, else surface GLUT4 when stimulated."),
    ] = None,
    out: Out = None,
    computing: Computing,
    printing: Printing,
) -> None:
    """Run a scenario at several levels of one number or more, and fit a dose-response curve.

    In a bath that changes in time, a level replaces the highest concentration wherever it occurs.
    """
    options = checked(**sampling.keywords(), **computing.keywords())
    loaded = load(scenario, sampling.changes, out)
    varied: dict[str, str] = {}
    for text in vary:
        path, levels = split(text, "--vary", "bath.insulin=1pM..100nM/13")
        if path in varied:
            raise InputError("this path is varied twice.", place=f"--vary {text}")
        varied[path] = levels
    out = out or free_directory(Path("results") / f"{loaded.name}-sweep")
    with at_work(loaded.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies.sweep.sweep import OBSERVABLE
        from glut4sim.sim.studies.sweep.sweep import sweep as simulate

        result = simulate(loaded, varied, out, observable or OBSERVABLE, progress=progress, **options)
    report(result, printing)


def report(result: "SweepResult", printing: Printing) -> None:
    """Say what came out; exit with 1 if a run failed."""
    conclude(result, result.content, printing, lambda: _print_sweep(result))


def _print_sweep(result: "SweepResult") -> None:
    from glut4sim.sim.studies.sweep.result import describe_fits

    columns = {f"{a.path} [{a.unit}]" if a.unit != "1" else a.path: "right" for a in result.axes}
    rows, observed = [], result.observed
    for level in result.content["levels"]:
        numbers = level["observables"][result.observable]
        cells = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in level["at"].values()]
        cells += [observed.number(result.observable, numbers[key]) for key in ("mean", "sd")]
        rows.append((*cells, str(numbers["n"])))
    print_table(result.title, columns | {"Mean": "right", "SD": "right", "n": "right"}, rows)
    for line in describe_fits(result):
        typer.echo(line)
    print_footer(result.scenario, result)
