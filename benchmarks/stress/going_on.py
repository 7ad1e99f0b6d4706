"""Studies that are broken off, and gone on with: what comes out must be what nothing broke off would have given."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from glut4sim.benchmarks.stress import program, small
from glut4sim.benchmarks.stress.tally import Ended


class Whole(NamedTuple):
    """A study that nothing broke off.

    Attributes
    ----------
    folder : name of where it lies
    seconds : how long it took [s]
    size : of it on disk [bytes]
    digest : what came out of it, as small.digest
    """

    folder: str
    seconds: float
    size: int
    digest: Mapping[str, str]


def whole(name: str, folder: Path, words: list[str] | None = None) -> Whole:
    """One of small.STUDIES, or other words, in a folder with the small inputs; RuntimeError if it fails by itself."""
    out = folder / f"whole-{name.replace(' ', '-')}"
    command = program.Command([*(words or small.STUDIES[name]), "--out", str(out)], folder)
    ended = command.wait()
    if ended.status:
        raise RuntimeError(f"{name} ended with {ended.status}: {ended.err}")
    blocks = sum(path.stat().st_blocks for path in out.rglob("*"))
    return Whole(out.name, command.seconds, 512 * blocks, small.digest(out))


def gone_on(out: Path, expected: Whole, broken_off: Ended) -> str | None:
    """Go on with what lies in a directory; returns what is wrong with what comes out, or nothing.

    Parameters
    ----------
    broken_off : how the study ended; where it said that it can be gone on with, it must
    """
    promised = broken_off.status == 0 or "glut4sim resume" in broken_off.err
    if not out.exists():
        return "promises what is not there" if promised else None
    if not any(out.iterdir()):
        return "leaves an empty directory" if broken_off.status >= 0 else None
    ended = program.call(["resume", str(out), "--threads", "1", "-q"], out.parent)
    if ended.status == 2 and not promised and "Traceback" not in ended.err and not (out / "results.zarr").exists():
        return None  # it had hardly begun, and was killed
    if ended.status:
        return f"cannot be gone on with: {ended.status}: {ended.err.strip()[-300:]}"
    found = small.digest(out)
    different = sorted(name for name in {*found, *expected.digest} if found.get(name) != expected.digest.get(name))
    return f"goes on to other results: {', '.join(different)[:300]}" if different else None
