"""`glut4sim fit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import (
    Computing,
    Out,
    Printing,
    at_work,
    check_new,
    checked,
    conclude,
    with_groups,
)
from glut4sim.sim.cli.terminal import print_table
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.studies.fit.abc_result import AbcResult
    from glut4sim.sim.studies.fit.result import FitResult


@with_groups
def fit(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="An installed problem, or a TOML file.")],
    *,
    starts: Annotated[int, typer.Option(metavar="N", help="Searches, from the guess and all over the ranges.")] = 20,
    profiles: Annotated[bool, typer.Option(help="Profile the likelihood of each value.")] = True,
    posterior: Annotated[bool, typer.Option(help="Sample the posterior.")] = True,
    steps: Annotated[int, typer.Option(metavar="N", help="Of the posterior's walkers, at most.")] = 2000,
    draws: Annotated[int, typer.Option(metavar="N", help="Of the posterior to leave, about.")] = 400,
    populations: Annotated[int, typer.Option(metavar="N", help="By agents: of values, ever closer.")] = 8,
    particles: Annotated[int, typer.Option(metavar="N", help="By agents: of each population.")] = 200,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of all chance.")] = 1,
    out: Out = None,
    computing: Computing,
    printing: Printing,
) -> None:
    """Calibrate parameters or effects to data: best values, intervals, what cannot be told, draws to predict with.

    Least squares from many starts, profile likelihoods and a posterior, by the mean-field twin; docs/fit.md says how
    to write a problem. Where single vesicles were watched, approximate Bayesian computation by agents. What was
    stopped goes on with `resume`.
    """
    check_new(out, "directory")
    options = checked(**computing.keywords())
    from glut4sim.sim.studies.fit.problem import load_problem

    loaded = load_problem(problem)
    out = out or claim(Path("results") / f"{loaded.name}-fit")
    if loaded.needs_agents:
        with at_work(loaded.name, out, printing.quiet, resumable=True) as progress:
            from glut4sim.sim.studies.fit.abc_smc import fit_by_agents

            found = fit_by_agents(
                loaded, out, populations=populations, particles=particles, seed=seed, progress=progress, **options
            )
        report_by_agents(found, printing)
        return
    with at_work(loaded.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies.fit.fit import fit as calibrate

        result = calibrate(
            loaded, out, starts=starts, profiles=profiles, posterior=posterior, steps=steps, draws=draws, seed=seed,
            progress=progress, **options,
        )  # fmt: skip
    report(result, printing)


def report(result: "FitResult", printing: Printing) -> None:
    """Say what came out."""
    conclude(result, result.content, printing, lambda: _print(result))


def report_by_agents(result: "AbcResult", printing: Printing) -> None:
    """Say what came out of a fit to single vesicles."""
    conclude(result, result.content, printing, lambda: _print_by_agents(result))


def _print_by_agents(result: "AbcResult") -> None:
    from glut4sim.sim.studies.fit.abc_result import quality

    print_table(*result.shown())
    typer.echo(quality(result.content))
    _print_places(result)


def _print(result: "FitResult") -> None:
    from glut4sim.sim.studies.fit.report import not_identifiable, quality, scored, searched

    content = result.content
    if not content["free"]:
        return
    print_table(*result.shown())
    words = quality(content)
    typer.echo(words[:1].upper() + words[1:])
    typer.echo(searched(content))
    for row in content["free"]:
        if line := not_identifiable(row):
            typer.echo(line)
    if content["score"]:
        typer.echo(scored(content))
    _print_places(result)


def _print_places(result: "FitResult | AbcResult") -> None:
    for name, what in (("report.md", "Report"), ("fitted.toml", "Values"), ("posterior.csv", "Draws")):
        if (result.out / name).exists():
            typer.echo(f"{what:8} {result.out / name}")
    typer.echo(f"Results  {result.out}  ({result.wall_seconds:.1f} s)")
