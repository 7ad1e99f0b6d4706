"""`glut4sim export`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from glut4sim.sim.cli.options import Changes, Quiet, ScenarioName, as_place, at_work, check_new, overrides
from glut4sim.sim.cli.terminal import progress_bar
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, new_text, write

app = typer.Typer(help="Write a model or results for other programs.", no_args_is_help=True)

File = Annotated[
    Path | None,
    typer.Option(
        "--out", parser=str, callback=as_place, metavar="FILE", help="New file to write, else standard output."
    ),
]


@app.command("sbml")
def export_sbml(scenario: ScenarioName, changes: Changes = None, out: File = None) -> None:
    """Write the mean-field twin of a scenario as SBML (Level 3 Version 2). Needs python-libsbml.

    Of a scenario that puts a body to a test, this is the body with mean-field cells, hormones as they are at the start.
    """
    check_new(out, "file")
    from glut4sim.sim.body import sbml as of_body
    from glut4sim.sim.model import sbml as of_cell
    from glut4sim.sim.scenario.scenario import Scenario
    from glut4sim.sim.studies.body.people import body_of, protocol_of

    loaded = Scenario.load(scenario, overrides(changes))
    with _under_way(loaded.name):
        has_body = loaded.assay.kind is not None
        text = of_body.export(body_of(loaded), protocol_of(loaded)) if has_body else of_cell.export(loaded)
    with _opened(out) as file:
        file.write(text)


@app.command("omex")
def export_omex(
    scenario: ScenarioName,
    out: Annotated[
        Path, typer.Option(parser=str, callback=as_place, metavar="FILE", help="New file to write, such as pulse.omex.")
    ],
    changes: Changes = None,
) -> None:
    """Write a COMBINE archive: the mean-field twin as SBML, and as SED-ML how to run it and what to plot.

    COPASI, Tellurium and others open it. Needs python-libsbml and python-libsedml.
    """
    check_new(out, "file")
    from glut4sim.sim.model.omex import archive
    from glut4sim.sim.scenario.scenario import Scenario

    loaded = Scenario.load(scenario, overrides(changes))
    with _under_way(loaded.name):
        content = archive(loaded, loaded.run.duration)
    write(out, content)
    typer.echo(out)


@app.command("nonmem")
def export_nonmem(
    scenario: ScenarioName,
    changes: Changes = None,
    observe: Annotated[
        str | None, typer.Option(metavar="NAME,..", help="Levels and drugs whose course comes along: testosterone,lh.")
    ] = None,
    every: Annotated[str, typer.Option(metavar="TIME", help="Time between observations.")] = "1 d",
    out: File = None,
) -> None:
    """Write the doses of a scenario, and levels, as a table of events for NONMEM, nlmixr2, Monolix and the like."""
    check_new(out, "file")
    from glut4sim.sim.analysis.dose_table import table
    from glut4sim.sim.inputs.fields import Time
    from glut4sim.sim.inputs.units import SPAN
    from glut4sim.sim.scenario.scenario import Scenario

    try:
        seconds = Time(SPAN).read(every)
    except InputError as error:
        raise error.within(place="--every") from None
    names = [] if observe is None else [name.strip() for name in observe.split(",")]
    text = table(Scenario.load(scenario, overrides(changes)), names, seconds)
    with _opened(out) as file:
        file.write(text)


@app.command("simularium")
def export_simularium(
    scenario: ScenarioName,
    out: Annotated[
        Path,
        typer.Option(
            parser=str, callback=as_place, metavar="FILE", help="New file to write, such as pulse.simularium."
        ),
    ],
    changes: Changes = None,
    frames: Annotated[int, typer.Option(min=1, max=2000, metavar="N", help="Pictures, over the whole run.")] = 200,
    vesicles: Annotated[
        int, typer.Option(min=1, metavar="N", help="Shown, a fair sample where there are more.")
    ] = 2000,
    quiet: Quiet = False,
) -> None:
    """Simulate a scenario's first replicate, and write its vesicles for the Simularium viewer. Needs simulariumio."""
    check_new(out, "file")
    from glut4sim.sim.scenario.scenario import Scenario

    loaded = Scenario.load(scenario, overrides(changes))
    loaded.check_one_assay()
    loaded.check_memory()
    steps = round(loaded.run.duration / loaded.run.step)
    every = max(1, steps // frames)
    with at_work(loaded.name, out, quiet) as progress:
        from glut4sim.sim.model.simularium import trajectory

        write(out, trajectory(loaded, loaded.run.seed, steps // every, every, vesicles, progress))
    typer.echo(out)


@app.command("html")
def export_html(
    results: Annotated[
        Path,
        typer.Argument(
            parser=str, callback=as_place, metavar="RESULT_DIR", help="Directory of results of run, or its address."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(parser=str, callback=as_place, metavar="FILE", help="New file to write, such as pulse.html."),
    ],
    pictures: Annotated[int, typer.Option(min=1, max=2000, metavar="N", help="Of the cell, over the whole run.")] = 360,
    vesicles: Annotated[
        int, typer.Option(min=1, max=20_000, metavar="N", help="Drawn, a fair sample where there are more.")
    ] = 2000,
    quiet: Quiet = False,
) -> None:
    """Write a recorded run as one page that plays by itself, without a server and without the internet.

    The first replicate is computed once more, by its seed, for the places of its vesicles. Needs glut4sim[dashboard].
    """
    check_new(out, "file")
    try:
        from glut4sim.sim.dashboard.recording import recorded
    except ModuleNotFoundError as error:
        raise InputError(
            f'needs the package {error.name}; install it with: pip install "glut4sim[dashboard]".', place="export html"
        ) from None
    with at_work(results.name, out, quiet) as progress:
        write(out, recorded(results, pictures, vesicles, progress).html)
    typer.echo(out)


@app.command("petab")
def export_petab(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="An installed problem of a fit, or a TOML file.")],
    out: Annotated[
        Path,
        typer.Option(parser=str, callback=as_place, metavar="DIR", help="New directory to write, here or elsewhere."),
    ],
) -> None:
    """Write a problem of calibration in PEtab's form (version 1), with the mean field as SBML. Needs petab."""
    check_new(out, "directory")
    from glut4sim.sim.studies.fit.petab_export import write_petab
    from glut4sim.sim.studies.fit.problem import load_problem

    with _under_way(problem):
        write_petab(load_problem(problem), out)
    typer.echo(out)


@app.command("csv")
def export_csv(
    results: Annotated[
        Path,
        typer.Argument(
            parser=str, callback=as_place, metavar="RESULT_DIR", help="Directory of results, or its address."
        ),
    ],
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,..", help="Only these, in this order: insulin,surface_glut4_percent,vesicles.fused. Else all."
        ),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="s|min|h|d", help="Unit of the times, else as they were recorded.")
    ] = None,
    out: File = None,
) -> None:
    """Write results as a table: a row per record, a column per variable.

    Of run, compare, sweep, sensitivity, uncertainty and fit; of several conditions or assays all, one after the other.
    """
    check_new(out, "file")
    from glut4sim.sim.results.csv_table import write_parts
    from glut4sim.sim.studies.exporting import tables

    chosen = None if columns is None else [name.strip() for name in columns.split(",")]
    parts = tables(results, chosen, time)
    with _opened(out) as file:
        write_parts(parts, file, chosen)


@contextmanager
def _under_way(name: str) -> Iterator[None]:
    """A line that says that it goes on, as for the mean field's state of rest its solver may have to be compiled."""
    with progress_bar(hidden=False) as bar:
        bar.add_task(name, total=None)
        yield


@contextmanager
def _opened(out: Place | None) -> Iterator[TextIO]:
    """A new text file, or standard output."""
    if out is None:
        yield sys.stdout
        return
    with new_text(out, "--out") as file:
        yield file
