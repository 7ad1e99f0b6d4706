"""What the cell view is sent of one cell: a few numbers, and arrays packed into 7 bytes a vesicle."""

import numpy as np

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.dashboard import causes
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.membranes import TUBULES, membranes

MAX_POINTS = 30_000  # vesicles drawn of a cell
MAX_RECEPTORS = 600  # receptors drawn of a cell

RECEPTOR_GROUPS = ("free", "active", "internalised")  # in which the view shows the states; "free" is inactive
_GROUP = np.array(
    [2 if s.name.startswith("INTERNAL") else int(s in receptor.ACTIVE) for s in receptor.State], np.uint8
)  # of each receptor.State
_STEPS = 65_535  # in which a coordinate is told: a uint16


HEXAGONS = 200  # drawn, at least, for glucose coming in through all GLUT4 of a cell in the membrane, and saturated


def molecules_per_hexagon(engine: Engine) -> float:
    """The flow of glucose that one hexagon stands for [molecules/s]: 1, 2 or 5 times a power of ten.

    It follows from what the cell is, not from what flows, so that it can hold for a whole run and for a twin.
    """
    p = engine.parameters.glucose
    most = engine.glut4_total * p.glut4_turnover + p.glut1_copies * p.glut1_turnover
    power = 10.0 ** np.floor(np.log10(most / HEXAGONS))
    return float(power * max(digit for digit in (1, 2, 5) if digit * power <= most / HEXAGONS))


def pack(engine: Engine, most: int | None = None) -> tuple[dict, list[memoryview]]:
    """One cell as it is now.

    Agents of a kind are exchangeable, so the first ones are a fair sample where not all can be drawn; where they belong
    to several membranes, one after the other, every so many.

    Parameters
    ----------
    engine : Engine
    most : vesicles to be drawn, MAX_POINTS by default

    Returns
    -------
    facts : dict
        numbers of the whole cell; JSON
    buffers : list
        positions (n, 3) uint16, where -radius .. radius is 0 .. 65535, states (n,) uint8 and the groups
        of a sample of receptors (m,) uint8, as an index into RECEPTOR_GROUPS
    """
    now = engine.snapshot()
    p = engine.parameters
    vesicles = engine.vesicles
    points, receptors = vesicles_shown(engine, most), _sample(engine.receptors, MAX_RECEPTORS, p.fibre)
    n = len(points)
    influx, efflux = _flows(engine, now)
    by_group = np.bincount(_GROUP, now.receptors[0], len(RECEPTOR_GROUPS))
    facts = {
        "points": n,
        "shown_of": len(vesicles),
        "radius": p.vesicle.cell_radius,
        "inner_radius": 0.0 if p.fibre else p.vesicle.inner_radius,
        "slice": _slice(p),
        "counts": {state.name.lower(): int(now.vesicles[0, state]) for state in vesicle.State},
        "receptors": {name: int(count) for name, count in zip(RECEPTOR_GROUPS, by_group, strict=True)},
        "glut4_surface": int(engine.glut4_surface),
        "glut4_percent": 100.0 * engine.glut4_surface / max(engine.glut4_total, 1),
        "influx": influx,
        "efflux": efflux,
        "fusions": int(now.vesicle_events[0, vesicle.FUSION]),
        "chain": causes.values(engine, now, influx - efflux),
    }
    positions = _quantised((vesicles.x[points], vesicles.y[points], vesicles.z[points]), p.vesicle.cell_radius)
    buffers = [
        positions.data,
        vesicles.state[points].astype(np.uint8).data,
        _GROUP[engine.receptors.state[receptors]].data,
    ]
    return facts, buffers


def vesicles_shown(engine: Engine, most: int | None = None) -> np.ndarray:
    """Which vesicles are drawn, by their number in the cell."""
    return _sample(engine.vesicles, MAX_POINTS if most is None else most, engine.parameters.fibre)


def _sample(population, most, spread):
    """Which agents are shown of a population: the first, or those spread over all of it."""
    n = min(len(population), most)
    return np.arange(n) * len(population) // n if spread else np.arange(n)


def _slice(p):
    """What the view needs of a slice of a fibre, in um; None of a spherical shell."""
    if not p.fibre:
        return None
    of_tubules = sum(one.receptors for one in membranes(p) if one.name == TUBULES)
    return {"thickness": p.fibre.thickness, "tubules": p.fibre.tubule_depth, "receptors_on_tubules": of_tubules}


def _quantised(axes, radius):
    """Coordinates (n, 3) as uint16; those that rounding has put outside the cell are put back onto its membrane."""
    positions = np.empty((len(axes[0]), len(axes)), np.uint16)
    scale = np.float32(_STEPS / (2.0 * radius))
    middle = np.float32(_STEPS / 2.0 + 0.5)  # half a step more, so that cutting off the fraction rounds
    for column, axis in zip(positions.T, axes, strict=True):
        column[:] = np.clip(axis * scale + middle, 0.0, _STEPS)
    return positions


def _flows(engine, now):
    """Glucose into and out of the cell [molecules/s], from the present rates.

    Unlike differences of counts they have no noise, and a value also when time stands still.
    """
    molecules = now.glucose_molecules[0]
    p = engine.parameters.glucose
    rates = glucose.rates(glucose.environment(molecules, now.glut4_surface[0], now.glucose_bath[0], p), p)
    return tuple(
        float(rates[event] * molecules[glucose.TRANSITIONS[event][0]]) for event in (glucose.INFLUX, glucose.EFFLUX)
    )
