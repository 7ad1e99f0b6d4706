"""`glut4sim sweep`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Computing,
    Out,
    Printing,
    Sampling,
    at_work,
    checked,
    conclude,
    installed,
    load,
    split,
    with_groups,
)
from glut4sim.sim.cli.run import print_assumed, print_footer
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.studies.sweep.curves_result import CurvesResult
    from glut4sim.sim.studies.sweep.result import SweepResult


@with_groups
def sweep(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="[LABEL=]SCENARIO...",
            help="Installed scenarios, or TOML files, here or at addresses, each with a label, else called by its "
            "title: t2d=metabolic/type-2-diabetes. Of several, each has its curve in one figure.",
            autocompletion=installed,
        ),
    ],
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
    """Run scenarios at several levels of one number or more, and fit a dose-response curve to each.

    Of what changes over time, such as the insulin of a pulse, the level is varied; rest and washout stay.
    """
    options = checked(**sampling.keywords(), **computing.keywords())
    from glut4sim.sim.scenario.labels import folder_name, split_label

    named = [split_label(scenario) for scenario in scenarios]
    loaded = [(label, load(scenario, sampling.changes, out)) for label, scenario in named]
    varied: dict[str, str] = {}
    for text in vary:
        path, levels = split(text, "--vary", "bath.insulin=1pM..100nM/13")
        if path in varied:
            raise InputError("this path is varied twice.", place=f"--vary {text}")
        varied[path] = levels
    label, first = loaded[0]
    several = len(loaded) > 1 or label is not None
    folder = f"{folder_name(label or first.name) or 'conditions'}-curves" if several else f"{first.name}-sweep"
    out = out or claim(Path("results") / folder)
    with at_work("sweep" if several else first.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies.sweep.sweep import OBSERVABLE
        from glut4sim.sim.studies.sweep.sweep import sweep as simulate

        asked = varied, out, observable or OBSERVABLE
        result = simulate(loaded if several else first, *asked, progress=progress, **options)
    report(result, printing)


def report(result: "SweepResult | CurvesResult", printing: Printing) -> None:
    """Say what came out; exit with 1 if a run failed."""
    from glut4sim.sim.studies.sweep.curves_result import CurvesResult

    def show() -> None:
        if isinstance(result, CurvesResult):
            _print_curves(result)
        else:
            _print_sweep(result)

    conclude(result, result.content, printing, show)


def _print_curves(result: "CurvesResult") -> None:
    from glut4sim.sim.studies.sweep.curves_report import fits_table, outline

    print_table(*result.shown())
    typer.echo(outline(result))
    columns, rows = fits_table(result)
    if rows:
        print_table(None, columns, rows)
    for scenario in {one.scenario.preset.hash: one.scenario for one in result.sweeps.values()}.values():
        print_assumed(scenario)
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Report   {result.out / 'report.md'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")


def _print_sweep(result: "SweepResult") -> None:
    from glut4sim.sim.studies.sweep.result import describe_fits

    print_table(*result.shown())
    for line in describe_fits(result):
        typer.echo(line)
    print_footer(result.scenario, result)
