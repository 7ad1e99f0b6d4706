"""What a fit has done so far, in memory and in the directory of its results, so that it can be gone on with.

The directory holds `problem.toml` (which needs no other file), `provenance.json`, `searches.json` (where searches
ended, and profiles) and `chain.npz` (the walkers of the posterior), each replaced as a whole when there is more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import parse
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.results.provenance import PROVENANCE, check_told, environment
from glut4sim.sim.studies.fit.least_squares import Optimum
from glut4sim.sim.studies.fit.posterior import Chain
from glut4sim.sim.studies.fit.problem import Problem, problem_from_table
from glut4sim.sim.studies.fit.profile import Side
from glut4sim.version import __version__

PROBLEM, SEARCHES, CHAIN = "problem.toml", "searches.json", "chain.npz"  # files of a fit
METHOD = "fit"


@dataclass(frozen=True)
class Settings:
    """What is done about a problem; what a fit is gone on with must be the same.

    Attributes
    ----------
    starts : of searches
    profiles, posterior : whether there are any
    steps : of the walkers, at most
    draws : of the posterior that are left, about
    seed : of all chance
    """

    starts: int
    profiles: bool
    posterior: bool
    steps: int
    draws: int
    seed: int


class Record:
    """What is done, and where it is kept.

    Attributes
    ----------
    out : Place or None
        None: in memory only
    searches : dict of int -> Optimum or None
        by number of the start; None where a start cannot be simulated. What profiles found better is added at the end
    sides : dict of (int, int) -> Side
        profiles by number of the free value and side
    chain : Chain or None
    """

    def __init__(self, problem: Problem, settings: Settings, out: Place | None):
        self.problem, self.settings, self.out = problem, settings, out
        self.searches: dict[int, Optimum | None] = {}
        self.sides: dict[tuple[int, int], Side] = {}
        self.chain: Chain | None = None
        self.started, self._clock = datetime.now(UTC), monotonic()

    @classmethod
    def new(cls, problem: Problem, settings: Settings, out: Place | None) -> "Record":
        """That of a fit that begins; InputError if the directory exists."""
        record = cls(problem, settings, out)
        if out is not None:
            storage.make_directory(out)
            storage.write(out / PROBLEM, problem.to_toml())
            record.note("running")
        return record

    @classmethod
    def reopen(cls, out: Place, problem: Problem, before: Mapping) -> "Record":
        """That of a fit to go on with, of which `read_record` has read problem and provenance; InputError if a file is
        damaged."""
        with storage.whole(out / PROVENANCE, "does not say how it is fitted; restore the file, or fit anew."):
            settings = Settings(**before["settings"])
        record = cls(problem, settings, out)
        record.started = datetime.fromisoformat(before["started"])
        record._clock -= before["wall_seconds"]
        if (out / SEARCHES).exists():
            with storage.whole(out / SEARCHES, "is damaged; remove it, and what it held is done again."):
                record._read_searches(storage.read_json(out / SEARCHES))
        if (out / CHAIN).exists():
            with storage.whole(out / CHAIN, "is damaged; remove it, and the walkers begin anew."):
                record.chain = Chain.from_bytes((out / CHAIN).read_bytes())
        return record

    def _read_searches(self, found: Mapping) -> None:
        """Take what searches.json says."""
        self.searches = {int(number): _optimum(entry) for number, entry in found["searches"].items()}
        names = [free.name for free in self.problem.free]
        for entry in found["profiles"]:
            points, chi_square = np.array(entry["points"]), np.array(entry["chi_square"])
            key = names.index(entry["name"]), entry["side"]
            self.sides[key] = Side(points, chi_square, entry["end"], entry["reason"])

    @property
    def best(self) -> Optimum | None:
        """The best of all searches."""
        found = [optimum for optimum in self.searches.values() if optimum is not None]
        return min(found, key=lambda optimum: optimum.chi_square) if found else None

    @property
    def wall_seconds(self) -> float:
        """Time at work, that of processes before this one included [s]."""
        return monotonic() - self._clock

    def keep_searches(self) -> None:
        """Write where searches ended, and profiles."""
        if self.out is None:
            return
        searches = {
            str(number): found and {**found._asdict(), "inner": found.inner.tolist()}
            for number, found in sorted(self.searches.items())
        }
        profiles = [
            {
                "name": self.problem.free[which].name,
                "side": side,
                "points": found.points.tolist(),
                "chi_square": found.chi_square.tolist(),
                "end": found.end,
                "reason": found.reason,
            }
            for (which, side), found in sorted(self.sides.items())
        ]
        storage.write_json(self.out / SEARCHES, {"searches": searches, "profiles": profiles})

    def keep_chain(self, chain: Chain) -> None:
        """Take the chain as it is now, and write it."""
        self.chain = chain
        if self.out is not None:
            storage.write(self.out / CHAIN, chain.to_bytes())

    def note(self, status: str) -> None:
        """Write the provenance: running (also what a killed fit says for ever) | complete | interrupted | failed."""
        if self.out is not None:
            told = provenance(METHOD, self.problem, asdict(self.settings), self.started, self.wall_seconds, status)
            storage.write_json(self.out / PROVENANCE, told)


def provenance(
    method: str, problem: Problem, settings: Mapping[str, Any], started: datetime, wall_seconds: float, status: str
) -> dict[str, Any]:
    """What provenance.json says of a fit."""
    preset = load_preset(problem.preset)
    return {
        "version": __version__,
        "method": method,
        "problem": problem.name,
        "problem_hash": digest(problem),
        "preset": preset.name,
        "parameter_hash": preset.hash,
        "settings": dict(settings),
        "environment": environment(),
        "started": started.isoformat(timespec="seconds"),
        "finished": None if status == "running" else datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(wall_seconds, 3),
        "status": status,
    }


def digest(problem: Problem) -> str:
    """SHA-256 of all that a problem says."""
    return hashlib.sha256(problem.to_toml().encode()).hexdigest()


def _optimum(entry: Mapping | None) -> Optimum | None:
    return None if entry is None else Optimum(**{**entry, "inner": np.array(entry["inner"])})


def read_record(out: Place) -> tuple[Problem, dict]:
    """Problem and provenance of a fit to go on with.

    Raises
    ------
    InputError
        if there is none, or it is one of another version or of another problem than its problem.toml now is
    """
    if not out.is_dir():
        raise InputError("there is no such directory.", place=str(out))
    with storage.whole(out, f"expected the directory of a fit, found no whole {PROBLEM} and {PROVENANCE}."):
        before, text = storage.read_json(out / PROVENANCE), storage.read_text(out / PROBLEM)
        check_told(before, "version", "method", "problem", "problem_hash")
    if before["version"] != __version__:
        raise InputError(
            f"was written by glut4sim {before['version']}, not by this one ({__version__}); fit anew.", place=str(out)
        )
    try:
        problem = problem_from_table(parse(text), before["problem"])
    except InputError as error:
        raise InputError(f"is no longer the problem of the fit: {error}", place=str(out / PROBLEM)) from None
    if digest(problem) != before["problem_hash"]:
        raise InputError("is not the problem of the fit; restore the file, or fit anew.", place=str(out / PROBLEM))
    return problem, before
