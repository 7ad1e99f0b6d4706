"""The command line. What takes long to import is imported inside the commands, so that `--help` answers at once.

Exit status: 0 done; 2 the user's input is wrong (one line says how); 1 a fault of ours; 130 stopped by Ctrl-C.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sim import __version__
from sim.errors import InputError
from sim.terminal import complain, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from sim.ensemble import RunResult
    from sim.scenario import Scenario
    from sim.sweep import SweepResult

DEBUG = "GLUT4SIM_DEBUG"  # environment variable: show tracebacks

app = typer.Typer(
    help="A stochastic, agent-based simulator of one insulin-responsive cell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
scenarios = typer.Typer(help="What can be run: list, show or check scenarios.", no_args_is_help=True)
parameters = typer.Typer(help="The numbers behind the model, with their sources.", no_args_is_help=True)
export = typer.Typer(help="Write a model or results for other programs.", no_args_is_help=True)
app.add_typer(scenarios, name="scenarios")
app.add_typer(parameters, name="parameters")
app.add_typer(export, name="export")

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="An installed scenario, or a TOML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
PresetName = Annotated[str, typer.Option("--preset", help="Whose parameters.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a value: --set bath.insulin='10 nM'. Repeatable."),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Instead of the scenario's.")]
Replicates = Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the scenario's.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="New directory for the results, else one in results/.")]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="Processors to use, else all.")]
MeanField = Annotated[
    bool, typer.Option("--mean-field", help="Solve the mean-field twin, infinitely many agents, instead.")
]
SummaryJson = Annotated[bool, typer.Option("--json", help="Print the numbers as JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the directory of the results.")]
File = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="New file to write, else standard output.")]


class Stopped(Exception):
    """Ctrl-C, with a word about what is kept."""


def main() -> None:
    """Entry point of `glut4sim`."""
    try:
        status = app(standalone_mode=False)
        if status == 130:  # what typer makes of Ctrl-C
            complain("Stopped.", 130)
    except InputError as error:
        status = complain(error, 2)
    except Stopped as word:
        status = complain(word, 130)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error, whichever library typer has it from
            message = " ".join(error.format_message().split())
            status = complain(f"{message} See --help.", 2) if message else 2  # without: the help has been printed
        elif os.environ.get(DEBUG):
            raise
        else:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            status = complain(f"glut4sim failed, which is a fault of its own: {what} (set {DEBUG}=1 to see where)", 1)
    sys.exit(status or 0)


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
    changes: Changes = None,
    seed: Seed = None,
    replicates: Replicates = None,
    out: Out = None,
    threads: Threads = None,
    mean_field: MeanField = False,
    as_json: SummaryJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario: simulate, save the results, print their summary."""
    loaded = _load(scenario, changes, seed, out)
    out = out or _free_directory(Path("results") / loaded.name)
    with progress_bar(hidden=quiet) as bar, _stopping(out):
        task = bar.add_task(loaded.name, total=None)
        from sim.ensemble import run as simulate

        result = simulate(
            loaded,
            out=out,
            seed=seed,
            replicates=replicates,
            threads=threads,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            mean_field=mean_field,
        )
    for warning in result.warnings:
        complain(f"Warning: {warning}")
    if as_json:
        print_json({"out": str(result.out), "status": result.status, **result.summary})
    elif quiet:
        typer.echo(result.out)
    else:
        _print_result(loaded, result)
    if result.status != "complete":
        raise typer.Exit(1)


def _load(scenario: str, changes: list[str] | None, seed: int | None, out: Path | None) -> "Scenario":
    """The scenario with the changes of --set; first what can be checked without reading it."""
    if out is not None and out.exists():
        raise InputError("expected a new directory, got one that exists; choose another.", place=f"--out {out}")
    from sim.scenario import MAX_SEED, Scenario

    if seed is not None and seed > MAX_SEED:
        raise InputError(f"expected a whole number from 0 to {MAX_SEED}, got {seed}.", place="--seed")
    return Scenario.load(scenario, _overrides(changes))


@contextmanager
def _stopping(out: Path) -> Iterator[None]:
    """Ctrl-C becomes Stopped, which says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"what was reached is kept in {out}" if out.exists() else "nothing had been computed"
        raise Stopped(f"Stopped; {kept}.") from None


def _overrides(changes: list[str] | None) -> dict[str, str]:
    return dict(_split(change, "--set", "cell.vesicles=500") for change in changes or [])


def _split(text: str, option: str, example: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"expected PATH=VALUE such as {example}.", place=f"{option} {text}")
    return path.strip(), value.strip()


def _free_directory(wanted: Path) -> Path:
    """The directory wanted, or the first of wanted-2, wanted-3 ... that does not exist."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _print_result(scenario: "Scenario", result: "RunResult") -> None:
    from sim.summary import readable

    rows = []
    for name, numbers in result.summary["observables"].items():
        mean, sd = (number(numbers[key]) for key in ("mean", "sd"))
        unit = "" if numbers["unit"] == "1" else numbers["unit"]
        rows.append((readable(name), mean, sd, str(numbers["n"]), unit))
    title = scenario.title or scenario.name
    print_table(title, {"Observable": "left", "Mean": "right", "SD": "right", "n": "right", "Unit": "left"}, rows)
    _print_footer(scenario, result)


def _print_footer(scenario: "Scenario", result: "RunResult | SweepResult") -> None:
    """What stands behind the numbers, and where they are."""
    counts = scenario.preset.counts()
    assumed = f"{counts['assumed']} of the {sum(counts.values())} parameter values"
    typer.echo(f"{assumed} behind this are assumed: see `glut4sim parameters list`.")
    typer.echo(f"Figure   {result.out / 'figure.png'}")
    typer.echo(f"Results  {result.out / 'results.zarr'}  ({result.wall_seconds:.1f} s)")


# ---- sweep ----


@app.command()
def sweep(
    scenario: ScenarioName,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=LEVELS",
            help="What to vary: bath.insulin=1pM..100nM/13 takes 13 levels at equal ratios, LOW..HIGH/13lin at equal "
            "distances, bath.insulin=1nM,10nM just these. Repeatable: all combinations.",
        ),
    ],
    changes: Changes = None,
    observable: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Number of the summary to fit and draw, else surface GLUT4 when stimulated."),
    ] = None,
    seed: Seed = None,
    replicates: Replicates = None,
    out: Out = None,
    threads: Threads = None,
    mean_field: MeanField = False,
    as_json: SummaryJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario at several levels of one number or more, and fit a dose-response curve.

    In a bath that changes in time, a level replaces the highest concentration wherever it occurs.
    """
    loaded = _load(scenario, changes, seed, out)
    varied: dict[str, str] = {}
    for text in vary:
        path, levels = _split(text, "--vary", "bath.insulin=1pM..100nM/13")
        if path in varied:
            raise InputError("this path is varied twice.", place=f"--vary {text}")
        varied[path] = levels
    out = out or _free_directory(Path("results") / f"{loaded.name}-sweep")
    with progress_bar(hidden=quiet) as bar, _stopping(out):
        task = bar.add_task(loaded.name, total=None)
        from sim.sweep import OBSERVABLE
        from sim.sweep import sweep as simulate

        result = simulate(
            loaded,
            varied,
            out=out,
            observable=observable or OBSERVABLE,
            seed=seed,
            replicates=replicates,
            threads=threads,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            mean_field=mean_field,
        )
    for warning in result.warnings:
        complain(f"Warning: {warning}")
    if as_json:
        print_json({"out": str(result.out), **result.content})
    elif quiet:
        typer.echo(result.out)
    else:
        _print_sweep(loaded, result)
    if result.status != "complete":
        raise typer.Exit(1)


def _print_sweep(scenario: "Scenario", result: "SweepResult") -> None:
    from sim.sweep import describe_fits

    columns = {f"{a.path} [{a.unit}]" if a.unit != "1" else a.path: "right" for a in result.axes}
    rows = []
    for level in result.content["levels"]:
        numbers = level["observables"][result.observable]
        cells = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in level["at"].values()]
        rows.append((*cells, number(numbers["mean"]), number(numbers["sd"]), str(numbers["n"])))
    print_table(result.title, columns | {"Mean": "right", "SD": "right", "n": "right"}, rows)
    for line in describe_fits(result):
        typer.echo(line)
    _print_footer(scenario, result)


# ---- bench ----


@app.command()
def bench(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="An installed suite such as validation, or a TOML file.")
    ],
    replicates: Annotated[int | None, typer.Option(min=1, metavar="N", help="Instead of the suite's.")] = None,
    out: Out = None,
    threads: Threads = None,
    mean_field: MeanField = False,
    as_json: SummaryJson = False,
) -> None:
    """Run a suite of checks against published numbers, and write a report: what passes, what fails, and why.

    Checks that fail do not make the exit status 1: they are what the report is about.
    """
    if mean_field and replicates is not None:
        raise InputError("a mean field knows no chance and has one replicate; leave it out.", place="--replicates")
    if out is not None and out.exists():
        raise InputError("expected a new directory, got one that exists; choose another.", place=f"--out {out}")
    from sim.suite import load_suite

    loaded = load_suite(suite, {"run": {"replicates": replicates}} if replicates else {})
    out = out or _free_directory(Path("results") / loaded.name)
    with progress_bar(hidden=False) as bar, _stopping(out):
        task = bar.add_task(loaded.name, total=None)
        from sim import report
        from sim.bench import run_suite

        result = run_suite(
            loaded,
            threads=threads,
            mean_field=mean_field,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        content = report.write(result, out)
    if as_json:
        print_json({"out": str(out), **content})
        return
    rows = report.table(content)
    columns = {"": "left", "Quantity": "left", "Expected": "left", "Simulated [95 %]": "left", "Verdict": "left"}
    print_table(f"{loaded.title} ({result.method})", columns, rows)
    typer.echo(report.outline(content))
    typer.echo(f"Report   {out / loaded.name}.md  ({result.wall_seconds:.1f} s)")


# ---- export ----


@export.command("sbml")
def export_sbml(scenario: ScenarioName, changes: Changes = None, out: File = None) -> None:
    """Write the mean-field twin of a scenario as SBML (Level 3 Version 2). Needs python-libsbml."""
    _check_new(out)
    from sim.sbml import export as to_sbml
    from sim.scenario import Scenario

    text = to_sbml(Scenario.load(scenario, _overrides(changes)))
    with _opened(out) as file:
        file.write(text)


@export.command("csv")
def export_csv(
    results: Annotated[Path, typer.Argument(metavar="RESULT_DIR", help="Directory of a run or a sweep.")],
    out: File = None,
) -> None:
    """Write the results of a run or a sweep as a table: a row per record, a column per variable."""
    _check_new(out)
    from sim.csv_table import write_csv
    from sim.results import open_results

    dataset = open_results(results)
    with _opened(out) as file:
        write_csv(dataset, file)


def _check_new(out: Path | None) -> None:
    if out is not None and out.exists():
        raise InputError("expected a new file, got one that exists; choose another.", place=f"--out {out}")


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """A new text file, or standard output."""
    if out is None:
        yield sys.stdout
        return
    try:
        file = out.open("x", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}.", place=f"--out {out}") from None
    with file:
        yield file


# ---- scenarios ----


@scenarios.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """List the installed scenarios."""
    from sim.scenario import SCENARIOS, Scenario

    loaded = [Scenario.load(name) for name in SCENARIOS.names()]
    if as_json:
        print_json([{"name": s.name, **s.resolved()} for s in loaded])
        return
    rows = [(s.name, s.title, f"{s.run.duration / 60:g} min", str(s.run.replicates)) for s in loaded]
    print_table(None, {"Name": "left", "Title": "left", "Duration": "right", "Replicates": "right"}, rows)


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
            complain(error, 2)
    if faulty:
        raise typer.Exit(2)


# ---- parameters ----


@parameters.command("list")
def list_parameters(preset: PresetName = "adipocyte", as_json: Json = False) -> None:
    """List all parameters: value, unit, plausible range, evidence and source."""
    from sim.parameters import load_preset

    loaded = load_preset(preset)
    if as_json:
        print_json(loaded.as_table())
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
        print_json(asdict(p))
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
