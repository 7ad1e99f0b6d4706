"""The command line. What takes long to import is imported inside the commands, so that `--help` answers at once.

Exit status: 0 done; 2 the user's input is wrong (one line says how); 1 a fault of ours; 130 stopped by Ctrl-C.
"""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim import __version__
from sim.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from sim.ensemble import RunResult
    from sim.scenario import Scenario

DEBUG = "GLUT4SIM_DEBUG"  # environment variable: show tracebacks

app = typer.Typer(
    help="A stochastic, agent-based simulator of one insulin-responsive cell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
scenarios = typer.Typer(help="What can be run: list, show or check scenarios.", no_args_is_help=True)
parameters = typer.Typer(help="The numbers behind the model, with their sources.", no_args_is_help=True)
app.add_typer(scenarios, name="scenarios")
app.add_typer(parameters, name="parameters")

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="An installed scenario, or a TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
PresetName = Annotated[str, typer.Option("--preset", help="Whose parameters.")]


class Stopped(Exception):
    """Ctrl-C, with a word about what is kept."""


def main() -> None:
    """Entry point of `glut4sim`."""
    try:
        status = app(standalone_mode=False)
        if status == 130:  # what typer makes of Ctrl-C
            _complain("Stopped.", 130)
    except InputError as error:
        status = _complain(error, 2)
    except Stopped as word:
        status = _complain(word, 130)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error, whichever library typer has it from
            message = " ".join(error.format_message().split())
            status = _complain(f"{message} See --help.", 2) if message else 2  # without: the help has been printed
        elif os.environ.get(DEBUG):
            raise
        else:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            status = _complain(f"glut4sim failed, which is a fault of its own: {what} (set {DEBUG}=1 to see where)", 1)
    sys.exit(status or 0)


def _complain(message: object, status: int) -> int:
    """Print a line on stderr; return the exit status."""
    typer.echo(message, err=True)
    return status


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"glut4sim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


# ---- run ----


@app.command()
def run(
    scenario: ScenarioName,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value: --set bath.insulin='10 nM'. Repeatable."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, metavar="N", help="Instead of the scenario's.")] = None,
    replicates: Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the scenario's.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New directory for the results, else results/NAME.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processors to use, else all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of a table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the directory of the results.")] = False,
) -> None:
    """Run a scenario: simulate, save the results, print their summary."""
    if out is not None and out.exists():
        raise InputError("expected a new directory, got one that exists; choose another.", place=f"--out {out}")
    from sim.scenario import MAX_SEED, Scenario

    if seed is not None and seed > MAX_SEED:
        raise InputError(f"expected a whole number from 0 to {MAX_SEED}, got {seed}.", place="--seed")
    loaded = Scenario.load(scenario, dict(map(_split_change, changes or [])))
    out = out or _free_directory(Path("results") / loaded.name)
    with _progress(hidden=quiet) as bar:
        task = bar.add_task(loaded.name, total=None)
        from sim.ensemble import run as simulate

        try:
            result = simulate(
                loaded,
                out=out,
                seed=seed,
                replicates=replicates,
                threads=threads,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except KeyboardInterrupt:
            kept = f"what was reached is kept in {out}" if out.exists() else "nothing had been computed"
            raise Stopped(f"Stopped; {kept}.") from None
    for warning in result.warnings:
        _complain(f"Warning: {warning}", 0)
    if as_json:
        _print_json({"out": str(result.out), "status": result.status, **result.summary})
    elif quiet:
        typer.echo(result.out)
    else:
        _print_result(loaded, result)
    if result.status != "complete":
        raise typer.Exit(1)


def _split_change(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError("expected PATH=VALUE such as cell.vesicles=500.", place=f"--set {text}")
    return path.strip(), value.strip()


def _free_directory(wanted: Path) -> Path:
    """The directory wanted, or the first of wanted-2, wanted-3 ... that does not exist."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _progress(hidden: bool) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class SimulatedTime(ProgressColumn):
        def render(self, task):
            return Text(f"{task.completed / 60:.1f}/{task.total / 60:g} min" if task.total else "starting")

    class Speed(ProgressColumn):
        def render(self, task):
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}x real time" if speed else "")

    percent = TextColumn("{task.percentage:>3.0f}%")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, SimulatedTime(), Speed(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal)


def _print_result(scenario: "Scenario", result: "RunResult") -> None:
    rows = []
    for name, numbers in result.summary["observables"].items():
        mean, sd = (_number(numbers[key]) for key in ("mean", "sd"))
        unit = "" if numbers["unit"] == "1" else numbers["unit"]
        rows.append((_readable(name), mean, sd, str(numbers["n"]), unit))
    title = scenario.title or scenario.name
    _print_table(title, {"Observable": "left", "Mean": "right", "SD": "right", "n": "right", "Unit": "left"}, rows)
    counts = scenario.preset.counts()
    assumed = f"{counts['assumed']} of the {sum(counts.values())} parameter values"
    typer.echo(f"{assumed} behind this are assumed: see `glut4sim parameters list`.")
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")


def _readable(name: str) -> str:
    """Name of a number of the summary, in words: "Surface GLUT4 half-time rise"."""
    for unit in ("_percent", "_per_s", "_per_min", "_min"):
        name = name.removesuffix(unit)
    words = name.replace("half_time", "half-time").replace("glut4", "GLUT4").replace("pip3", "PIP3").split("_")
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _number(value: float | None) -> str:
    """Four significant digits, in a form that people read."""
    if value is None:
        return "-"
    return f"{value:.3e}" if value and not 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"


# ---- scenarios ----


@scenarios.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """List the installed scenarios."""
    from sim.scenario import SCENARIOS, Scenario

    loaded = [Scenario.load(name) for name in SCENARIOS.names()]
    if as_json:
        _print_json([{"name": s.name, **s.resolved()} for s in loaded])
        return
    rows = [(s.name, s.title, f"{s.run.duration / 60:g} min", str(s.run.replicates)) for s in loaded]
    _print_table(None, {"Name": "left", "Title": "left", "Duration": "right", "Replicates": "right"}, rows)


@scenarios.command("show")
def show_scenario(scenario: ScenarioName) -> None:
    """Print a scenario as resolved: inherited values and defaults included."""
    from sim.scenario import Scenario

    loaded = Scenario.load(scenario)
    typer.echo(f"# {loaded.name}: {_evidence(loaded.preset.counts())}")
    typer.echo(loaded.to_toml(), nl=False)


@scenarios.command("check")
def check_scenarios(
    files: Annotated[list[str], typer.Argument(metavar="SCENARIO...", help="Installed scenarios, or TOML files.")],
) -> None:
    """Check scenarios without running them; exit status 2 if any is faulty."""
    from sim.scenario import Scenario

    faulty = False
    for file in files:
        try:
            loaded = Scenario.load(file)
            loaded.check_memory()
            _ = loaded.parameter_set
            typer.echo(f"{file}: ok")
        except InputError as error:
            faulty = True
            _complain(error, 2)
    if faulty:
        raise typer.Exit(2)


# ---- parameters ----


@parameters.command("list")
def list_parameters(preset: PresetName = "adipocyte", as_json: Json = False) -> None:
    """List all parameters: value, unit, plausible range, evidence and source."""
    from sim.parameters import load_preset

    loaded = load_preset(preset)
    if as_json:
        _print_json(loaded.as_table())
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    section = ""
    typer.echo(f"{loaded.title}\n\n  {'Parameter':<26}{'Value':<20}{'Plausible range':<20}Evidence, source")
    for p in loaded.parameters.values():
        if p.name.split(".")[0] != section:
            section, _ = p.name.split(".")
            typer.secho(f"\n{section}", bold=True)
        typer.echo(f"  {p.name.removeprefix(section + '.'):<26}{p!s:<20}{_range(p):<20}{p.evidence}")
        typer.secho(_indented(p.source, width), dim=True)
    typer.echo()
    typer.echo(_evidence(loaded.counts()))


@parameters.command("show")
def show_parameter(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as vesicle.fuse.")],
    preset: PresetName = "adipocyte",
    as_json: Json = False,
) -> None:
    """Show one parameter."""
    from dataclasses import asdict

    from sim.parameters import load_preset

    p = load_preset(preset).find(name)
    if as_json:
        _print_json(asdict(p))
        return
    typer.echo(f"{p.name} = {p}\n  range     {_range(p)} {p.unit}\n  evidence  {p.evidence}\n  source    {p.source}")


def _range(parameter) -> str:
    return f"{parameter.low:g} .. {parameter.high:g}"


def _indented(text: str, width: int | None) -> str:
    """The text wrapped to a width, or on one line."""
    return textwrap.fill(text, width or sys.maxsize, initial_indent=" " * 6, subsequent_indent=" " * 6)


def _evidence(counts: Mapping[str, int]) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    return f"{sum(counts.values())} parameter values: {kinds}"


# ---- output ----


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def _print_table(title: str | None, columns: Mapping[str, str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table; the columns are names with left or right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title and Text(title), title_justify="left", box=SIMPLE_HEAD)
    for name, side in columns.items():
        table.add_column(name, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console()
    console.print(table, width=console.width if console.is_terminal else 120)
