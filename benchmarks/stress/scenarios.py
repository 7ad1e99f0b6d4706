"""Fuzzed scenarios: 10,000 files made wrong by chance are checked, in this process, in some milliseconds each.

What is right after all is run in runs.py.
"""

import io
import random
import re
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import count, islice
from pathlib import Path
from unittest.mock import patch

import typer

from glut4sim.benchmarks.stress.mutation import Mutator
from glut4sim.benchmarks.stress.tally import Case, Ended, Tally, judged
from glut4sim.sim import cli
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

WHAT = (
    "Installed scenarios, with one to four changes by chance in their text, their table or their bytes, are checked; "
    "what is right after all must read as the same scenario once it is written out."
)
CHECK_SECONDS = 30  # to check one


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many scenarios."""
    found = list(islice(checked(seed, folder), cases))
    right = sum(case.ending == "done" for case, _ in found)
    return Tally("scenarios", WHAT, [case for case, _ in found], {"right after all": right})


def checked(seed: int, folder: Path) -> Iterator[tuple[Case, Path]]:
    """Fuzzed scenarios without end, checked; the file of each is there until the next is asked for."""
    installed = SCENARIOS.files()
    texts = {name: path.read_text(encoding="utf-8") for name, path in sorted(installed.items())}
    mutator = Mutator(list(texts.values()))
    with _built_once():
        for number in count():
            chance = random.Random(f"{seed} {number}")
            name, path = chance.choice(list(texts)), folder / f"{number}.toml"
            path.write_bytes(mutator.mutate(_at_its_place(texts[name], installed[name]), chance))
            ended = in_process(["scenarios", "check", str(path)])
            other = _not_the_same(path) if ended.status == 0 else None
            yield judged(f"{seed}/{number} ({name})", _without_doubts(ended), (0, 2), other), path
            path.unlink()


@contextmanager
def _built_once() -> Iterator[None]:
    """Within, options are put together once, and not for each command: it takes longer than to check a scenario."""
    built = cli.with_plain_help(typer.main.get_command(cli.app))
    with (
        patch.object(cli, "with_plain_help", lambda _: built),
        patch.object(typer.main, "get_command", lambda _: None),
    ):
        yield


def _at_its_place(text: str, path: Path) -> str:
    """A scenario that extends another by a path of its folder does so from any."""

    def absolute(found: re.Match) -> str:
        other = path.parent / found[1]
        return f'extends = "{other}"' if other.is_file() else found[0]

    return re.sub(r'^extends = "([^"]*\.toml)"', absolute, text, flags=re.MULTILINE)


def in_process(arguments: list[str]) -> Ended:
    """A command in this process."""
    out, err, before, status = io.StringIO(), io.StringIO(), sys.argv, 1
    sys.argv = ["glut4sim", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err), _in_time():
            cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    except BaseException as error:  # noqa: BLE001  whatever it is, it is what is looked for
        traceback.print_exception(error, file=err)
    finally:
        sys.argv = before
    return Ended(status, out.getvalue(), err.getvalue())


@contextmanager
def _in_time() -> Iterator[None]:
    def late(*_):
        raise TimeoutError(None, f"it took more than {CHECK_SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(CHECK_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _without_doubts(ended: Ended) -> Ended:
    """A check says what is doubtful in a scenario that is right, a line each."""
    return ended._replace(err="") if ended.status == 0 and "Traceback" not in ended.err else ended


def _not_the_same(path: Path) -> str | None:
    """What differs when a scenario is written out and read again."""
    resolved = path.with_suffix(".resolved.toml")
    try:
        scenario = Scenario.load(path)
        resolved.write_text(scenario.to_toml(), encoding="utf-8")
        again = Scenario.load(resolved)
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
        return f"cannot be written out and read again: {type(error).__name__}: {error}"
    finally:
        resolved.unlink(missing_ok=True)
    return None if again.hash == scenario.hash else "is another scenario once written out"
