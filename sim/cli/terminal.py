"""What the command line prints with: lines, JSON, tables and a progress bar. rich is imported on use."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress


def complain(message: object, status: int = 0) -> int:
    """Print a line on stderr; return the exit status."""
    with suppress(OSError):  # where nobody can be told, the status still tells
        typer.echo(message, err=True)
    return status


class _Warnings(logging.Handler):
    """Says what the package warns of as commands say it."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(f"Warning: {' '.join(record.getMessage().split())}")


def say_warnings() -> None:
    """Print what the package warns of in its log on stderr, a line each, where `log_to_stderr` prints nothing."""
    logging.getLogger("glut4sim").handlers = [_Warnings(logging.WARNING)]


def log_to_stderr() -> None:
    """Print what the package logs, by Python's `logging`, on stderr; a command's whole process then does."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("glut4sim")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG)


def print_json(content: object) -> None:
    """Print JSON."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def print_table(title: str | None, columns: Mapping[str, str], rows: Iterable[tuple[str, ...] | None]) -> None:
    """Print a table; the columns are names with left or right, and a row that is None is left blank."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title and Text(title), title_justify="left", box=SIMPLE_HEAD)
    for name, side in columns.items():
        table.add_column(Text(name), justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row or ()))
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    console.print(table)


def progress_bar(hidden: bool) -> "Progress":
    """A progress bar of simulated seconds on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class SimulatedTime(ProgressColumn):
        def render(self, task):
            if not task.completed:
                return Text(_beginning())
            return Text(f"{task.completed / 60:.1f}/{task.total / 60:g} min")

    class Speed(ProgressColumn):
        def render(self, task):
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}x real time" if speed else "")

    percent = TextColumn("{task.percentage:>3.0f}%")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, SimulatedTime(), Speed(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal)


def _beginning() -> str:
    """What a run does before it has simulated anything."""
    compiling = sys.modules.get("glut4sim.agents.compiling")  # not imported for this: it brings the compiler along
    return f"compiling, once: {compiling.done.count}" if compiling and compiling.done.count else "starting"
