"""Put the program under stress, kind by kind, and write docs/reliability.md: `make stress`.

    python -m glut4sim.benchmarks.stress [KIND ...] [--seed N] [--share 0.01]

Each kind leaves what it counted in build/stress, and the report is made of all that is there; so one kind can be tried
again alone. With the same seed the same faults come, and signals at other moments, as machines are never equally busy.
Exit status 1 if anything ended otherwise than it has to.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from glut4sim.benchmarks.stress import report
from glut4sim.benchmarks.stress.tally import Tally

# Kinds, and how many cases each has.
KINDS = {
    "scenarios": 10_000,
    "runs": 60,
    "invocations": 500,
    "signals": 64,
    "disk": 24,
    "damage": 40,
    "limits": 24,
    "cluster": 6,
    "object_store": 14,
}
SEED = 1


def main() -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; else all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--share", type=float, default=1.0, help="of the cases; with less than all no report is made")
    arguments = parser.parse_args()
    if unknown := set(arguments.kinds) - set(KINDS):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    faults = 0
    for kind in arguments.kinds or KINDS:
        cases = max(1, round(KINDS[kind] * arguments.share))
        began, processor = time.monotonic(), sum(os.times()[:4])
        found = one(kind, cases, arguments.seed)
        seconds, processor = time.monotonic() - began, sum(os.times()[:4]) - processor
        faults += sum(case.fault is not None for case in found.cases)
        sys.stdout.write(f"{kind}: {len(found.cases)} cases, {seconds:.0f} s ({processor:.0f} s of processors)\n")
        sys.stdout.write("".join(f"  {what}: {count}\n" for what, count in found.facts.items()))
        for case in found.cases:
            if case.fault:
                sys.stdout.write(f"  {case.label}: {case.fault}\n")
        if arguments.share == 1.0:
            about = {"date": datetime.now(UTC).date().isoformat(), "seed": arguments.seed, "seconds": round(seconds)}
            report.keep(found, about)
    if arguments.share == 1.0:
        report.write(list(KINDS))
    return int(faults > 0)


def one(kind: str, cases: int, seed: int) -> Tally:
    """So many cases of a kind, in a folder of their own."""
    work: Callable[[int, int, Path], Tally] = import_module(f"glut4sim.benchmarks.stress.{kind}").tally
    folder = Path(tempfile.mkdtemp(prefix=f"stress-{kind}-"))
    try:
        found = work(cases, seed, folder)
    finally:
        if os.environ.get("GLUT4SIM_DEBUG") is None:
            shutil.rmtree(folder, ignore_errors=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
