"""Signals at random moments of each command: Ctrl-C, those of systems that shut down or hang up, and the kill."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import gone_on, whole
from glut4sim.benchmarks.stress.tally import Case, Ended, Tally, judged

WHAT = (
    "Each command gets SIGINT, SIGTERM, SIGHUP or SIGKILL at a random moment of the time that it takes. But for "
    "the last, it says in a line what is kept; what it leaves is gone on with, and must come to the bits of a "
    "study that was left in peace."
)
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
OURS = "in program"  # the first function of the program, in a traceback
BEGIN_SECONDS = 1.5  # that a program of its own takes more
ANEW = 0.15  # the share of cases that are programs of their own, and may be hit while they are still being read


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many signals. Studies get two thirds of them, as they leave something to go on with."""
    small.write_files(folder)
    names = list(small.STUDIES)[: max(1, cases // 2)]
    wholes = {name: whole(name, folder) for name in names}
    took = {}
    for name, words in list(small.OTHERS.items())[: max(1, cases // 2)]:
        command = program.Command(_with_out(words, f"whole-{name.replace(' ', '-')}"), folder)
        command.wait()
        took[name] = command.seconds
    found, resumed, hit = [], 0, 0
    for number in range(cases):
        chance = random.Random(f"{seed} {number}")
        kind, out = chance.choice(KINDS), folder / f"{number}"
        if number % 3 < 2:
            name = names[number % len(names)]
            words, seconds = [*small.STUDIES[name], "--out", str(out)], wholes[name].seconds
        else:
            name = list(took)[number % len(took)]
            words, seconds = _with_out(small.OTHERS[name], str(out)), took[name]
        anew, moment = chance.random() < ANEW, chance.random()
        after = moment * (seconds + BEGIN_SECONDS * anew)
        ended = (_anew if anew else _hit)(words, folder, kind, after)
        also = gone_on(out, wholes[name], ended) if number % 3 < 2 else None
        resumed += number % 3 < 2 and also is None and out.exists()
        hit += ended.status != 0
        found.append(_judged(f"{seed}/{number}: {kind.name} after {moment:.0%} of {name}", ended, kind, anew, also))
    return Tally("signals", WHAT, found, {"hit before the end": hit, "gone on with to the same bits": resumed})


def _with_out(words: list[str], out: str) -> list[str]:
    return [out if word == "OUT" else word for word in words]


def _hit(words: list[str], folder: Path, kind: int, after: float) -> Ended:
    command = program.Command(words, folder)
    time.sleep(after)
    command.send(kind)
    return command.wait()


def _anew(words: list[str], folder: Path, kind: int, after: float) -> Ended:
    """The same of a program that has nothing in common with this one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "glut4sim", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after)
    process.send_signal(kind)
    out, err = process.communicate(timeout=program.SECONDS)
    return Ended(process.returncode, out, err)


def _judged(label: str, ended: Ended, kind: signal.Signals, anew: bool, also: str | None) -> Case:
    if ended.status == -kind and (kind == signal.SIGKILL or anew):  # by the system: before it listened, or at all
        return Case(label, f"killed by {kind.name}", also or (f"says {ended.err[-200:]}" if ended.err else None))
    if anew and kind == signal.SIGINT and "KeyboardInterrupt" in ended.err and OURS not in ended.err:
        return Case(label, "stopped before the program had begun", also)  # Python itself says so, in its way
    return judged(label, ended, (0, 128 + kind), also)
