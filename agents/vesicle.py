"""GLUT4 storage vesicle: six states, a position in the shell between inner body and membrane, and its own GLUT4 copies.

    stored -> mobile -> tethered -> docked -> fused -> endocytosed -> stored

Insulin acts through Rab10: it lets stored vesicles go and lets docked ones fuse. A mobile vesicle can be tethered only
within the capture distance of the membrane; it gets there by Brownian motion and the pull of its motor. Transitions are
candidates in physical time (agents/candidates.py); one of tethering counts if the vesicle is near enough when it comes.

Insulin does not raise transient fusion, in which no GLUT4 is set free (Stenkula et al., Cell Metab 12:250, 2010).

Sources: the steps and where insulin acts, Bai et al., Cell Metab 5:47 (2007), Stoeckli, Fazakerley, James, J Cell Sci
124:4147 (2011), Sano et al., Cell Metab 5:293 (2007, Rab10).
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from glut4sim.agents import clocks
from glut4sim.agents.candidates import fit_bands
from glut4sim.agents.compiling import compiled
from glut4sim.agents.population import STATE, Field


class State(IntEnum):
    STORED = 0  # sequestered
    MOBILE = 1  # released, moving through the cytosol
    TETHERED = 2  # caught at the membrane
    DOCKED = 3  # docked and primed
    FUSED = 4  # its GLUT4 is part of the membrane
    ENDOCYTOSED = 5  # taken back, being sorted


TRANSITIONS = (  # in the order in which `rates` returns their rates
    (State.STORED, State.MOBILE),
    (State.MOBILE, State.STORED),
    (State.MOBILE, State.TETHERED),
    (State.TETHERED, State.MOBILE),
    (State.TETHERED, State.DOCKED),
    (State.DOCKED, State.TETHERED),  # lets go
    (State.DOCKED, State.TETHERED),  # transient fusion: the pore closes again and the GLUT4 stays in the vesicle
    (State.DOCKED, State.FUSED),
    (State.FUSED, State.ENDOCYTOSED),
    (State.ENDOCYTOSED, State.STORED),
)
TETHERING = TRANSITIONS.index((State.MOBILE, State.TETHERED))  # possible only near the membrane
FUSION = TRANSITIONS.index((State.DOCKED, State.FUSED))
TRANSIENT_FUSION = FUSION - 1

BLOCK = clocks.BATCH  # vesicles advanced together
TABLE = clocks.table(TRANSITIONS, len(State))
# upper end of the lowest band of candidates of each state [1/s]: powers of 2, as their bins then meet exactly, about
# the rates at rest in the presets. Part of what a seed means
BASES = 2.0 ** np.array([-11, 1, -1, -3, -8, -5])
FIELDS = (
    STATE,
    Field("x", np.float32, "um", "position, from the centre of the cell"),
    Field("y", np.float32, "um", "position"),
    Field("z", np.float32, "um", "position"),
    Field("glut4", np.int32, "1", "GLUT4 copies it carries"),
)


class Parameters(NamedTuple):
    release: Annotated[float, "1/s"]  # per fraction of active Rab10
    recapture: Annotated[float, "1/s"]
    tether: Annotated[float, "1/s"]  # within the capture distance
    untether: Annotated[float, "1/s"]
    dock: Annotated[float, "1/s"]
    undock: Annotated[float, "1/s"]
    fuse_transiently: Annotated[float, "1/s"]
    fuse: Annotated[float, "1/s"]  # per fraction of active Rab10
    endocytose: Annotated[float, "1/s"]
    sort: Annotated[float, "1/s"]
    cell_radius: Annotated[float, "um"]
    inner_radius: Annotated[float, "um"]  # nucleus or lipid droplet: no vesicle inside
    capture_distance: Annotated[float, "um"]
    diffusion_stored: Annotated[float, "um**2/s"]  # 0: static retention
    diffusion_mobile: Annotated[float, "um**2/s"]
    diffusion_fused: Annotated[float, "um**2/s"]  # on the membrane
    diffusion_endocytosed: Annotated[float, "um**2/s"]
    drift_mobile: Annotated[float, "um/s"]  # outward, motor
    drift_endocytosed: Annotated[float, "um/s"]  # inward, motor
    glut4_copies: Annotated[float, "1"]  # per cell


class Mobility(NamedTuple):
    """How vesicles move in a step, and from where they can be tethered."""

    by_state: np.ndarray  # (n_state, 4) float32 [um], from `motion_table`
    capture: np.float32  # radius beyond which a mobile vesicle can be tethered [um]


class Environment(NamedTuple):
    rab10_active: float  # fraction in GTP form


@compiled
def rates(environment, p):
    """Rate of each transition [1/s], in the order of TRANSITIONS; tethering's holds within the capture distance."""
    return (
        p.release * environment.rab10_active,
        p.recapture,
        p.tether,
        p.untether,
        p.dock,
        p.undock,
        p.fuse_transiently,
        p.fuse * environment.rab10_active,
        p.endocytose,
        p.sort,
    )


@compiled
def tabulate(environment, parameters, chunk):
    """Fill in the rates of a chunk from the Environment of its steps, whose fields are arrays (K,).

    Returns whether more bands are looked at than before (candidates.fit_bands).
    """
    for k in range(len(chunk.rate)):
        now = rates(Environment(environment.rab10_active[k]), parameters)
        for j in range(len(now)):
            chunk.rate[k, j] = now[j]
    return fit_bands(chunk, BASES, TABLE)


def motion_table(p: Parameters, dt: float) -> np.ndarray:
    """How each state moves in one step, (n_state, 4) float32 [um].

    Columns: standard deviation per axis, drift outward, innermost and outermost radius.
    """
    cytosol, edge = (p.inner_radius, p.cell_radius), (p.cell_radius, p.cell_radius)
    rows = {
        State.STORED: (p.diffusion_stored, 0.0, *cytosol),
        State.MOBILE: (p.diffusion_mobile, p.drift_mobile, *cytosol),
        State.TETHERED: (0.0, 0.0, *cytosol),
        State.DOCKED: (0.0, 0.0, *edge),
        State.FUSED: (p.diffusion_fused, 0.0, *edge),
        State.ENDOCYTOSED: (p.diffusion_endocytosed, -p.drift_endocytosed, *cytosol),
    }
    ordered = (rows[state] for state in State)
    return np.array([((2.0 * d * dt) ** 0.5, v * dt, low, high) for d, v, low, high in ordered], np.float32)


def mobility(p: Parameters, dt: float) -> Mobility:
    """How vesicles move in a step of so many seconds."""
    return Mobility(motion_table(p, dt), np.float32(p.cell_radius - p.capture_distance))
