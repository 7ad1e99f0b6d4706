"""provenance.json: where results come from, and how a run is known again when it is gone on with."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from time import monotonic

from glut4sim.sim.endocrine import evidence
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import parse
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model.observables import ELSEWHERE
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.version import __version__

PROVENANCE, SCENARIO = "provenance.json", "scenario.toml"  # files of a run
METHODS = {False: "agents", True: "mean field"}
SWEEP_KEYS = ("vary", "observable")  # what the provenance of a sweep says besides
WARNINGS = "warnings"  # what the provenance says besides of a scenario that is probably not what was meant


class Provenance:
    """Where the results of a run come from: program, scenario, parameters, machine, time.

    Attributes
    ----------
    about : dict
        what it says besides, such as {"method": "mean field"}
    checkpoint_every : float or None
        simulated time between two checkpoints of a replicate [s]
    started : datetime
        when the run began, also if another process began it
    """

    def __init__(self, scenario: Scenario, about: Mapping[str, object], checkpoint_every: float | None):
        self._scenario = scenario
        self.about = dict(about)
        self.checkpoint_every = checkpoint_every
        self.started = datetime.now(UTC)
        self._clock = monotonic()

    @classmethod
    def going_on(cls, scenario: Scenario, before: Mapping, checkpoint_every: float | None) -> "Provenance":
        """That of a run that is gone on with.

        Parameters
        ----------
        before
            its provenance.json
        checkpoint_every : None: as before
        """
        about = {key: before[key] for key in ("method", WARNINGS, *SWEEP_KEYS) if key in before}
        again = cls(scenario, about, checkpoint_every or before.get("checkpoint_every"))
        again.started = datetime.fromisoformat(before["started"])
        again._clock -= before["wall_seconds"]
        return again

    @property
    def wall_seconds(self) -> float:
        """Time at work, that of the processes before this one included [s]."""
        return monotonic() - self._clock

    def content(self, status: str, seconds_simulated: Sequence[float], errors: Sequence[Mapping]) -> dict:
        """What provenance.json says.

        Parameters
        ----------
        status
            running (also what a killed run says for ever) | complete | interrupted | failed
        seconds_simulated : how far each replicate has come [s]
        errors
            of failed replicates, each {"replicate", "seconds_simulated", "error", "traceback"}
        """
        scenario = self._scenario
        return {
            "version": __version__,
            **self.about,
            **({"checkpoint_every": self.checkpoint_every} if self.checkpoint_every else {}),
            "scenario": scenario.name,
            "scenario_hash": scenario.hash,
            "parameter_hash": scenario.preset.hash,
            "parameter_evidence": scenario.preset.counts(),
            "seed": scenario.run.seed,
            "replicates": scenario.run.replicates,
            **_hormones(scenario),
            **_elsewhere(),
            "environment": dict(environment()),
            "started": self.started.isoformat(timespec="seconds"),
            "finished": None if status == "running" else datetime.now(UTC).isoformat(timespec="seconds"),
            "wall_seconds": round(self.wall_seconds, 3),
            "status": status,
            "seconds_simulated": list(seconds_simulated),
            "errors": list(errors),
        }


def doubts(scenario: Scenario) -> dict[str, list[str]]:
    """What a provenance says besides of a scenario whose doses, assays or effects are probably not what was meant."""
    found = dosing.warnings(scenario)
    if scenario.effects:
        from glut4sim.sim.analysis import idle_effects

        found += idle_effects.warnings(scenario)
    return {WARNINGS: list(found)} if found else {}


@cache
def environment() -> dict[str, object]:
    """What provenance.json says of the machine and the libraries that numbers may depend on.

    Looked up once, as that takes as long as a short run.
    """
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba")},
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
    }


def _elsewhere() -> dict[str, dict[str, str]]:
    """Which observables are those of other packages; nothing where there are none."""
    found = {one.name: one.package for one in ELSEWHERE}
    return {"observables": found} if found else {}


def _hormones(scenario: Scenario) -> dict:
    """What the provenance says of hormones and assays; nothing where there are none."""
    if not scenario.has_hormones:
        return {}
    return {"assays": [evidence.say(at) for at in scenario.assay.at], "hormones": evidence.provenance(scenario)}


def check_told(before: Mapping, *texts: str) -> None:
    """LookupError, TypeError or ValueError if a provenance lacks these texts, or what is said of every work."""
    datetime.fromisoformat(before["started"])
    numbers = before["wall_seconds"], before.get("checkpoint_every", 1.0)
    if not all(isinstance(n, int | float) for n in numbers) or not all(isinstance(before[key], str) for key in texts):
        raise TypeError


def read_run(out: Place) -> tuple[Scenario, dict]:
    """Scenario and provenance of a run or sweep that may be gone on with.

    Raises
    ------
    InputError
        if there is no run, or it is one of another version or of another scenario than its scenario.toml now is
    """
    if not out.is_dir():
        raise InputError("there is no such directory.", place=str(out))
    with storage.whole(out, f"expected the directory of a run, found no whole {SCENARIO} and {PROVENANCE} in it."):
        before = storage.read_json(out / PROVENANCE)
        text = storage.read_text(out / SCENARIO)
        if before["method"] not in METHODS.values():
            raise InputError("expected the directory of a run, a comparison or a sweep.", place=str(out))
        check_told(before, "version", "scenario", "scenario_hash")
    written = f"{STORE} was written by glut4sim {before['version']}"
    if before["version"] != __version__:
        raise InputError(
            f"{written}, not by this one ({__version__}); install that version, or run the scenario anew.",
            place=str(out),
        )
    told, here = before.get("observables", {}), _elsewhere().get("observables", {})
    if told != here:
        differ = ", ".join(f"{k} of {v}" for k, v in sorted({*told.items()} ^ {*here.items()}))
        raise InputError(
            f"{STORE} was written where other observables were installed ({differ}); install the same packages, or run "
            "the scenario anew.",
            place=str(out),
        )
    try:
        scenario = Scenario.from_table(parse(text), before["scenario"])
    except InputError as error:
        raise InputError(f"is no longer the scenario of the run: {error}", place=str(out / SCENARIO)) from None
    if scenario.hash != before["scenario_hash"]:
        raise InputError(
            f"{written} of scenario {before['scenario_hash'][:8]}, not of this {SCENARIO} ({scenario.hash[:8]}); "
            "restore the file, or run it with another --out.",
            place=str(out),
        )
    return scenario, before
