"""`glut4sim uncertainty`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from glut4sim.sim.cli.options import (
    Computing,
    Drawing,
    Out,
    Printing,
    Sampling,
    ScenarioName,
    at_work,
    checked,
    conclude,
    load,
    with_groups,
)
from glut4sim.sim.cli.run import print_bodies
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.studies.body.uncertainty import BodyUncertainty
    from glut4sim.sim.studies.uncertainty.uncertainty import UncertaintyResult


@with_groups
def uncertainty(
    scenario: ScenarioName,
    *,
    drawing: Drawing,
    sampling: Sampling,
    out: Out = None,
    computing: Computing,
    printing: Printing,
) -> None:
    """Find how sure the numbers of a scenario are: chance, cells that differ, and values that nobody knows.

    Values are drawn from the posterior of the cell's preset, where it has one, else from their plausible ranges, and
    those kept that make a cell which answers to insulin. With --mean-field there are no agents, and chance is left out.
    Of a test of the body, values are drawn from what its fit left open.
    """
    options = checked(**sampling.keywords(), **computing.keywords())
    loaded = load(scenario, sampling.changes, out)
    out = out or claim(Path("results") / f"{loaded.name}-uncertainty")
    with at_work(loaded.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty as study

        result = study(loaded, out, progress=progress, **drawing.keywords(), **options)
    report(result, printing)


def report(result: "UncertaintyResult | BodyUncertainty", printing: Printing) -> None:
    """Say what came out; exit with 1 if a replicate failed."""
    from glut4sim.sim.studies.uncertainty.uncertainty import UncertaintyResult

    show = _print_numbers if isinstance(result, UncertaintyResult) else print_bodies
    conclude(result, result.content, printing, lambda: show(result))


def _print_numbers(result: "UncertaintyResult") -> None:
    from glut4sim.sim.studies.uncertainty.report import verdict

    print_table(*result.shown())
    typer.echo(verdict(result.content))
    typer.echo(f"Report   {result.out / 'report.md'}")
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")
