"""`glut4sim dashboard`."""

from typing import Annotated

import typer

from glut4sim.sim.cli.options import Changes, ScenarioName, Seed, checked, load, warn

PORT = 8765


def dashboard(
    scenario: ScenarioName = "insulin-challenge",
    changes: Changes = None,
    seed: Seed = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="To serve at; 0 for any that is free.")
    ] = PORT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Open the live dashboard: the cell as it moves, with hormones at your fingertips."""
    options = checked(seed=seed)
    from glut4sim.sim.scenario import dosing
    from glut4sim.sim.studies.options import RunOptions

    chosen = RunOptions(**options).prepare(load(scenario, changes, None))
    first = chosen.assays[-1]
    first.check_memory()
    _ = first.parameter_schedule  # any fault in it is found here, not on the page
    warn(dosing.warnings(chosen))
    from glut4sim.sim.dashboard.server import serve

    serve(chosen, port, browser, lambda address: typer.echo(f"The dashboard is at {address}; Ctrl-C ends it."))
