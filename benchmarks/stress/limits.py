"""Less memory, fewer open files, shorter files and less time of the processor than a command needs."""

import random
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import gone_on, whole
from glut4sim.benchmarks.stress.tally import Tally, judged

WHAT = (
    "Studies run under a limit of the system: on memory, on the length of a file, on the number of open files. "
    "They say in a line what is not to be had and what is kept; without the limit they are gone on with to the "
    "same bits."
)


def _memory(chance: random.Random) -> Callable[[], None]:
    """A little to a lot more than the fork has already."""
    more = int(2 ** chance.uniform(20, 30))

    def limit() -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)

    return limit


def _file_size(chance: random.Random) -> Callable[[], None]:
    most = int(2 ** chance.uniform(12, 18))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return limit


def _open_files(chance: random.Random) -> Callable[[], None]:
    most = chance.randrange(6, 40)
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


LIMITS = {"memory": _memory, "length of a file": _file_size, "open files": _open_files}


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many studies, under each kind of limit in turn."""
    small.write_files(folder)
    names = list(small.STUDIES)[: max(1, cases // 3)]
    wholes = {name: whole(name, folder) for name in names}
    found, resumed = [], 0
    for number in range(cases):
        chance = random.Random(f"{seed} {number}")
        limit, name = list(LIMITS)[number % len(LIMITS)], chance.choice(names)
        out = folder / f"{number}"
        ended = program.call([*small.STUDIES[name], "--out", str(out)], folder, LIMITS[limit](chance))
        also = gone_on(out, wholes[name], ended)
        resumed += ended.status == 3 and also is None
        found.append(judged(f"{seed}/{number}: {name}, {limit}", ended, (0, 2, 3), also))
    return Tally("limits", WHAT, found, {"stopped by the limit, and gone on with to the same bits": resumed})
