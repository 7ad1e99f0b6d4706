"""Disks that are full at a random moment: a file system in memory of a random size, which then grows.

It is mounted in a name space of a process of its own, which Linux lets any user have, and which ends with it.
"""

import ctypes
import os
import random
import subprocess
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import Whole, gone_on, whole
from glut4sim.benchmarks.stress.tally import Case, Tally, judged

WHAT = (
    "Studies write to a disk that holds a random part of what they would write, and say in a line that it is full "
    "and what is kept. Then the disk gets larger; what lies there is gone on with, and must come to the bits of a "
    "study that had room."
)
MOUNTS, USERS = 0x00020000, 0x10000000  # CLONE_NEWNS and CLONE_NEWUSER of sched.h
PAGE = 4096


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many studies; none where name spaces cannot be had."""
    small.write_files(folder)
    names = list(small.STUDIES)[: max(1, cases // 2)]
    wholes = {name: whole(name, folder) for name in names}
    context = get_context("fork")
    here, there = context.Pipe(False)
    process = context.Process(target=_apart, args=(there, cases, seed, folder, wholes))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    if isinstance(found, str):
        return Tally("disk", f"{WHAT} Left out here: {found}.", [], {})
    resumed = sum(case.ending == "surroundings failed" and case.fault is None for case in found)
    return Tally("disk", WHAT, found, {"full, and gone on with to the same bits": resumed})


def _apart(to: Connection, cases: int, seed: int, folder: Path, wholes: dict[str, Whole]) -> None:
    try:
        _enter_name_space()
    except OSError as error:
        to.send(f"no name spaces ({error.strerror})")
        return
    disk = folder / "disk"
    disk.mkdir()
    to.send([_one(seed, number, disk, wholes) for number in range(cases)])


def _enter_name_space() -> None:
    """Mounts of this process are its own from here on; OSError where that cannot be."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(MOUNTS | USERS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for name, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path("/proc/self", name).write_text(content)


def _one(seed: int, number: int, disk: Path, wholes: dict[str, Whole]) -> Case:
    chance = random.Random(f"{seed} {number}")
    name = list(wholes)[number % len(wholes)]
    share = chance.uniform(0.0, 1.1)
    size = max(2 * PAGE, int(share * wholes[name].size) // PAGE * PAGE)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True)
    try:
        small.write_files(disk.parent)
        out = disk / "out"
        ended = program.call([*small.STUDIES[name], "--out", str(out)], disk.parent)
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        also = gone_on(out, wholes[name], ended)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    return judged(f"{seed}/{number}: {name}, with {share:.0%} of the room", ended, (0, 3), also)
