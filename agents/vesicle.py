"""GLUT4 storage vesicle: seven states, a position in the shell between inner body and membrane, and its own copies.

    stored <-> mobile <-> tethered <-> docked -> fused <-> clustered    (docked ones may also become clustered at once)
       ^         ^                                 |           |
       |         | recycled                        v           v
       '---------'------------ endocytosed <-------'-----------'

A mobile vesicle can be tethered only within the capture distance of the membrane; it gets there by Brownian motion and
the pull of its motor. Transitions are candidates in physical time (agents/candidates.py); one of tethering counts if
the vesicle is near enough when it comes.

Insulin acts through Rab10 and through the phosphorylated share of AS160, which stands for what else AS160 holds back
(Rab8A, Rab14) and goes with it. Stored vesicles are retained by a balance: how many are set free depends on the dose,
how fast they appear hardly (Coster, Govers, James, Traffic 5:763, 2004; Govers, Coster, James, Mol Cell Biol 24:6456,
2004). Docked ones fuse in three ways: their GLUT4 disperses in the membrane, which is what insulin raises; it stays
together as a cluster; or the pore closes again and none is set free (transient fusion). Insulin raises neither of the
last two (Stenkula, Lizunov, Cushman, Zimmerberg, Cell Metab 12:250, 2010). It makes clusters disperse (Lizunov et al.,
PLoS One 8:e57559, 2013) and blocks the way in which they are taken up (Blot, McGraw, EMBO J 25:5648, 2006). What was
taken up goes round again several times before it is sorted into storage.

Sources: the steps and where insulin acts, Bai et al., Cell Metab 5:47 (2007), Stoeckli, Fazakerley, James, J Cell Sci
124:4147 (2011), Sano et al., Cell Metab 5:293 (2007, Rab10).
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from glut4sim.agents import clocks
from glut4sim.agents.candidates import fit_bands
from glut4sim.agents.compiling import compiled
from glut4sim.agents.motion import SPHERE, Axes
from glut4sim.agents.population import STATE, Field


class State(IntEnum):
    STORED = 0  # sequestered
    MOBILE = 1  # released, moving through the cytosol
    TETHERED = 2  # caught at the membrane
    DOCKED = 3  # docked and primed
    FUSED = 4  # its GLUT4 is dispersed in the membrane
    ENDOCYTOSED = 5  # taken back, being sorted
    CLUSTERED = 6  # its GLUT4 is in the membrane, all in one place


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
    (State.ENDOCYTOSED, State.MOBILE),  # general recycling, past storage
    (State.DOCKED, State.CLUSTERED),  # fusion with retention
    (State.CLUSTERED, State.FUSED),
    (State.FUSED, State.CLUSTERED),
    (State.CLUSTERED, State.ENDOCYTOSED),
)
TETHERING = TRANSITIONS.index((State.MOBILE, State.TETHERED))  # possible only near the membrane
FUSION = TRANSITIONS.index((State.DOCKED, State.FUSED))
TRANSIENT_FUSION = FUSION - 1
CLUSTERED_FUSION = TRANSITIONS.index((State.DOCKED, State.CLUSTERED))
SURFACE = (State.FUSED, State.CLUSTERED)  # whose GLUT4 is in the membrane

BLOCK = clocks.BATCH  # vesicles advanced together
TABLE = clocks.table(TRANSITIONS, len(State))
# upper end of the lowest band of candidates of each state [1/s]: powers of 2, as their bins then meet exactly, about
# the rates at rest in the presets. Part of what a seed means
BASES = 2.0 ** np.array([-11, 1, -1, -3, -8, -5, -8])
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
    recycle: Annotated[float, "1/s"]
    fuse_clustered: Annotated[float, "1/s"]
    disperse: Annotated[float, "1/s"]
    cluster: Annotated[float, "1/s"]
    endocytose_clustered: Annotated[float, "1/s"]  # per fraction of AS160 that is not phosphorylated
    release_without_rab10: Annotated[float, "1/s"]  # per fraction of phosphorylated AS160
    retain: Annotated[float, "1/s"]  # more recapture, per fraction of AS160 that is not phosphorylated
    fuse_without_rab10: Annotated[float, "1/s"]  # per fraction of phosphorylated AS160
    disperse_stimulated: Annotated[float, "1/s"]  # more, per fraction of phosphorylated AS160
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
    axes: Axes  # along which that is a radius


class Environment(NamedTuple):
    rab10_active: float  # fraction in GTP form
    as160_phosphorylated: float  # fraction


@compiled
def rates(environment, p):
    """Rate of each transition [1/s], in the order of TRANSITIONS; tethering's holds within the capture distance."""
    rab10, as160 = environment.rab10_active, environment.as160_phosphorylated
    return (
        p.release * rab10 + p.release_without_rab10 * as160,
        p.recapture + p.retain * (1.0 - as160),
        p.tether,
        p.untether,
        p.dock,
        p.undock,
        p.fuse_transiently,
        p.fuse * rab10 + p.fuse_without_rab10 * as160,
        p.endocytose,
        p.sort,
        p.recycle,
        p.fuse_clustered,
        p.disperse + p.disperse_stimulated * as160,
        p.cluster,
        p.endocytose_clustered * (1.0 - as160),
    )


@compiled
def tabulate(environment, parameters, chunk):
    """Fill in the rates of a chunk from the Environment of its steps, whose fields are arrays (K,).

    Returns whether more bands are looked at than before (candidates.fit_bands).
    """
    for k in range(len(chunk.rate)):
        now = rates(Environment(environment.rab10_active[k], environment.as160_phosphorylated[k]), parameters)
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
        State.CLUSTERED: (0.0, 0.0, *edge),
    }
    ordered = (rows[state] for state in State)
    return np.array([((2.0 * d * dt) ** 0.5, v * dt, low, high) for d, v, low, high in ordered], np.float32)


def mobility(p: Parameters, dt: float, axes: Axes = SPHERE) -> Mobility:
    """How vesicles move in a step of so many seconds."""
    return Mobility(motion_table(p, dt), np.float32(p.cell_radius - p.capture_distance), axes)
