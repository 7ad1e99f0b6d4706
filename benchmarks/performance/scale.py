"""What many small runs cost beyond their kernel: in memory and on disk, on threads, processes and a local Dask cluster.

`python -m glut4sim.benchmarks.performance.scale [REPLICATES ...]` prints the table of docs/scale.md; --brief takes a
run of a few steps, for very many; --on=threads,dask only these. Each measurement is a program of its own, beside a
first one with few replicates: the difference leaves out what every program takes to start and to draw its figure. Times
are those of the processors of all processes, so that others at work on the machine count for little. The kernel is
`Engine.advance` alone.
"""

import json
import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from glut4sim import run
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

WAYS = (("threads", "memory"), ("threads", "disk"), ("processes", "disk"), ("dask", "disk"), ("dask", "memory"))
FIRST = 50  # replicates of the program whose time is taken off
KERNELS = 200
PROCESSORS = 2


def small(brief=False):
    """The cell of the measurements."""
    return Scenario.from_table(
        {
            "title": "Many small cells",
            "cell": {"vesicles": 50, "receptors": 50, "glucose_agents": 50},
            "bath": {"insulin": "10 nM"},
            "run": {"duration": "20 s" if brief else "2 min", "step": "1 s", "record_every": "10 s"},
        },
        "small",
    )


def kernel(scenario):
    """Processor time of the kernel of a replicate, median [s]."""
    steps, times = round(scenario.run.duration / scenario.run.step), []
    for replicate in range(KERNELS):
        engine = Engine(scenario, 1, replicate)
        began = time.thread_time()
        engine.advance(steps)
        times.append(time.thread_time() - began)
    return median(times)


def measure(executor, place, replicates, brief):
    """Run in this process; prints what it took."""
    scenario = small(brief)
    run(scenario, replicates=2, threads=1)  # kernels are compiled or read
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out" if place == "disk" else None
        began = time.perf_counter()
        result = run(scenario, out, replicates=replicates, threads=PROCESSORS, executor=executor)
        wall = time.perf_counter() - began
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        found = {
            "status": result.status,
            "wall": wall,
            "first": time.process_time(),
            "processor": time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "files": len(files),
            "size": sum(path.stat().st_size for path in files) / 1e6,
        }
    sys.stdout.write(json.dumps(found) + "\n")


@contextmanager
def cluster():
    """Address of a Dask scheduler on this machine, and its workers, one for each processor."""
    with TemporaryDirectory() as folder:
        about = Path(folder) / "scheduler.json"

        def start(part, *options):
            command = [sys.executable, "-m", f"distributed.cli.dask_{part}", "--scheduler-file", str(about), *options]
            return subprocess.Popen([*command, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0")]
        try:
            while not about.exists():
                time.sleep(0.1)
            options = "--nthreads", "1", "--no-nanny", "--local-directory", folder
            processes += [start("worker", *options) for _ in range(PROCESSORS)]
            from distributed import Client

            address = json.loads(about.read_text())["address"]
            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(PROCESSORS)
            yield address, processes
        finally:
            for process in processes:
                process.kill()
                process.wait()


def processor_time(processes):
    """Of all of them so far [s]."""
    return sum(sum(psutil.Process(process.pid).cpu_times()[:2]) for process in processes)


def program(executor, place, replicates, brief, others=()):
    """What a program of its own takes, and other processes with it."""
    command = [sys.executable, "-m", __spec__.name, str(replicates), "--one", executor, place, *["--brief"] * brief]
    before = processor_time(others)
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    found["processor"] += processor_time(others) - before
    return found


def rows(counts, brief, wanted):
    """A row of the table for each way and number of replicates."""
    alone = kernel(small(brief))
    yield f"Kernel: {1e3 * alone:.2f} ms. Load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.\n"
    yield "| on | results | replicates | beyond the kernel, ms | in the first process | wall s | its MB | files | MB |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    with cluster() as (address, others):
        for executor, place in (way for way in WAYS if way[0] in wanted):
            on = address if executor == "dask" else executor
            beside = others if executor == "dask" else ()
            program(on, place, FIRST, brief, beside)  # workers import what they need
            first = program(on, place, FIRST, brief, beside)
            for n in counts:
                found = program(on, place, n, brief, beside)
                each = (found["processor"] - first["processor"]) / (n - FIRST) - alone
                own = (found["first"] - first["first"]) / (n - FIRST)
                here = "all" if executor == "threads" else f"{1e3 * own:.2f}"
                numbers = f"{1e3 * each:.2f} | {here} | {found['wall']:.1f} | {found['memory']:.0f}"
                yield f"| {executor} | {place} | {n:,} | {numbers} | {found['files']} | {found['size']:.1f} |"


def main(arguments):
    """Measure and print."""
    parser = ArgumentParser()
    parser.add_argument("replicates", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--on", type=lambda text: text.split(","), default=[executor for executor, _ in WAYS])
    parser.add_argument("--one", nargs=2, help="measure in this process")
    chosen = parser.parse_args(arguments)
    if chosen.one:
        measure(*chosen.one, chosen.replicates[0], chosen.brief)
        return
    for row in rows(chosen.replicates, chosen.brief, chosen.on):
        sys.stdout.write(row + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
