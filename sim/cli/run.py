"""`glut4sim run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    CheckpointEvery,
    Computing,
    Out,
    Printing,
    Sampling,
    ScenarioName,
    at_work,
    checked,
    checkpoint_time,
    conclude,
    load,
    say,
    warn,
    with_groups,
)
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import claim
from glut4sim.sim.reporting.numbers import number

if TYPE_CHECKING:
    from glut4sim.sim.inputs.storage import Place
    from glut4sim.sim.scenario.scenario import Scenario
    from glut4sim.sim.studies.assays.result import AssaysResult
    from glut4sim.sim.studies.body.comparison import BodiesComparison
    from glut4sim.sim.studies.body.result import BodiesResult
    from glut4sim.sim.studies.body.uncertainty import BodyUncertainty
    from glut4sim.sim.studies.run.hormones import HormoneResult
    from glut4sim.sim.studies.run.result import RunResult
    from glut4sim.sim.studies.sweep.result import SweepResult

Replicate = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Run this one of the replicates 0, 1 .. only, as it is among all."),
]
Assay = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="A test of the body instead: clamp, ogtt, meal or fasting; see docs/body.md."),
]
EndocrineOnly = Annotated[
    bool, typer.Option("--endocrine-only", help="Follow the hormones only, hours to months, without a cell.")
]


@with_groups
def run(
    scenario: ScenarioName,
    *,
    sampling: Sampling,
    replicate: Replicate = None,
    out: Out = None,
    computing: Computing,
    checkpoint_every: CheckpointEvery = None,
    assay: Assay = None,
    endocrine_only: EndocrineOnly = False,
    printing: Printing,
) -> None:
    """Run a scenario: simulate, save the results, print their summary.

    Where [assay] names several times, the experiment is done at each and a report says what changed.
    """
    every = checkpoint_time(checkpoint_every)
    options = checked(**sampling.keywords(), **computing.keywords(), checkpoint_every=every)
    changes = [*(sampling.changes or ()), *([] if assay is None else [f"assay.kind={assay}"])]
    loaded = load(scenario, changes, out)
    if endocrine_only:
        if sampling.mean_field or sampling.replicates is not None:
            option = "--mean-field" if sampling.mean_field else "--replicates"
            raise InputError("--endocrine-only computes no cell; leave one of them out.", place=option)
        follow(loaded, sampling.seed, out or claim(Path("results") / f"{loaded.name}-hormones"), printing)
        return
    out = out or claim(Path("results") / loaded.name)
    with at_work(loaded.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies.running import run as simulate

        result = simulate(loaded, out, only=replicate, progress=progress, **options)
    report(loaded, result, printing)


def report(scenario: "Scenario", result: "RunResult | AssaysResult | BodiesResult", printing: Printing) -> None:
    """Say what came out; exit with 1 if a replicate failed."""
    content = {"status": result.status, **result.summary}
    show = _print_assays if "assays" in result.summary else _print_result
    if scenario.assay.kind is not None:
        show = _print_bodies
    conclude(result, content, printing, lambda: show(scenario, result))


def _print_result(scenario: "Scenario", result: "RunResult") -> None:
    print_table(*result.shown())
    print_footer(scenario, result)


def print_footer(scenario: "Scenario", result: "RunResult | SweepResult") -> None:
    """What stands behind the numbers, and where they are."""
    print_assumed(scenario)
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    if scenario.has_hormones and (result.out / "hormones.png").exists():
        typer.echo(f"Hormones {result.out / 'hormones.png'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")


def print_assumed(scenario: "Scenario") -> None:
    """How much of what stands behind the numbers is assumed, and what they are not."""
    counts = scenario.preset.counts()
    assumed = f"{counts['assumed']} of the {sum(counts.values())} parameter values"
    typer.echo(f"{assumed} behind this are assumed: see `glut4sim parameters list`.")
    if scenario.has_hormones:
        from glut4sim.sim.endocrine.evidence import NOT_ADVICE

        typer.echo(f"What acts, and on which evidence: `glut4sim scenarios show`. {NOT_ADVICE}")


def _print_assays(scenario: "Scenario", result: "AssaysResult") -> None:
    from glut4sim.sim.analysis.summary import MAIN

    print_table(*result.shown())
    if result.change(MAIN[0], -1).error is not None:
        typer.echo("Changes are paired, replicate by replicate, with their standard errors.")
    print_assumed(scenario)
    typer.echo(f"Report   {result.out / 'report.md'}")
    typer.echo(f"Figures  {result.out / 'figure.png'}, {result.out / 'hormones.png'}")
    typer.echo(f"Results  {result.out}  ({result.wall_seconds:.1f} s)")


def _print_bodies(_: "Scenario", result: "BodiesResult") -> None:
    print_bodies(result)


def print_bodies(result: "BodiesResult | BodiesComparison | BodyUncertainty") -> None:
    """The main table of a study of bodies, what it does not claim, and where the rest is."""
    from glut4sim.sim.studies.body.report import CLAIMS

    print_table(*result.shown())
    typer.echo(CLAIMS)
    for word, name in (("Figure", "figure.png"), ("Results", "results.zarr")):
        if (result.out / name).exists():
            typer.echo(f"{word:8} {result.out / name}")
    typer.echo(f"Report   {result.out / 'report.md'}  ({result.wall_seconds:.1f} s)")


# ---- hormones alone ----


def follow(scenario: "Scenario", seed: int | None, out: "Place", printing: Printing) -> None:
    """`run --endocrine-only`."""
    with at_work(scenario.name, out, printing.quiet):
        from glut4sim.sim.studies.options import RunOptions
        from glut4sim.sim.studies.run import hormones

        result = hormones.run(RunOptions(seed=seed).prepare(scenario), out)
    warn(result.warnings)
    say(result.out, {"status": "complete", **result.summary}, printing, lambda: _print_courses(scenario, result))


def _print_courses(scenario: "Scenario", result: "HormoneResult") -> None:
    """A row for each level, drug and step that changes or is set."""
    from glut4sim.sim.analysis.timeline import interesting

    levels, drugs, steps = interesting(result.dataset, scenario)
    rows = []
    for name in (*levels, *drugs, *(f"{step}_factor" for step in steps)):
        course = result.summary["courses"][name]
        title = result.dataset[name].attrs["long_name"] if name in result.dataset else _factor(name)
        keys = ("start", "min", "max", "mean_last_week", "at_last_assay")
        rows.append((title, *(number(course[key]) for key in keys), "" if course["unit"] == "1" else course["unit"]))
    at = result.summary["assays"][-1]["at"]
    columns = dict.fromkeys(("Start", "Lowest", "Highest", "Mean of last week", f"At the assay, {at}"), "right")
    print_table(scenario.title or scenario.name, {"Level": "left", **columns, "Unit": "left"}, rows)
    from glut4sim.sim.endocrine.evidence import NOT_ADVICE

    typer.echo(f"All else stays at its reference. {NOT_ADVICE}")
    typer.echo(f"Figure   {result.out / 'hormones.png'}")
    typer.echo(f"Results  {result.out / 'hormones.zarr'}  ({result.wall_seconds:.1f} s)")


def _factor(name: str) -> str:
    from glut4sim.sim.endocrine.modulation import STEPS

    return f"factor of {STEPS[name.removesuffix('_factor')].title}"
