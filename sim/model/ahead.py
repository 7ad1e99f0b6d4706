"""Compiling the kernels of agents before their first run, in two processes side by side.

A run that compiled its kernels as it comes to them would do so one after the other, for twice the time. What a process
has compiled the other one finds in the cache (agents/compiling.py).
"""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numba
import numpy as np

from glut4sim.agents.population import Population
from glut4sim.sim.model import kinds, signalling, stages
from glut4sim.sim.model.parameters import load_preset

LONGEST = "vesicle"  # the kind whose kernels take as long to compile as all others together


def compile_kernels() -> None:
    """Compile what the step loop calls, unless this machine has done so before, or could not keep it."""
    if cache := numba.config.CACHE_DIR:  # type: ignore[attr-defined]  numba sets it up as it is imported
        _compile_into(cache)


@lru_cache(maxsize=1)  # every run asks, and one look at the files is enough
def _compile_into(cache: str) -> None:
    if any(Path(cache).rglob("vesicle_steps._advance*.nbi")):
        return
    # if the other one fails, the run compiles what it should have
    with subprocess.Popen([sys.executable, "-m", __name__], stderr=subprocess.DEVNULL) as other:
        try:
            for name in kinds.stages():
                if name != LONGEST:
                    _step_of(name)
        except BaseException:
            other.kill()
            raise


def _step_of(name: str) -> None:
    """Do a step of one agent, or of none where it would have to be somewhere."""
    parameters = load_preset("adipocyte").build()
    courses = ("insulin", "glucose_bath", *signalling.SPECIES, *signalling.DRIVERS)
    known: stages.Known = dict.fromkeys(courses, np.ones(1)) | {"glut4_surface": np.zeros(1, np.int64)}
    if name == kinds.SIGNALLING:
        stage = stages.Signalling(1.0)
    else:
        kind = kinds.find(name)
        agents = Population(kind.agents.FIELDS, int(name != LONGEST))
        stage = getattr(stages, kind.stage)(kind, agents, 1.0, 0, 0, parameters, 1.0)
        stage.arm()
    stage.advance(known, parameters, 0, 1, stages.Threads(1))


if __name__ == "__main__":
    _step_of(LONGEST)
