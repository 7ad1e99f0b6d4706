"""An object store that fails: an S3 server, real but for its memory, gets faults in the middle of a study."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.going_on import Whole, whole
from glut4sim.benchmarks.stress.tally import Case, Ended, Tally, judged

WHAT = (
    "Studies write to an S3 server (moto's) that from a random request on is overloaded, breaks off, denies access, "
    "falls silent, or fails now and then. They are done all the same, or say in a line what failed and what is kept; "
    "when the server is well again they are gone on with to the same bits."
)
MODES = (
    ("503", 1.0), ("500", 1.0), ("403", 1.0), ("closed", 1.0), ("silent", 1.0), ("503", 0.05), ("closed", 0.02),
)  # fmt: skip
MOST_REQUESTS = 250  # that are answered before the server fails
STUDIES = ("run", "run with assays", "compare", "sweep")
# How often s3fs tries a request, and how long it waits for an answer [s]. By itself it tries five times and waits 15 s:
# a study ends minutes after its server.
PATIENCE = {"retries": 2, "read_timeout": 2}
SECONDS = 300.0
BEGIN_SECONDS = 60.0


def tally(cases: int, seed: int, folder: Path) -> Tally:
    """So many studies; none without the libraries."""
    if missing := [name for name in ("s3fs", "moto") if find_spec(name) is None]:
        return Tally("object_store", f"{WHAT} Left out here: no {' and no '.join(missing)}.", [], {})
    import_module("aiobotocore.session")  # forks need not do it again
    for name, value in PATIENCE.items():
        setattr(import_module("s3fs").S3FileSystem, name, value)
    small.write_files(folder)
    names = STUDIES[:cases]
    wholes = {name: whole(name, folder) for name in names}
    with server(folder / "server") as (mode, settings):
        os.environ |= settings
        _python("fs.mkdir('stress')")
        found = [_one(seed, number, folder, mode, names, wholes) for number in range(cases)]
    resumed = sum(case.ending == "surroundings failed" and case.fault is None for case in found)
    return Tally("object_store", WHAT, found, {"failed, and gone on with to the same bits": resumed})


def _one(seed: int, number: int, folder: Path, mode: Path, names: tuple[str, ...], wholes: dict[str, Whole]) -> Case:
    chance = random.Random(f"{seed} {number}")
    name, (how, share) = names[number % len(names)], MODES[number % len(MODES)]
    first = chance.randrange(MOST_REQUESTS)
    address = f"s3://stress/{number}"
    mode.write_text(json.dumps({"from": first, "share": share, "how": how}))
    ended = program.call([*small.STUDIES[name], "--out", address], folder, seconds=SECONDS)
    mode.write_text(json.dumps({"from": 0, "share": 0.0, "how": how}))
    label = f"{seed}/{number}: {name}, {share:.0%} {how} from request {first} on"
    return judged(label, ended, (0, 3), _gone_on(address, folder / f"{number}", wholes[name], ended))


def _gone_on(address: str, here: Path, expected: Whole, broken_off: Ended) -> str | None:
    """As going_on.gone_on, of what lies at an address."""
    ended = program.call(["resume", address, "--threads", "1", "-q"], here.parent, seconds=SECONDS)
    if ended.status == 2 and broken_off.status == 3 and "provenance.json" in ended.err:
        return None  # it failed before it had begun
    if ended.status:
        return f"cannot be gone on with: {ended.status}: {ended.err.strip()[-300:]}"
    _python(f"fs.get({address!r}, {str(here)!r}, recursive=True)")
    found = small.digest(here)
    different = sorted(key for key in {*found, *expected.digest} if found.get(key) != expected.digest.get(key))
    return f"goes on to other results: {', '.join(different)[:300]}" if different else None


@contextmanager
def server(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A server; yields the file that says how it fails, and what the environment has to say to reach it."""
    folder.mkdir()
    command = [sys.executable, "-m", "glut4sim.benchmarks.stress.s3_server", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + BEGIN_SECONDS
        while not (folder / "port").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the S3 server does not begin")
            time.sleep(0.1)
        yield folder / "mode", {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{(folder / 'port').read_text()}", "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
        }  # fmt: skip
    finally:
        process.kill()
        process.wait()


def _python(line: str) -> None:
    """A line about the file system `fs`, in a program of its own: no threads may be left here, where commands fork."""
    code = f"import s3fs; fs = s3fs.S3FileSystem(); {line}"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
