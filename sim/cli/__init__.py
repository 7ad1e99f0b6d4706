"""The command line. What takes long to import is imported inside the commands, so that `--help` answers at once.

Exit status: 0 done; 2 the user's input is wrong (one line says how); 3 what surrounds the program has failed, such as
the disk, memory or a scheduler (one line says what is kept); 1 a fault of ours; 128 + n stopped by signal n, which is
130 for Ctrl-C.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from glut4sim.sim.cli import (
    bench,
    compare,
    dashboard,
    export,
    fit,
    library,
    parameters,
    resume,
    run,
    scenarios,
    sensitivity,
    sweep,
    uncertainty,
)
from glut4sim.sim.cli.options import Stopped
from glut4sim.sim.cli.signals import heeded
from glut4sim.sim.cli.terminal import complain, log_to_stderr, say_warnings
from glut4sim.sim.inputs.errors import InputError, outside_fault
from glut4sim.version import __version__

NOBODY_READS = 128 + 13  # SIGPIPE: what ends other programs whose output goes to one that has ended, such as `head`
DEBUG = "GLUT4SIM_DEBUG"  # environment variable: show tracebacks

app = typer.Typer(
    help="A stochastic, agent-based simulator of one insulin-responsive cell.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(resume.resume)
app.command()(compare.compare)
app.command()(sweep.sweep)
app.command()(sensitivity.sensitivity)
app.command()(fit.fit)
app.command()(uncertainty.uncertainty)
app.command()(bench.bench)
app.command()(dashboard.dashboard)
app.add_typer(scenarios.app, name="scenarios")
app.add_typer(parameters.app, name="parameters")
app.add_typer(library.hormones, name="hormones")
app.add_typer(library.drugs, name="drugs")
app.add_typer(library.effects, name="effects")
app.add_typer(export.app, name="export")


def program() -> None:
    """`glut4sim`: `main`, and then the end at once. To take the interpreter down object by object takes 0.7 s.

    What libraries log for want of memory, or when they are interrupted, is left out: what it means is told in a line.
    """
    streams = _open_streams()
    logging.raiseExceptions, logging.lastResort = False, None
    say_warnings()
    try:
        main()
    except SystemExit as end:
        for stream in streams:
            with suppress(OSError):  # nobody reads it any more
                stream.flush()
        os._exit(end.code or 0)


def _open_streams() -> tuple[TextIO, TextIO]:
    """Where lines and complaints go; to nowhere, where they are closed, as some that start daemons leave them.

    Closed they may not stay: the next file to be opened would get the number of such a stream, and with it whatever
    libraries write there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  to the end
    return sys.stdout, sys.stderr


def with_plain_help(command: Any) -> Any:
    """A click command whose help, and that of its parts, is text in which brackets are no markup."""
    for part in (command, *command.params):
        if "[" in (getattr(part, "help", None) or ""):  # arguments of click itself have none
            from rich.markup import escape

            part.help = escape(part.help)
    for each in getattr(command, "commands", {}).values():
        with_plain_help(each)
    return command


def main() -> None:
    """Run a command, and leave by SystemExit."""
    with heeded() as heard:
        try:
            status = with_plain_help(typer.main.get_command(app))(standalone_mode=False)
            if status == 130:  # what typer makes of Ctrl-C
                status = complain("Stopped.", heard.status)
        except Stopped as word:
            status = complain(word, heard.status)
        except KeyboardInterrupt:  # before typer listens, or while something is being told
            status = complain("Stopped.", heard.status)
        except SystemExit as end:
            if not isinstance(end.__context__, BrokenPipeError):
                raise
            status = NOBODY_READS
        except Exception as error:  # noqa: BLE001  it is told, or raised again
            status = _tell(error)
    sys.exit(status or 0)


def _tell(error: Exception) -> int:
    """Say in one line what ended a command; returns the exit status."""
    if isinstance(error, InputError):
        return complain(error, 2)
    if outside := outside_fault(error):
        return complain(outside, 3)
    if hasattr(error, "format_message"):  # a usage error, whichever library typer has it from
        message = " ".join(error.format_message().split())
        return complain(f"{message} See --help.", 2) if message else 2  # without: the help has been printed
    if os.environ.get(DEBUG):
        raise error
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return complain(f"glut4sim failed, which is a fault of its own: {what} (set {DEBUG}=1 to see where)", 1)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"glut4sim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done, and when.")
    ] = False,
) -> None:
    if verbose:
        log_to_stderr()
