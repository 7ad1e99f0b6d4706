"""`glut4sim sensitivity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Changes,
    Out,
    Printing,
    ScenarioName,
    Seed,
    at_work,
    checked,
    conclude,
    load,
    with_groups,
)
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.studies.sensitivity.sensitivity import SensitivityResult


@with_groups
def sensitivity(
    scenario: ScenarioName,
    *,
    changes: Changes = None,
    observable: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Number of the summary, else surface GLUT4; of a body M, HOMA-IR or glucose."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="morris: screen all; sobol: divide the variance; both, of the first.")
    ] = "both",
    trajectories: Annotated[int, typer.Option(metavar="N", help="Of the screening.")] = 10,
    samples: Annotated[int, typer.Option(metavar="N", help="Of the variance; a power of 2.")] = 64,
    top: Annotated[int, typer.Option(metavar="N", help="How many of the screening's first share the variance.")] = 10,
    parameters: Annotated[
        str, typer.Option(metavar="NAMES", help="Which to vary: 'vesicle.*,signalling.pten', else all.")
    ] = "*",
    seed: Seed = None,
    out: Out = None,
    processes: Annotated[
        int | None, typer.Option("--processes", "--threads", min=1, metavar="N", help="Processors to use, else all.")
    ] = None,
    printing: Printing,
) -> None:
    """Find which uncertain values matter: vary all within their plausible ranges, and rank them.

    Elementary effects of all (Morris), then shares of the variance of the first (Sobol), by the mean-field twin.
    """
    checked(seed=seed)
    loaded = load(scenario, changes, out)
    out = out or claim(Path("results") / f"{loaded.name}-sensitivity")
    with at_work(loaded.name, out, printing.quiet) as progress:
        from glut4sim.sim.studies.sensitivity.sensitivity import sensitivity as analyse

        result = analyse(
            loaded,
            out=out,
            observable=observable,
            method=method,
            trajectories=trajectories,
            samples=samples,
            top=top,
            parameters=[name.strip() for name in parameters.split(",")],
            seed=seed,
            processes=processes,
            progress=progress,
        )
    conclude(result, result.content, printing, lambda: _print_ranking(result, top))


def _print_ranking(result: "SensitivityResult", top: int) -> None:
    from glut4sim.sim.studies.sensitivity.report import verdict

    print_table(*result.shown(top))
    typer.echo(verdict(result.content, top))
    typer.echo(f"Report   {result.out / 'report.md'}")
    if (result.out / "figure.png").exists():
        typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")
