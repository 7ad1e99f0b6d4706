"""The stages of a step: signalling, and each agent kind at work, with its population, its running hazards and who is in
which state.

A stage reads what the stages before it have written down as `known`, and adds to it: by name, numbers at the start and
arrays (K,) in a chunk of steps. `Stage` is all that a kind needs whose agents share their clocks and whose environment
is known before they act. Vesicles, which move, and glucose, whose rates depend on its own numbers, do more.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from glut4sim.agents import candidates, clocks, glucose, streams, vesicle, vesicle_steps
from glut4sim.agents.population import Population
from glut4sim.agents.streams import Stream
from glut4sim.sim.inputs.threads import Pool
from glut4sim.sim.model import equilibrium, net_uptake, poisson, rested, signalling
from glut4sim.sim.model.kinds import SIGNALLING, Kind
from glut4sim.sim.model.membranes import SURFACE, TUBULES, Membrane, places
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import Events

Known = dict[str, Any]  # by name: numbers, or arrays (K,)
NO_LOG = clocks.event_log(0)
_NOTHING_NOTED = NO_LOG, np.zeros((0, 3), np.float32)  # of vesicles: no log, and no places in it


class Threads:
    """So many threads, which share agents out among themselves in whole batches."""

    def __init__(self, number: int):
        self.number = number
        self._pool = Pool(number) if number > 1 else None

    def share(self, size: int, work: Callable[[int, int], Any]) -> list:
        """Run work(low, high) over that many agents; returns the results in order."""
        if self._pool is None:
            return [work(0, size)]
        batches = -(-size // clocks.BATCH)
        bounds = [min(size, clocks.BATCH * (batches * t // self.number)) for t in range(self.number + 1)]
        return list(self._pool.map(work, bounds[:-1], bounds[1:]))


class Signalling:
    """The signalling ODE, between the kinds that it reads of and those that read of it."""

    def __init__(self, dt: float):
        self.dt = dt
        self.species = np.zeros(len(signalling.SPECIES))

    def start(self, known: Known, parameters: ParameterSet) -> None:
        """Be at rest."""
        own = rested.of(SIGNALLING)
        drivers = (known[name] for name in signalling.DRIVERS)
        self.species = known[own] if own in known else equilibrium.signals(parameters.signalling, *drivers)
        known.update(zip(signalling.SPECIES, self.species))

    def advance(self, known: Known, parameters: ParameterSet, first_step: int, steps: int, threads: Threads) -> Known:
        """Do so many steps; returns the columns of their records."""
        out = np.empty((steps, len(self.species)))
        receptors = [np.ascontiguousarray(known[name]) for name in signalling.DRIVERS]
        signalling.advance(self.species, *receptors, parameters.signalling, self.dt, out)
        known.update(zip(signalling.SPECIES, np.ascontiguousarray(out.T)))
        return {"signalling": out}

    def now(self) -> Known:
        """The columns of a record of the present."""
        return {"signalling": self.species[None].copy()}

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on, by name; not copies."""
        return {"signals": self.species}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        self.species[:] = state["signals"]

    def rebase(self) -> None:
        """Nothing runs here that could outgrow its digits."""

    def warnings(self) -> list[str]:
        """What the user should know, a sentence each."""
        return []


class Stage:
    """An agent kind at work.

    Parameters
    ----------
    kind : Kind
    population : Population
        The agents.
    mean_size : float
        Their number in the mean cell, of which what the kind gives are shares.
    seed, replicate : int
    parameters : ParameterSet
        Of the start.
    dt : float
        Step [s].
    membrane : Membrane, optional
        To which the agents belong; where there is none, to the cell.
    place : int
        Number of that membrane.
    """

    RUNNING = ("hazard", "counts", "events")  # arrays that a run carries on, besides the population

    def __init__(
        self,
        kind: Kind,
        population: Population,
        mean_size: float,
        seed: int,
        replicate: int,
        parameters: ParameterSet,
        dt: float,
        membrane: Membrane | None = None,
        place: int = 0,
    ):
        self.kind, self.agents, self.mean_size, self.dt = kind, kind.agents, mean_size, dt
        self.population, self.membrane = population, membrane or Membrane(SURFACE)
        self._of = place * streams.OF_A_MEMBRANE, seed, replicate
        self.initial, self.clock = (self._source(stream) for stream in kind.streams)
        self.hazard = np.zeros(len(self.agents.State))
        self.events = np.zeros(len(self.agents.TRANSITIONS), np.int64)
        gives = getattr(self.agents, "GIVES", {})
        of_all = self.agents.State
        self._given = {name: np.array([s in those for s in of_all], np.int64) for name, those in gives.items()}

    def _source(self, stream):
        """Of the random numbers of a stream: each membrane of a cell has its own."""
        first, seed, replicate = self._of
        return streams.source(first + stream, seed, replicate)

    # ---- the start ----

    def start(self, known: Known, parameters: ParameterSet) -> None:
        """Draw every agent from the steady state, and start its clock."""
        self.draw_states(known, getattr(parameters, self.kind.name))
        self.arm()
        known.update(self._gives(self.counts))

    def draw_states(self, known: Known, p) -> None:
        """Give each agent a state."""
        own = rested.of(self.kind.name)
        self._draw_from(known[own] if own in known else equilibrium.states(self.agents, self._environment(known), p))

    def _draw_from(self, shares):
        clocks.draw_states(np.cumsum(shares), self.initial, self.population.state)

    def arm(self) -> None:
        """Start everybody's clock."""
        clocks.arm(self.hazard, self.clock, self.population.clocks)
        self.counts = self.population.counts(len(self.agents.State))

    # ---- steps ----

    def advance(self, known: Known, parameters: ParameterSet, first_step: int, steps: int, threads: Threads) -> Known:
        """Do so many steps; returns the columns of their records."""
        chunk = self._begin(first_step, steps)
        fired, columns = self.fire(known, getattr(parameters, self.kind.name), chunk, threads)
        self._end(chunk)
        counts, events = clocks.tally(fired, self.agents.TABLE, self.counts, self.events)
        self.events, self.counts = events[-1], counts[-1]
        columns = self._columns(counts, events) | columns
        known.update(columns | self._gives(counts))
        return columns

    def _begin(self, first_step, steps):
        """The chunk of so many steps, with what holds at its start."""
        return clocks.chunk(first_step, steps, self.dt, self.hazard, len(self.events))

    def _end(self, chunk):
        """Keep what holds at the end of a chunk."""
        self.hazard[:] = chunk.hazard[-1]

    def fire(self, known: Known, p, chunk, threads: Threads) -> tuple[np.ndarray, Known]:
        """Carry everybody through a chunk; returns the transitions of each step (K, n_transition), and more columns."""
        self.agents.tabulate(self._environment(known), p, chunk)

        def work(low, high):
            fired = np.zeros(chunk.rate.shape, np.int64)
            clocks.fire(low, high, chunk, self.agents.TABLE, self.clock, self.population.clocks, fired, NO_LOG)
            return fired

        return reduce(np.add, threads.share(len(self.population), work)), {}

    def _environment(self, known):
        return self.agents.Environment._make(map(known.__getitem__, self.agents.Environment._fields))

    def _columns(self, counts, events):
        return {self.kind.plural: counts} | ({self.kind.events: events} if self.kind.events else {})

    def _gives(self, counts):
        """The shares of agents in certain states, by name, from counts (.., n_state)."""
        mean = self.mean_size or 1.0  # of none, none is in any state
        return {name: counts @ those / mean for name, those in self._given.items()}

    def rebase(self) -> None:
        """Count hazards from zero again."""
        clocks.rebase(self.hazard, self.population.clocks)

    # ---- the present ----

    def now(self) -> Known:
        """The columns of a record of the present."""
        return self._columns(self.counts[None], self.events[None])

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on, by name; not copies."""
        fields = {field.name: getattr(self.population, field.name) for field in self.population.fields}
        running = {part: getattr(self, part) for part in self.RUNNING}
        return {f"{self.kind.name}.{name}": array for name, array in (fields | running).items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        for field in self.population.fields:
            getattr(self.population, field.name)[:] = state[f"{self.kind.name}.{field.name}"]
        for part in self.RUNNING:
            setattr(self, part, state[f"{self.kind.name}.{part}"].copy())

    def warnings(self) -> list[str]:
        """What the user should know, a sentence each."""
        return []


class VesicleStage(Stage):
    """Vesicles move, then fire; their log holds every transition, if it has room for any."""

    RUNNING = ("counts", "events")
    # the order in which uniform numbers fill the states at the start: once round, the membrane last. Of two cells that
    # share their numbers, the one with less in the membrane then has no vesicles there but those that the other has
    FILLED = np.array(
        [vesicle.State.ENDOCYTOSED]
        + [state for state in vesicle.State if state < vesicle.State.FUSED]
        + [vesicle.State.CLUSTERED, vesicle.State.FUSED]
    )

    def __init__(self, kind, population, mean_size, seed, replicate, parameters, dt, membrane=None, place=0):
        super().__init__(kind, population, mean_size, seed, replicate, parameters, dt, membrane, place)
        self._sources = vesicle_steps.Sources(self.clock, self._source(Stream.VESICLE_MOTION))
        self._copies = self._source(Stream.VESICLE_GLUT4)
        self._mobility = vesicle.mobility(parameters.vesicle, dt, self.membrane.axes)
        # what is known of the future, which follows from the rest: how many bands of candidates are looked at, and the
        # time before which a vesicle has none for leaving its state [s]
        self._bands = np.zeros(len(vesicle.BASES), np.int64)
        self._quiet = np.zeros(len(population))
        self.glut4_surface = self.glut4_total = 0  # copies in the membrane, and of all
        self.log_capacity = 0  # events for which a chunk's log has room at first, per thread
        self._log = []

    def draw_states(self, known, p):
        """Draw state, position and GLUT4 copies of each vesicle."""
        by_bin, edges = known.get(rested.of(self.kind.name)) or equilibrium.resting_vesicles(
            p, self._environment(known), self.membrane.dimensions
        )
        v = self.population
        n = len(v)
        where = streams.uniforms(n, 0, self.initial)
        direction = streams.uniforms(n, 1, self.initial)
        cumulative = np.cumsum(by_bin[self.FILLED])
        row, low = np.divmod(np.searchsorted(cumulative, where[:, 0] * cumulative[-1], side="right"), by_bin.shape[1])
        state = self.FILLED[row]
        radius = _within(edges, low, where[:, 1], self.membrane.dimensions)
        motion = self._mobility.by_state[state]
        radius = np.clip(radius, motion[:, 2], motion[:, 3])
        v.state[:] = state
        v.x[:], v.y[:], v.z[:] = places(self.membrane, radius, direction)
        v.glut4[:] = poisson.variates(streams.uniforms(n, 0, self._copies)[:, 0], p.glut4_copies / max(n, 1))
        self.glut4_total = int(v.glut4.sum())
        self.glut4_surface = int(v.glut4[np.isin(v.state, vesicle.SURFACE)].sum())
        known["glut4_surface"] = self.glut4_surface

    def arm(self):
        """There are no clocks to start."""
        self.counts = self.population.counts(len(self.agents.State))

    def rebase(self):
        """Nothing runs here that could outgrow its digits."""

    def _begin(self, first_step, steps):
        return candidates.Chunk(first_step, self.dt, np.empty((steps, len(self.events))), self._bands)

    def _end(self, chunk):
        """All that is kept is with the vesicles."""

    def fire(self, known, p, chunk, threads):
        """As Stage.fire, with the GLUT4 in the membrane as another column."""
        v = self.population
        if self.agents.tabulate(self._environment(known), p, chunk):
            self._quiet[:] = 0.0
        vesicles = vesicle_steps.Vesicles(v.state, self._quiet, v.x, v.y, v.z, v.glut4)
        changing = (v.state, self._quiet, v.x, v.y, v.z)

        def work(low, high):
            before = [array[low:high].copy() for array in changing] if self.log_capacity else []
            capacity = self.log_capacity
            while True:
                fired, surface = np.zeros(chunk.rate.shape, np.int64), np.zeros(len(chunk.rate), np.int64)
                log = (clocks.event_log(capacity), np.zeros((capacity, 3), np.float32)) if capacity else _NOTHING_NOTED
                outcome = vesicle_steps.Outcome(fired, surface, *log)
                vesicle_steps.advance(low, high, chunk, self._mobility, self._sources, vesicles, outcome)
                count = int(outcome.log.count[0])
                if count <= capacity or not self.log_capacity:
                    return outcome
                # the log was too short: the same again, which is the same to the bit, with room for all
                capacity = count
                for array, values in zip(changing, before):
                    array[low:high] = values

        outcomes = threads.share(len(v), work)
        if self.log_capacity:
            self._log.append(self._collect(outcomes))
        surface = self.glut4_surface + reduce(np.add, [outcome.surface for outcome in outcomes]).cumsum()
        self.glut4_surface = int(surface[-1])
        return reduce(np.add, [outcome.fired for outcome in outcomes]), self._by_membrane(surface)

    def _by_membrane(self, surface):
        """The columns of GLUT4 in the membrane (K,)."""
        return {"glut4_surface": surface, "glut4_tubules": surface * int(self.membrane.name == TUBULES)}

    def _collect(self, outcomes):
        columns = []
        for outcome in outcomes:
            log, n = outcome.log, outcome.log.count[0]
            who = log.agent[:n]
            columns.append((log.time[:n], who, log.transition[:n], outcome.position[:n], self.population.glut4[who]))
        joined = Events(*map(np.concatenate, zip(*columns)))
        order = np.lexsort((joined.agent, joined.time))
        return Events(*(column[order] for column in joined))

    def take_events(self) -> Events:
        """The transitions since the last call, in order of time."""
        taken = self._log or [Events.none()]
        self._log = []
        return Events(*map(np.concatenate, zip(*taken)))

    def now(self):
        """As Stage.now."""
        return super().now() | self._by_membrane(np.array([self.glut4_surface]))

    def state(self):
        """As Stage.state; the log is not in it."""
        return super().state() | {"glut4_surface": np.array(self.glut4_surface)}

    def restore(self, state):
        """As Stage.restore."""
        super().restore(state)
        self.glut4_surface = int(state["glut4_surface"])
        self.glut4_total = int(self.population.glut4.sum())
        self._log = []
        self._quiet[:] = 0.0


def _within(edges, low, share, dimensions):
    """Radii at a share of the volume between the edges low and low + 1, (n,)."""
    whole = edges[low] ** dimensions + share * (edges[low + 1] ** dimensions - edges[low] ** dimensions)
    return np.cbrt(whole) if dimensions == 3 else whole ** (1.0 / dimensions)


class GlucoseStage(Stage):
    """Glucose, whose rates in a step depend on how much is where at its start: an equation for the cell, and agents
    if it has any."""

    def __init__(self, kind, population, mean_size, seed, replicate, parameters, dt):
        super().__init__(kind, population, mean_size, seed, replicate, parameters, dt)
        size = len(population)
        self._listed = glucose.nobody_listed(size)
        self.molecules_per_agent = parameters.glucose.supply / size if size else 0.0
        self.molecules = np.zeros(len(glucose.State))  # by the equation
        self.net_uptake = np.zeros(1)  # since the start [molecules]

    def draw_states(self, known, p):
        """Give each agent a state."""
        self.molecules = equilibrium.glucose_molecules(p, float(known["glut4_surface"]), known["glucose_bath"])
        self._draw_from(self.molecules)

    def fire(self, known, p, chunk, threads):
        """As Stage.fire, with what the equation gives as more columns."""
        glut4, bath = known["glut4_surface"], known["glucose_bath"]
        fired = np.zeros(chunk.rate.shape, np.int64)
        if len(self.population):
            glucose.advance(
                glut4,
                bath,
                p,
                chunk,
                self.clock,
                self.population.clocks,
                self._listed,
                self.counts.copy(),
                fired,
                NO_LOG,
            )
        else:
            chunk.hazard[1:] = chunk.hazard[0]  # nobody feels any, but a checkpoint holds it
        molecules, reached = np.empty((len(glut4), len(self.molecules))), np.empty(len(glut4))
        net_uptake.advance(self.molecules, self.net_uptake, glut4, bath, p, self.dt, molecules, reached)
        return fired, {"glucose_molecules": molecules, "net_uptake": reached}

    def now(self):
        """As Stage.now."""
        return super().now() | {
            "glucose_molecules": self.molecules[None].copy(),
            "net_uptake": self.net_uptake.copy(),
        }

    def rebase(self):
        """As Stage.rebase."""
        super().rebase()
        self._listed.horizon[:] = 0.0

    def state(self):
        """As Stage.state."""
        due = self._listed.who[: self._listed.count[0]]
        equation = {"glucose_molecules": self.molecules, "net_uptake": self.net_uptake}
        return super().state() | {"horizon": self._listed.horizon, "due": due} | equation

    def restore(self, state):
        """As Stage.restore."""
        super().restore(state)
        self._listed.horizon[:] = state["horizon"]
        self._listed.count[0] = len(state["due"])
        self._listed.who[: len(state["due"])] = state["due"]
        self.molecules[:] = state["glucose_molecules"]
        self.net_uptake[:] = state["net_uptake"]

    def warnings(self):
        """As Stage.warnings."""
        outside, trace = glucose.State.OUTSIDE, 2.0 * glucose.TRACE * self.molecules.sum()
        left = self.counts[outside] > 0 if len(self.population) else self.molecules[outside] > trace
        if not left:
            return ["all glucose outside was used up and uptake stopped; raise parameters.glucose.supply"]
        return []
