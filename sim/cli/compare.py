"""`glut4sim compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Computing,
    Drawing,
    Out,
    Printing,
    Sampling,
    Uncertain,
    at_work,
    checked,
    conclude,
    installed,
    load,
    with_groups,
)
from glut4sim.sim.cli.run import print_bodies
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.studies.body.comparison import BodiesComparison
    from glut4sim.sim.studies.comparison.result import Comparison


@with_groups
def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(
            metavar="[LABEL=]SCENARIO...",
            help="Installed scenarios, or TOML files, here or at addresses. The first is the reference. Every assay of "
            "one counts. They are called by their titles, or by the labels that you give: low=men/hypogonadal.",
            autocompletion=installed,
        ),
    ],
    *,
    uncertain: Uncertain = False,
    drawing: Drawing,
    sampling: Sampling,
    out: Out = None,
    computing: Computing,
    printing: Printing,
) -> None:
    """Run conditions with paired random numbers, and show what each changes relative to the first, and how surely."""
    options = checked(**sampling.keywords(), **computing.keywords())
    drawing.check_wanted(uncertain)
    from glut4sim.sim.scenario.labels import folder_name, split_label

    named = [split_label(scenario) for scenario in scenarios]
    loaded = [(label, load(scenario, sampling.changes, out)) for label, scenario in named]
    from glut4sim.sim.studies.comparison.comparison import compare as run
    from glut4sim.sim.studies.comparison.comparison import conditions

    first = folder_name(next(iter(conditions(loaded)))) or "conditions"
    out = out or claim(Path("results") / f"{first}-compared")
    with at_work("compare", out, printing.quiet, resumable=True) as progress:
        result = run(loaded, out, progress=progress, uncertain=uncertain, **drawing.keywords(), **options)
    report(result, printing)


def report(result: "Comparison | BodiesComparison", printing: Printing) -> None:
    """Say what came out; exit with 1 if a replicate failed."""
    from glut4sim.sim.studies.comparison.result import Comparison

    show = _print_effects if isinstance(result, Comparison) else print_bodies
    conclude(result, result.content, printing, lambda: show(result))


def _print_effects(result: "Comparison") -> None:
    from glut4sim.sim.studies.comparison import report as words

    if result.differences:
        print_table(None, *words.differing(result))
    else:
        typer.echo(words.NOTHING_DIFFERS)
    print_table(*result.shown())
    if holds := words.what_intervals_hold(result):
        typer.echo(holds)
    if pairing := words.pairing_told(result):
        typer.echo(pairing)
    if steps := words.steps_told(result):
        typer.echo(f"Through which steps, change of surface GLUT4 ({words.STEPS_ALONE}):")
        for line in steps:
            typer.echo(f"  {line}")
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Report   {result.out / 'report.md'}  ({result.wall_seconds:.1f} s)")
