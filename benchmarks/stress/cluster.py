"""Clusters of Dask whose workers or scheduler are killed, are missing, or lack the package."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import Whole, gone_on, whole
from glut4sim.benchmarks.stress.tally import Case, Tally, judged
from glut4sim.sim.inputs.errors import OutsideError

WHAT = (
    "A run goes to a cluster of Dask on this machine. One of two workers is killed at a random moment: it ends as "
    "if nothing had been. The scheduler or all workers are killed: a line says what is kept, and it is gone on "
    "with to the same bits. No scheduler, no workers, workers without the package: refused in a line."
)
RUN = ["run", "small.toml", "--set", "cell.vesicles=20000", "--set", "run.replicates=6", "--set", "run.duration=10 min"]
BEGIN_SECONDS = 60.0  # that a scheduler or a worker may take to begin
WITHOUT_WORKERS = 3.0  # s after which a command gives up on workers, here
WAYS = ("a worker killed", "the scheduler killed", "all workers killed", "no scheduler", "no workers", "no package")
ENDINGS = {"a worker killed": (0,), "the scheduler killed": (0, 3), "all workers killed": (0, 3)}  # else 2


class Cluster(NamedTuple):
    """A scheduler and its workers."""

    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen]


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many clusters, broken in each way in turn."""
    small.write_files(folder)
    expected = whole("run of a cluster", folder, [*RUN, "-q", "--threads", "1"])
    found = []
    for number in range(cases):
        chance, way = random.Random(f"{seed} {number}"), WAYS[number % len(WAYS)]
        found.append(_one(f"{seed}/{number}", chance, way, folder / f"{number}", expected))
    return Tally("cluster", WHAT, found, {})


def _one(label: str, chance: random.Random, way: str, out: Path, expected: Whole) -> Case:
    with _cluster(out.with_suffix(".cluster"), {"no scheduler": 0, "no workers": 0}.get(way, 2)) as cluster:
        address = "tcp://127.0.0.1:9" if way == "no scheduler" else cluster.address
        before = _elsewhere if way == "no package" else _impatient
        command = program.Command([*RUN, "-q", "--scheduler", address, "--out", str(out)], out.parent, before)
        if way.endswith("killed"):
            time.sleep(3.0 + chance.uniform(0.0, 6.0))
            killed = {"a": cluster.workers[:1], "the": [cluster.scheduler], "all": cluster.workers}
            for process in killed[way.split()[0]]:
                process.kill()
        ended = command.wait()
    also = gone_on(out, expected, ended) if way.endswith("killed") else None
    return judged(f"{label}: {way}", ended, ENDINGS.get(way, (2,)), also)


def _impatient() -> None:
    from glut4sim.sim.studies import executors

    executors.WORKERS_SECONDS = WITHOUT_WORKERS


def _elsewhere() -> None:
    """Workers are asked for a package that they lack."""
    from glut4sim.sim.studies import executors

    executors.VERSION = "no_such_package.version:__version__"


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    folder.mkdir()
    about = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(about)]
    processes = [_start(folder, "distributed.cli.dask_scheduler", *options)]
    try:
        deadline = time.monotonic() + BEGIN_SECONDS
        while not (about.exists() and about.read_text().rstrip().endswith("}")):  # it is written bit by bit
            if time.monotonic() > deadline:
                raise OutsideError("the scheduler does not begin")
            time.sleep(0.1)
        address = json.loads(about.read_text())["address"]
        cluster = Cluster(address, processes[0], [_worker(folder) for _ in range(workers)])
        processes += cluster.workers
        if workers:
            _wait_for_workers(address, workers)
        yield cluster
    finally:
        for process in [*processes, *cluster.workers]:
            process.kill()
            process.wait()


def _worker(folder: Path) -> subprocess.Popen:
    options = ["--scheduler-file", str(folder / "scheduler.json"), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    return _start(folder, "distributed.cli.dask_worker", *options, "--local-directory", str(folder))


def _start(folder: Path, *command: str) -> subprocess.Popen:
    """A program of Dask's."""
    environment = os.environ | {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", *command], env=environment, cwd=folder, **silent)


def _wait_for_workers(address: str, count: int) -> None:
    """In a program of its own: no threads may be left here, where commands are forked."""
    code = f"from distributed import Client; Client({address!r}).wait_for_workers({count}, timeout={BEGIN_SECONDS})"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
