"""`glut4sim scenarios`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from glut4sim.sim.cli.options import Json, ScenarioName, indented, installed, warn
from glut4sim.sim.cli.parameters import evidence
from glut4sim.sim.cli.terminal import complain, print_json, print_table
from glut4sim.sim.inputs.errors import InputError

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

app = typer.Typer(help="What can be run: list, show or check scenarios, or help to write one.", no_args_is_help=True)

WIDTH = 120  # of comments


@app.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """List the installed scenarios, folder by folder."""
    from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

    names = sorted(SCENARIOS.names(), key=lambda name: (name.rpartition("/")[0], name))
    loaded = [Scenario.load(name) for name in names]
    if as_json:
        print_json([{"name": s.name, **s.resolved()} for s in loaded])
        return
    rows, folder = [], ""
    for s in loaded:
        if folder != (folder := s.name.rpartition("/")[0]):
            rows.append(None)
        minutes, replicates, assays = f"{s.run.duration / 60:g} min", s.run.replicates, len(s.assay.at)
        rows.append((s.name, s.title, minutes, str(replicates), str(assays)))
    columns = {"Name": "left", "Title": "left", "Duration": "right", "Replicates": "right", "Assays": "right"}
    print_table(None, columns, rows)


@app.command("show")
def show_scenario(scenario: ScenarioName) -> None:
    """Print a scenario as resolved, inherited values and defaults included, below what acts in it and how."""
    from glut4sim.sim.scenario.scenario import Scenario

    loaded = Scenario.load(scenario)
    typer.echo(f"# {loaded.name}: {evidence(loaded.preset.counts())}")
    if loaded.has_hormones:
        for line in _account(loaded):
            typer.echo(line)
    typer.echo(loaded.to_toml(), nl=False)


def _account(scenario: "Scenario") -> Iterator[str]:
    """What acts on the cell and on the levels before it, and how the therapies stand, as comment lines."""
    from glut4sim.sim.endocrine.evidence import NOT_ADVICE, acting, describe_effect, describe_therapy, standings

    effects = acting(scenario)
    for title, of_cell in (("Acts on the cell", True), ("Acts on hormones and body", False)):
        chosen = [effect for effect in effects if effect.acts_on_cell == of_cell]
        yield f"#\n# {title}:{'' if chosen else ' nothing'}"
        yield from (_comment(describe_effect(effect, scenario)) for effect in chosen)
    if scenario.therapy:
        yield "#\n# Therapies:"
        yield from (_comment(describe_therapy(therapy)) for therapy in scenario.therapy)
        yield "#\n# Regulatory standing:"
        yield from (_comment(f"{drug}: {note}") for drug, note in standings(scenario).items())
    yield f"#\n# {NOT_ADVICE}\n"


def _comment(text: str) -> str:
    return indented(text, WIDTH, first="#   ", then="#     ")


@app.command("check")
def check_scenarios(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO...",
            help="Installed scenarios, or TOML files, here or at addresses.",
            autocompletion=installed,
        ),
    ],
) -> None:
    """Check scenarios without running them; exit status 2 if any is faulty, not if there are warnings only."""
    from glut4sim.sim.results.provenance import WARNINGS, doubts
    from glut4sim.sim.scenario.scenario import Scenario

    faulty = False
    for file in files:
        try:
            loaded = Scenario.load(file)
            loaded.check_memory()
            _ = loaded.assays[0].parameter_set
            typer.echo(f"{file}: ok")
            warn(tuple(f"{file}: {line}" for line in doubts(loaded).get(WARNINGS, ())))
        except InputError as error:
            faulty = True
            complain(error, 2)
    if faulty:
        raise typer.Exit(2)


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of scenario files, with which editors complete, explain and check them as you write."""
    from glut4sim.sim.scenario.editor_schema import scenario_schema

    print_json(scenario_schema())
