"""What tests of the kernel share: small scenarios, and agents of one kind alone in a prescribed environment."""

from pathlib import Path

import numpy as np
from numba import njit

from glut4sim.agents import candidates, clocks, glucose, receptor, streams, vesicle, vesicle_steps
from glut4sim.agents.motion import SPHERE
from glut4sim.agents.population import Population
from glut4sim.agents.streams import Stream
from glut4sim.sim.model import signalling
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.scenario import Scenario

ROOT = Path(__file__).parents[1]  # of the repository
PARAMETERS = load_preset("adipocyte").build()
ALL_ROUTES = PARAMETERS.vesicle._replace(  # vesicles with every transition that there is, each at a rate of its own
    recycle=0.02,
    fuse_clustered=0.01,
    disperse=0.004,
    cluster=0.003,
    endocytose_clustered=0.006,
    release_without_rab10=0.002,
    retain=0.03,
    fuse_without_rab10=0.05,
    disperse_stimulated=0.011,
)
_PER_MINUTE = {
    "release": 1.18,
    "recapture": 0.5,
    "undock": 5.57,
    "fuse_transiently": 0.3495,
    "endocytose": 0.1763,
    "sort": 1.43,
}
_OF_OTHER_ROUTES = (
    "recycle", "fuse_clustered", "disperse", "cluster", "endocytose_clustered", "release_without_rab10", "retain",
    "fuse_without_rab10", "disperse_stimulated",
)  # fmt: skip
ONE_POOL = PARAMETERS.vesicle._replace(  # vesicles that Rab10 alone lets go, and that all go one way round
    **{name: rate / 60.0 for name, rate in _PER_MINUTE.items()}, **dict.fromkeys(_OF_OTHER_ROUTES, 0.0)
)


def small_scenario(
    insulin=0.0,
    bath=5.0,
    *,
    vesicles=60,
    receptors=60,
    glucose_agents=60,
    step=0.1,
    duration=None,
    parameters=None,
    preset="adipocyte",
) -> Scenario:
    """A scenario with few agents.

    Parameters
    ----------
    insulin, bath : float, or list of (time [s], float)    insulin [nM] and glucose [mM]
    step, duration : float [s]    the duration limits no Engine; by default it is just long enough for the schedules
    parameters : dict    overrides such as {"vesicle.fuse": "2 1/min"}
    preset : str
    """
    times = [0.0, *(time for course in (insulin, bath) if isinstance(course, list) for time, _ in course)]
    steps = int(np.ceil(max(times) / step)) + 1 if duration is None else round(duration / step)
    return Scenario.from_table(
        {
            "cell": {
                "preset": preset,
                "vesicles": vesicles,
                "receptors": receptors,
                "glucose_agents": glucose_agents,
            },
            "bath": {"insulin": _quantity(insulin, "nM"), "glucose": _quantity(bath, "mM")},
            "run": {"step": f"{step!r} s", "duration": f"{steps * step!r} s", "record_every": f"{step!r} s"},
            "parameters": parameters or {},
        }
    )


def vesicles_around(signals):
    """What vesicles answer to, from the species of signalling."""
    return vesicle.Environment(*(signals[signalling.SPECIES.index(name)] for name in vesicle.Environment._fields))


def _quantity(course, unit):
    if isinstance(course, list):
        return [[f"{time!r} s", f"{value!r} {unit}"] for time, value in course]
    return f"{course!r} {unit}"


class _Agents:
    """Agents of one kind, all starting in given states; keeps time and may log every event."""

    def __init__(self, kind, stream, n, state, dt, seed, replicate, log):
        self.kind, self.dt, self.steps = kind, dt, 0
        self.source = streams.source(stream, seed, replicate)
        self.population = Population(kind.FIELDS, n)
        self.population.state[:] = state
        self.log = clocks.event_log(log)

    @property
    def state(self):
        return self.population.state

    @property
    def counts(self):
        return self.population.counts(len(self.kind.State))

    def events(self):
        """The log so far: time [s], agent, transition."""
        count = int(self.log.count[0])
        assert count <= len(self.log.time), f"the log is too short for {count} events"
        return self.log.time[:count], self.log.agent[:count], self.log.transition[:count]


class _Clocks(_Agents):
    """Agents with clocks, which are armed."""

    def __init__(self, kind, *arguments):
        super().__init__(kind, *arguments)
        self.hazard = np.zeros(len(kind.State))
        clocks.arm(self.hazard, self.source, self.population.clocks)

    @property
    def remaining(self):
        """Hazard that each agent still has before it leaves its state, (n,)."""
        return self.population.threshold - self.hazard[self.state]

    def _chunk(self, steps):
        return clocks.chunk(self.steps, steps, self.dt, self.hazard, len(self.kind.TRANSITIONS))

    def _fire(self, chunk):
        fired = np.zeros(chunk.rate.shape, np.int64)
        agents = self.population.clocks
        clocks.fire(0, len(self.population), chunk, self.kind.TABLE, self.source, agents, fired, self.log)
        self.hazard[:] = chunk.hazard[-1]
        self.steps += len(chunk.rate)
        return fired


class Receptors(_Clocks):
    """Receptors alone, at a prescribed insulin concentration."""

    def __init__(
        self, n, state=receptor.State.FREE, *, dt=0.1, parameters=PARAMETERS.receptor, seed=1, replicate=0, log=0
    ):
        super().__init__(receptor, Stream.RECEPTOR_CLOCK, n, state, dt, seed, replicate, log)
        self.parameters = parameters

    def advance(self, insulin):
        """So many steps at insulin (K,) [nM]; returns how often each transition fired, (K, n_transition)."""
        chunk = self._chunk(len(insulin))
        receptor.tabulate(receptor.Environment(np.asarray(insulin, float)), self.parameters, chunk)
        return self._fire(chunk)


class Glucose(_Clocks):
    """Glucose alone, at prescribed rates."""

    def __init__(self, n, state=glucose.State.OUTSIDE, *, dt=0.1, seed=1, replicate=0, log=0):
        super().__init__(glucose, Stream.GLUCOSE_CLOCK, n, state, dt, seed, replicate, log)

    def advance(self, rates):
        """So many steps at rates (K, n_transition) [1/s]; returns how often each transition fired."""
        chunk = self._chunk(len(rates))
        for k, step in enumerate(rates):
            clocks.set_step(chunk, k, tuple(map(float, step)), glucose.TABLE.source)
        return self._fire(chunk)


class Vesicles(_Agents):
    """Vesicles alone, at prescribed fractions of active Rab10 and phosphorylated AS160."""

    def __init__(
        self, position, state, *, dt=0.1, parameters=PARAMETERS.vesicle, axes=SPHERE, glut4=1, seed=1, replicate=0,
        log=0,
    ):  # fmt: skip
        position = np.asarray(position, np.float32)
        super().__init__(vesicle, Stream.VESICLE_CLOCK, len(position), state, dt, seed, replicate, log)
        self.sources = vesicle_steps.Sources(self.source, streams.source(Stream.VESICLE_MOTION, seed, replicate))
        self.parameters, self.axes = parameters, axes
        p = self.population
        p.x[:], p.y[:], p.z[:] = position.T
        p.glut4[:] = glut4
        self.bands = np.zeros(len(vesicle.State), np.int64)
        self.quiet = np.zeros(len(position))
        self.log_position = np.zeros((log, 3), np.float32)

    @property
    def position(self):
        """(n, 3) float64 [um]."""
        p = self.population
        return np.stack([p.x, p.y, p.z], axis=1).astype(float)

    @property
    def radius(self):
        return np.linalg.norm(self.position, axis=1)

    def advance(self, rab10_active, as160_phosphorylated=0.0):
        """So many steps at Rab10 (K,) and AS160.

        Returns how often each transition fired and the change of GLUT4 copies, (K,).
        """
        v, p = self.parameters, self.population
        rate = np.empty((len(rab10_active), len(vesicle.TRANSITIONS)))
        chunk = candidates.Chunk(self.steps, self.dt, rate, self.bands)
        as160 = np.full(len(rate), as160_phosphorylated)
        if vesicle.tabulate(vesicle.Environment(np.asarray(rab10_active, float), as160), v, chunk):
            self.quiet[:] = 0.0
        fired, surface = np.zeros(chunk.rate.shape, np.int64), np.zeros(len(chunk.rate), np.int64)
        vesicle_steps.advance(
            0, len(p), chunk, vesicle.mobility(v, self.dt, self.axes), self.sources,
            vesicle_steps.Vesicles(p.state, self.quiet, p.x, p.y, p.z, p.glut4),
            vesicle_steps.Outcome(fired, surface, self.log, self.log_position),
        )  # fmt: skip
        self.steps += len(rate)
        return fired, surface


@njit
def next_events(states, after, first, closed, bases, transitions, chunk, source, times, ways):
    """candidates.next_event, which has no wrapper for Python, of each of (n,) agents into times and ways."""
    for i in range(len(states)):
        times[i], ways[i] = candidates.next_event(
            i, states[i], after[i], first, closed, bases, transitions, chunk, source
        )


def on_sphere(n, radius, seed=0):
    """Points spread evenly over a sphere, (n, 3)."""
    direction = np.random.default_rng(seed).normal(size=(n, 3))
    return radius * direction / np.linalg.norm(direction, axis=1, keepdims=True)
