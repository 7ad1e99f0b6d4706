"""`glut4sim parameters`."""

import shutil
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from glut4sim.sim.cli.options import Json, indented
from glut4sim.sim.cli.terminal import print_json

app = typer.Typer(help="The numbers behind the model, with their sources.", no_args_is_help=True)

PresetName = Annotated[str, typer.Option("--preset", help="Whose parameters.")]


@app.command("list")
def list_parameters(preset: PresetName = "adipocyte", as_json: Json = False) -> None:
    """List all parameters: value, unit, plausible range, evidence and source."""
    from glut4sim.sim.model.parameters import load_preset

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
        typer.secho(indented(p.source, width), dim=True)
    typer.echo()
    typer.echo(evidence(loaded.counts()))


@app.command("show")
def show_parameter(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as vesicle.fuse.")],
    preset: PresetName = "adipocyte",
    as_json: Json = False,
) -> None:
    """Show one parameter."""
    from dataclasses import asdict

    from glut4sim.sim.model.parameters import load_preset

    p = load_preset(preset).find(name)
    if as_json:
        print_json(asdict(p))
        return
    by_us = f", by the fit {p.fit}" if p.fit else ""
    typer.echo(f"{p.name} = {p}\n  range     {_range(p)} {p.unit}")
    typer.echo(f"  evidence  {p.evidence}{by_us}\n  source    {p.source}")


def _range(parameter) -> str:
    return f"{parameter.low:g} .. {parameter.high:g}"


def evidence(counts: Mapping[str, int]) -> str:
    """How many values have which evidence."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts.items())
    return f"{sum(counts.values())} parameter values: {kinds}"
