"""Memory: how much is free, and what is done where the system lets a program have only so much (`ulimit -v`).

A program that comes to such a limit may fail anywhere, and lacks the memory to say so. So a study asks for what it
takes at least before it begins.
"""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

from glut4sim.sim.inputs.errors import OutsideError

ROOM = 320 * 2**20  # bytes that a study takes at least: a dozen threads with their stacks, and what it imports
ARENA_MAX = -8  # of malloc.h: each thread would else take 64 MiB of addresses of its own
NEAR = 128 * 2**20  # bytes; who asks for more at once has it told
MEGABYTE = 1e6


def limit() -> int | None:
    """Bytes of addresses that the system lets this process have; None if all."""
    try:
        import resource
    except ImportError:  # not known on every system
        return None
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if most == resource.RLIM_INFINITY else most


def free() -> int:
    """Bytes that this process can still have, of the machine's and within its limit."""
    import psutil

    available, most = psutil.virtual_memory().available, limit()
    return available if most is None else max(0, min(available, most - psutil.Process().memory_info().vms))


def was_short() -> bool:
    """Whether this process has ever been near its limit: whatever asked for more than was left then got none."""
    most = limit()
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if most is not None and line.startswith("VmPeak:"):
                return 1024 * int(line.split()[1]) > most - NEAR
    return most is not None  # where the system does not tell


def prepare() -> None:
    """Make ready for a study under a limit, if there is one; OutsideError if it leaves too little."""
    if limit() is None:
        return
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # which the C libraries of some Linuxes do not have
            ctypes.CDLL(None).mallopt(ARENA_MAX, 1)
    if (left := free()) < ROOM:
        raise OutsideError(
            f"there is not enough memory: {left / MEGABYTE:.0f} MB are left within the limit of the system, "
            f"and {ROOM / MEGABYTE:.0f} MB are the least that is needed"
        )
