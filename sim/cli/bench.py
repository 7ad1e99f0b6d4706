"""`glut4sim bench`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glut4sim.sim.cli.options import (
    Drawing,
    MeanField,
    Out,
    SummaryJson,
    Threads,
    Uncertain,
    at_work,
    check_new,
    warn,
    with_groups,
)
from glut4sim.sim.cli.terminal import print_json, print_table
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import claim

if TYPE_CHECKING:
    from glut4sim.sim.inputs.storage import Place


@with_groups
def bench(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE", help="An installed suite such as validation, or a TOML file, here or at an address."
        ),
    ],
    *,
    replicates: Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the suite's.")] = None,
    out: Out = None,
    threads: Threads = None,
    mean_field: MeanField = False,
    uncertain: Uncertain = False,
    drawing: Drawing,
    as_json: SummaryJson = False,
) -> None:
    """Run a suite against published numbers, and write a report: what agrees, what does not, and why.

    `validation` checks the cells against measurements, `hormones` asks what each hormonal condition does, how surely
    and through which step, `clinical` holds clamps, drinks and meals of bodies against those of people. Checks that
    fail do not make the exit status 1: they are what the report is about.

    `validation --uncertain` also predicts, at 100 joint draws of what nobody knows, the data that had no part in a fit;
    this takes about a minute more. `levels --uncertain` and `hormones --uncertain` predict numbers about hormones so,
    the latter of both files together; `clinical --uncertain` gives each number the interval over 8 draws of the body
    and its cells, in some minutes.
    """
    if mean_field and replicates is not None:
        raise InputError("a mean field knows no chance and has one replicate; leave it out.", place="--replicates")
    drawing.check_wanted(uncertain)
    check_new(out, "directory")
    from glut4sim.sim.studies.benchmark.suite import load_suite, says_conditions, says_numbers

    if says_conditions(suite):
        if mean_field:
            raise InputError("conditions are compared by agents; leave it out.", place="--mean-field")
        _bench_conditions(suite, replicates, out, threads, {"uncertain": uncertain, **drawing.keywords()}, as_json)
        return
    if says_numbers(suite):
        if replicates is not None:
            raise InputError("bodies have mean-field cells, without chance; leave it out.", place="--replicates")
        _bench_numbers(suite, out, threads, uncertain, drawing, as_json)
        return
    loaded = load_suite(suite, {"run": {"replicates": replicates}} if replicates else {})
    out = out or claim(Path("results") / loaded.name)
    with at_work(loaded.name, out, False) as progress:
        from glut4sim.sim.studies.benchmark import numbers_report, suite_report
        from glut4sim.sim.studies.benchmark.held_out import curves_held_out, judge_held_out
        from glut4sim.sim.studies.benchmark.numbers_held_out import judge_numbers, numbers_of
        from glut4sim.sim.studies.benchmark.suite_run import run_suite
        from glut4sim.sim.studies.options import RunOptions

        result = run_suite(
            loaded,
            threads=threads,
            mean_field=mean_field,
            progress=progress,
        )
        held_out = numbers = None
        if uncertain and any(not check.fitted for check, _ in numbers_of(loaded)):
            options = RunOptions(threads=threads, progress=progress)
            numbers = judge_numbers(levels=loaded, options=options, **drawing.keywords())
        if uncertain and (numbers is None or curves_held_out(loaded)):
            held_out = judge_held_out(loaded, threads=threads, progress=progress, **drawing.keywords())
        content = suite_report.write(result, out, held_out, numbers)
    if as_json:
        print_json({"out": str(out), **content})
        return
    rows = suite_report.table(content)
    columns = {"": "left", "Quantity": "left", "Expected": "left", "Simulated [95 %]": "left", "Verdict": "left"}
    print_table(f"{loaded.title} ({result.method})", columns, rows)
    typer.echo(suite_report.outline(content))
    if held_out is not None:
        typer.echo(f"{suite_report.coverage_outline(content['held_out'])} ({held_out.wall_seconds:.1f} s)")
    if numbers is not None:
        typer.echo(f"{numbers_report.outline(content['numbers_held_out'])} ({numbers.wall_seconds:.1f} s)")
    typer.echo(f"Report   {out / loaded.name}.md  ({result.wall_seconds:.1f} s)")


def _bench_numbers(
    suite: str, out: "Place | None", threads: int | None, uncertain: bool, drawing: Drawing, as_json: bool
) -> None:
    from glut4sim.sim.studies.benchmark import clinical, clinical_report, clinical_run
    from glut4sim.sim.studies.body import doubt

    count = doubt.how_many(drawing.keywords().get("draws"), drawing.ranges)
    loaded = clinical.load(suite)
    out = out or claim(Path("results") / loaded.name)
    with at_work(loaded.name, out, False) as progress:
        draws = doubt.draws(count) if uncertain else ()
        result = clinical_run.run(loaded, draws, threads, progress)
    content = clinical_report.write(result, out)
    if as_json:
        print_json({"out": str(out), **content})
        return
    columns = {"": "left", "Quantity": "left", "Band": "left", "Body": "left", "Verdict": "left"}
    rows = [clinical_report.row(number) for number in content["numbers"]]
    print_table(loaded.title, columns, [(row[0], row[1], row[5], row[6], row[7]) for row in rows])
    typer.echo(clinical_report.outline(content))
    typer.echo(f"Report   {out / loaded.name}.md  ({result.wall_seconds:.1f} s)")


def _bench_conditions(
    suite: str, replicates: int | None, out: "Place | None", threads: int | None, doubt: dict[str, Any], as_json: bool
) -> None:
    from glut4sim.sim.studies.benchmark import conditions, conditions_report, numbers_report
    from glut4sim.sim.studies.benchmark.numbers_held_out import judge_numbers
    from glut4sim.sim.studies.benchmark.suite import load_suite
    from glut4sim.sim.studies.options import RunOptions

    loaded = conditions.load(suite, replicates)
    out = out or claim(Path("results") / loaded.name)
    with at_work(loaded.name, out, False) as progress:
        result = conditions.run(loaded, threads, progress=progress, **doubt)
        numbers = None
        if doubt["uncertain"] and loaded.levels:
            options = RunOptions(threads=threads, progress=progress)
            drawn = {key: value for key, value in doubt.items() if key != "uncertain"}
            numbers = judge_numbers(load_suite(loaded.levels), loaded, seed=loaded.seed, options=options, **drawn)
    content = conditions_report.write(result, out, numbers)
    warn(result.warnings)
    if as_json:
        print_json({"out": str(out), **content})
        return
    print_table(loaded.title, *conditions_report.table(result))
    typer.echo(conditions_report.outline(result))
    typer.echo(conditions_report.what_intervals_hold(result))
    if numbers is not None:
        typer.echo(f"{numbers_report.outline(content['numbers_held_out'])} ({numbers.wall_seconds:.1f} s)")
    typer.echo(f"Report   {out / loaded.name}.md  ({result.wall_seconds:.1f} s)")
