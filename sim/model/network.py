"""The mean field as one vector: which amounts there are, and what flows between them. All follows from the agents'
transitions.

An *unknown* is the fraction of a kind in one of its states (of vesicles: in one state and radial bin, where they can
ever be), a species of signalling, or the count of a transition's events. Fractions flow along *arcs*, at a transition's
rate times the fraction at the arc's source; a vesicle transition has an arc in each bin. *Motion* is the flow between
neighbouring bins (sim/model/fluxes.py). A *driver* is an unknown that rates depend on: for those of vesicles what their
environment consists of; for those of glucose its own states and the vesicles in the membrane. So each kind acts only on
itself and on what follows,

    receptors -> signalling -> vesicles -> glucose -> counts of events,

and linear systems are solved block by block (sim/model/sparse_lu.py).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import signalling, sparse_lu
from glut4sim.sim.model.fluxes import Shell
from glut4sim.sim.model.parameters import ParameterSet

# the first unknowns are those of receptors, then those of signalling
N_RECEPTOR, N_SPECIES, N_GLUCOSE = len(receptor.State), len(signalling.SPECIES), len(glucose.State)
FIRST_VESICLE = N_RECEPTOR + N_SPECIES
# what the rates of vesicles depend on, in the order of their environment
DRIVING = tuple(N_RECEPTOR + signalling.SPECIES.index(name) for name in vesicle.Environment._fields)
# the states that signalling reads of, and whether each counts in each of its drivers
ACTIVE = tuple(sorted({int(state) for name in signalling.DRIVERS for state in receptor.GIVES[name]}))
READ = tuple(tuple(float(state in receptor.GIVES[name]) for state in ACTIVE) for name in signalling.DRIVERS)
# transitions are numbered through all kinds; the first of each:
OF_VESICLES = len(receptor.TRANSITIONS)
OF_GLUCOSE = OF_VESICLES + len(vesicle.TRANSITIONS)
N_TRANSITION = OF_GLUCOSE + len(glucose.TRANSITIONS)

_SIZES = {
    "receptors": N_RECEPTOR,
    "signalling": N_SPECIES,
    "vesicles": len(vesicle.State),
    "glucose": N_GLUCOSE,
    "vesicle_events": len(vesicle.TRANSITIONS),
    "glucose_events": len(glucose.TRANSITIONS),
}
_ENDS = np.cumsum(list(_SIZES.values())).tolist()
COLUMNS = {name: slice(end - size, end) for (name, size), end in zip(_SIZES.items(), _ENDS)}  # of a record
N_COLUMN = _ENDS[-1]


class Network(NamedTuple):
    """What flows where, and where that acts in vector and matrix; uint32 if not said otherwise.

    An index one past the end is a place where nobody looks: receptors count no events, and motion counts nothing.
    """

    first: np.ndarray  # (n_transition + 1,) first arc of each transition of all kinds, and the number of arcs
    counter: np.ndarray  # (n_transition,) the unknown that counts a transition's events
    arcs: np.ndarray  # (n_arc, 5) source, target; matrix entries (source, source), (target, source), (counter, source)
    motion: np.ndarray  # (n_motion, 2) two unknowns, in a bin and the next
    speed: np.ndarray  # (n_motion, 2) float64, outward and inward [1/s]
    still: np.ndarray  # (n_entry + 1,) float64, the matrix of motion alone
    drivers: np.ndarray  # (n_driver,) unknowns: those of DRIVING, each state of glucose, what is in the membrane
    responses: np.ndarray  # (n_response, 3) number of a driver, transition, its first influence
    influences: np.ndarray  # (n_influence, 3) for an arc, entries (source, driver), (target, driver), (counter, driver)
    signals: np.ndarray  # entries of each species by each species and each active receptor state
    column: np.ndarray  # (n,) the column of a record to which an unknown is added
    plan: sparse_lu.Plan


class _Layout(NamedTuple):
    """A network before it has speeds."""

    network: Network
    where: np.ndarray  # (n_state, n_bin) int64, the unknown of each vesicle state and bin; -1 where no vesicle can be
    motion: np.ndarray  # (2, n_motion) int64, state and lower bin
    mixed: np.ndarray  # (n_motion, 4) int64, entries (low, low), (high, low), (high, high), (low, high)


def network(space: Shell) -> tuple[Network, np.ndarray]:
    """The network of the mean field in a divided shell.

    Returns
    -------
    network : Network
    where : (n_state, n_bin) int64
        the unknown of each vesicle state and bin; -1 where no vesicle can be
    """
    moves = space.transport.any(axis=(1, 2))
    at_edge, moving, near = (np.asarray(flags).tolist() for flags in (space.at_edge, moves, space.near))
    layout = _lay_out(tuple(at_edge), tuple(moving), tuple(near))
    state, low = layout.motion
    speed = np.stack([space.transport[state, low + 1, low], space.transport[state, low, low + 1]], axis=1)
    still = layout.network.still.copy()
    np.add.at(still, layout.mixed, speed[:, [0, 0, 1, 1]] * [1.0, -1.0, 1.0, -1.0])
    return layout.network._replace(speed=speed, still=still), layout.where


def signalling_alone(net: Network) -> Network:
    """The network in which only signalling goes on, and all else is held."""
    blocks = net.plan.blocks[: 1 + int(np.searchsorted(net.plan.blocks, FIRST_VESICLE))]
    return net._replace(
        first=np.zeros_like(net.first),
        motion=net.motion[:0],
        responses=net.responses[:0],
        still=np.zeros_like(net.still),
        plan=net.plan._replace(blocks=blocks),
    )


@lru_cache(maxsize=16)
def _lay_out(at_edges: tuple[bool, ...], moving: tuple[bool, ...], nears: tuple[bool, ...]) -> _Layout:
    """The network for vesicles of which some states live at the edge and some move, and some bins are near."""
    at_edge, moves, near = map(np.array, (at_edges, moving, nears))
    where = _number(_reached(at_edge, moves, near), at_edge, moves)
    first_glucose = int(where.max()) + 1
    first_counter = first_glucose + N_GLUCOSE
    n = first_counter + N_TRANSITION - OF_VESICLES
    arcs = [[pair] for pair in receptor.TRANSITIONS]
    arcs += [_vesicle_arcs(j, where, at_edge, near) for j in range(len(vesicle.TRANSITIONS))]
    arcs += [[(first_glucose + source, first_glucose + target)] for source, target in glucose.TRANSITIONS]
    counter = [n] * OF_VESICLES + list(range(first_counter, n))
    ends = [[(source, target, count) for source, target in those] for those, count in zip(arcs, counter)]
    motion = [(s, b) for s in np.flatnonzero(moves) for b in range(len(near) - 1)]
    neighbours = [(where[s, b], where[s, b + 1]) for s, b in motion]
    drivers = [*DRIVING, *range(first_glucose, first_counter), *_those(where[list(vesicle.SURFACE)])]
    driven = [(d, OF_VESICLES + j) for d in range(len(DRIVING)) for j in _answering(d)]
    driven += [(d, j) for d in range(len(DRIVING), len(drivers)) for j in range(OF_GLUCOSE, N_TRANSITION)]
    signals = [(i, j) for i in range(N_RECEPTOR, FIRST_VESICLE) for j in (*range(N_RECEPTOR, FIRST_VESICLE), *ACTIVE)]

    pattern = {(row, three[0]) for those in ends for three in those for row in three}
    pattern |= {(row, drivers[d]) for d, j in driven for three in ends[j] for row in three}
    pattern |= {pair[::way] for pair in neighbours for way in (1, -1)} | set(signals)
    blocks = [0, N_RECEPTOR, FIRST_VESICLE, first_glucose, *range(first_counter, n + 1)]
    plan, entry = sparse_lu.plan([(row, column) for row, column in pattern if row < n], blocks)

    def entries(rows, column):
        return [entry.get((row, column), plan.entries) for row in rows]

    size = [len(ends[j]) for _, j in driven]
    found = Network(
        first=_indices(np.cumsum([0, *map(len, arcs)])),
        counter=_indices(counter),
        arcs=_indices([(*three[:2], *entries(three, three[0])) for those in ends for three in those]),
        motion=_indices(neighbours).reshape(-1, 2),
        speed=np.zeros((len(motion), 2)),
        still=np.zeros(plan.entries + 1),
        drivers=_indices(drivers),
        responses=_indices([(*pair, first) for pair, first in zip(driven, np.cumsum([0, *size]))]),
        influences=_indices([entries(three, drivers[d]) for d, j in driven for three in ends[j]]),
        signals=_indices([entry[pair] for pair in signals]),
        column=_indices(_columns(where)),
        plan=plan,
    )
    mixed = [(entry[a, a], entry[b, a], entry[b, b], entry[a, b]) for a, b in neighbours]
    return _Layout(found, where, np.array(motion, int).reshape(-1, 2).T, np.array(mixed, int).reshape(-1, 4))


def _answering(driver: int) -> list[int]:
    """The transitions of vesicles whose rates differ between two values of a driver, the others as they are."""
    p = vesicle.Parameters(*np.arange(1.0, 1.0 + len(vesicle.Parameters._fields)).tolist())
    around = [[value if d == driver else 0.5 for d in range(len(DRIVING))] for value in (0.25, 0.75)]
    little, much = (vesicle.rates.py_func(vesicle.Environment(*values), p) for values in around)
    return [j for j in range(len(little)) if little[j] != much[j]]


def _reached(at_edge, moves, near):
    """Where vesicles can ever be, (n_state, n_bin), if all start in the first state."""
    reached = np.zeros((len(at_edge), len(near)), bool)
    reached[0] = True
    before = None
    while before is None or (reached != before).any():
        before = reached.copy()
        for j, (source, target) in enumerate(vesicle.TRANSITIONS):
            leaving = reached[source] & near if j == vesicle.TETHERING else reached[source]
            if at_edge[target]:
                reached[target, -1] |= leaving.any()
            else:
                reached[target] |= leaving
        reached[moves] |= reached[moves].any(axis=1, keepdims=True)
    return reached


def _number(reached, at_edge, moves):
    """Number the unknowns of vesicles, (n_state, n_bin), -1 for none, so that solving for them fills in little.

    First those that stay in their bin, who do not depend on each other from bin to bin; then those that move, bin after
    bin; at last those on the membrane, which many bins exchange vesicles with.
    """
    state, bin_ = np.nonzero(reached)
    order = np.lexsort((state, bin_, moves[state], at_edge[state]))
    where = np.full(reached.shape, -1)
    where[state[order], bin_[order]] = FIRST_VESICLE + np.arange(len(order))
    return where


def _vesicle_arcs(j, where, at_edge, near):
    """Source and target of a transition of vesicles in each bin where they can be."""
    source, target = vesicle.TRANSITIONS[j]
    bins = np.flatnonzero((where[source] >= 0) & near if j == vesicle.TETHERING else where[source] >= 0)
    return [(where[source, b], where[target, -1 if at_edge[target] else b]) for b in bins]


def _columns(where):
    """The column to which each unknown is added."""
    of_vesicles = np.argsort(where[where >= 0])
    state = np.nonzero(where >= 0)[0][of_vesicles]
    return [*range(FIRST_VESICLE), *(COLUMNS["vesicles"].start + state), *range(COLUMNS["glucose"].start, N_COLUMN)]


def _those(unknowns):
    return unknowns[unknowns >= 0]


def _indices(numbers) -> np.ndarray:
    """Without a sign, as compiled code then need not ask whether they count from the end."""
    return np.array(numbers, np.uint32)


_SECTIONS = {
    "receptor": receptor.Parameters,
    "signalling": signalling.Parameters,
    "vesicle": vesicle.Parameters,
    "glucose": glucose.Parameters,
}


def as_records(parameters: Sequence[ParameterSet]) -> np.ndarray:
    """What the equations need of parameter sets: records that compiled functions read like the sets themselves."""
    records = [(section, [(field, np.float64) for field in kind._fields]) for section, kind in _SECTIONS.items()]
    return np.array([tuple(tuple(getattr(one, section)) for section in _SECTIONS) for one in parameters], records)
