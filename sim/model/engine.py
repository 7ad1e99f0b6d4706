"""The step loop: one cell, its agents and its signalling, advanced by compiled kernels.

Order of a step

    bath        the mean insulin over the step reaches the receptors
    receptors   fire
    signalling  integrates, driven by the receptors counted at the end of the step
    vesicles    move, then fire, driven by Rab10 at the end of the step
    glucose     fires, driven by the GLUT4 now in the membrane
    record

What happens in a step flows one way down this list, so a chunk of steps can be done stage by stage: all its steps for
the receptors, then all for signalling, and so on. (A chunk ends where hormones change the parameters.) The
results are those of step after step, bit for bit, whatever the chunk; the agents' loops are then outermost and run in
parallel. Splitting the stages costs O(step).
"""

from bisect import bisect_right
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from glut4sim.agents import clocks, glucose, receptor, streams, vesicle, vesicle_steps
from glut4sim.agents.population import Population
from glut4sim.agents.streams import Stream
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equilibrium, signalling, variability
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.fluxes import shell
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import Events, StepRecords

CHUNK = 1024  # most steps per compiled call: few enough for their tables to stay in the cache
REBASE = 2**20  # steps after which running hazards count from zero again, the same for any chunking
LOG_CAPACITY = 2**14  # events for which a chunk's log has room at first, per thread

_VESICLE_STATE = ("state", "threshold", "draws", "x", "y", "z")
# the order in which uniform numbers fill the states at the start: once round, the membrane last. Of two cells that
# share their numbers, the one with less in the membrane then has no vesicles there but those that the other has there
_FILLED = np.roll(vesicle.State, -1 - vesicle.State.FUSED)
_RAB10 = signalling.SPECIES.index("rab10_active")


class _Clocked:
    """One agent kind at work: its population, running hazards, and who is where."""

    RUNNING = ("hazard", "counts", "events")  # arrays that a run carries on, besides the population

    def __init__(self, kind, size, initial, clock):
        self.kind = kind
        self.population = Population(kind.FIELDS, size)
        self.hazard = np.zeros(len(kind.State))
        self.initial, self.clock = initial, clock  # sources of random numbers
        self.events = np.zeros(len(kind.TRANSITIONS), np.int64)
        self.change = np.zeros((len(kind.TRANSITIONS), len(kind.State)), np.int64)
        for j, (source, target) in enumerate(kind.TRANSITIONS):
            self.change[j, source] -= 1
            self.change[j, target] += 1

    def arm(self):
        clocks.arm(self.hazard, self.clock, self.population.clocks)
        self.counts = self.population.counts(len(self.kind.State))

    def draw_states(self, probabilities):
        clocks.draw_states(np.cumsum(probabilities), self.initial, self.population.state)

    def chunk(self, first_step, steps, dt):
        """So many steps, their clock table to be filled."""
        return clocks.chunk(first_step, steps, dt, self.hazard, len(self.events))

    def tally(self, fired):
        """Book a chunk's transitions (K, n_transition); returns counts (K, n_state) and all events so far, per step."""
        events = self.events + np.cumsum(fired, axis=0)
        counts = self.counts + np.cumsum(fired @ self.change, axis=0)
        self.events, self.counts = events[-1], counts[-1]
        return counts, events

    def rebase(self):
        clocks.rebase(self.hazard, self.population.clocks)


class Engine:
    """One replicate of a scenario's cell.

    Parameters
    ----------
    scenario : CellInputs    such as a Scenario
    seed : int    0 .. 2**64 - 1
    replicate : int    replicates of a seed are independent
    threads : int    changes the speed, never a bit of the result
    log_events : bool    note every vesicle transition for `take_events`; changes no bit of the result either
    """

    def __init__(self, scenario: CellInputs, seed: int, replicate: int = 0, threads: int = 1, log_events: bool = False):
        self.scenario = scenario
        self.dt = scenario.run.step
        self.step = 0
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._no_log = clocks.event_log(0)
        self._capacity = LOG_CAPACITY if log_events else 0
        self._events = []
        cell = scenario.cell
        self.individual = variability.draw(cell, seed, replicate)
        self._take_schedule(scenario.parameter_schedule)
        p = self._parameters = self._schedule.values[0]
        source = {stream: streams.source(stream, seed, replicate) for stream in Stream}
        self._receptor = _Clocked(
            receptor,
            max(1, round(cell.receptors * self.individual.receptors)),
            source[Stream.RECEPTOR_INITIAL],
            source[Stream.RECEPTOR_CLOCK],
        )
        self._vesicle = _Clocked(vesicle, cell.vesicles, source[Stream.VESICLE_INITIAL], source[Stream.VESICLE_CLOCK])
        self._glucose = _Clocked(
            glucose, cell.glucose_agents, source[Stream.GLUCOSE_INITIAL], source[Stream.GLUCOSE_CLOCK]
        )
        self._motion_source, self._copies_source = source[Stream.VESICLE_MOTION], source[Stream.VESICLE_GLUT4]
        self._mobility = vesicle.mobility(p.vesicle, self.dt)
        self._listed = glucose.nobody_listed(cell.glucose_agents)
        self.molecules_per_agent = p.glucose.supply / cell.glucose_agents
        self._start_at_rest()

    @property
    def receptors(self) -> Population:
        return self._receptor.population

    @property
    def vesicles(self) -> Population:
        return self._vesicle.population

    @property
    def glucose(self) -> Population:
        return self._glucose.population

    @property
    def parameters(self) -> ParameterSet:
        """What the kernels compute with now. Setting them replaces those of the scenario, from now to the end."""
        return self._parameters

    @parameters.setter
    def parameters(self, parameters: ParameterSet) -> None:
        self._parameters = parameters
        self._schedule, self._changes = Schedule((0.0,), (parameters,)), []

    def follow(self, scenario: CellInputs) -> None:
        """Take the bath and the hormones from another scenario, from now on; what it says of the past does not matter.

        ValueError if its cell, parameters or step are not those of the engine's scenario.
        """
        own = self.scenario
        if (scenario.cell, scenario.parameters, scenario.run.step) != (own.cell, own.parameters, own.run.step):
            raise ValueError("a running cell can follow only a scenario with the same cell, parameters and step")
        self._take_schedule(scenario.parameter_schedule)
        self.scenario = scenario

    def _take_schedule(self, schedule):
        """When hormones change the parameters, and to what."""
        self._schedule = schedule._replace(values=[variability.apply(p, self.individual) for p in schedule.values])
        self._changes = [round(time / self.dt) for time in schedule.times[1:]]

    @property
    def time(self) -> float:
        """Simulated time [s]."""
        return self.step * self.dt

    def _start_at_rest(self):
        """Every agent drawn from the steady state of the bath at time 0; its stage follows the one before it."""
        p = self.parameters
        insulin, bath = self.scenario.bath.insulin.values[0], self.scenario.bath.glucose.values[0]
        self._receptor.draw_states(equilibrium.receptors(p.receptor, insulin))
        self._receptor.arm()
        self.signals = equilibrium.signals(p.signalling, self._receptors_active(self._receptor.counts))
        self._space = shell(p.vesicle)
        self._place_vesicles(equilibrium.vesicles(p.vesicle, self.signals[_RAB10], self._space))
        self._vesicle.arm()
        self._glucose.draw_states(equilibrium.glucose_molecules(p.glucose, float(self.glut4_surface), bath))
        self._glucose.arm()

    def _place_vesicles(self, by_bin):
        """Draw state, position and GLUT4 copies of each vesicle from fractions by state and radial bin."""
        v = self.vesicles
        n = len(v)
        where = streams.uniforms(n, 0, self._vesicle.initial)
        direction = streams.uniforms(n, 1, self._vesicle.initial)
        cumulative = np.cumsum(by_bin[_FILLED])
        row, low = np.divmod(np.searchsorted(cumulative, where[:, 0] * cumulative[-1], side="right"), by_bin.shape[1])
        state = _FILLED[row]
        edges = self._space.edges
        radius = np.cbrt(edges[low] ** 3 + where[:, 1] * (edges[low + 1] ** 3 - edges[low] ** 3))
        shell = self._mobility.by_state[state]
        radius = np.clip(radius, shell[:, 2], shell[:, 3])
        height, angle = 2.0 * direction[:, 0] - 1.0, 2.0 * np.pi * direction[:, 1]
        across = np.sqrt(1.0 - height**2)
        v.state[:] = state
        v.x[:], v.y[:], v.z[:] = radius * across * np.cos(angle), radius * across * np.sin(angle), radius * height
        copies = streams.uniforms(n, 0, self._copies_source)[:, 0]
        v.glut4[:] = _poisson(copies, self.parameters.vesicle.glut4_copies / n)
        self.glut4_total = int(v.glut4.sum())
        self.glut4_surface = int(v.glut4[v.state == vesicle.State.FUSED].sum())

    def _receptors_active(self, counts):
        """As a share of the receptors of the mean cell, for whom the signalling constants hold."""
        return counts[..., list(receptor.ACTIVE)].sum(axis=-1) / self.scenario.cell.receptors

    def snapshot(self) -> StepRecords:
        """The present as a StepRecords of one row."""
        now = np.array([self.time])
        return StepRecords(
            now,
            np.array([self.scenario.bath.insulin.at(self.time)]),
            np.array([self.scenario.bath.glucose.at(self.time)]),
            self._receptor.counts[None],
            self.signals[None].copy(),
            self._vesicle.counts[None],
            np.array([self.glut4_surface]),
            self._vesicle.events[None],
            self._glucose.counts[None],
            self._glucose.events[None],
        )

    def advance(self, steps: int) -> StepRecords:
        """Do so many steps; returns what happened in each."""
        pieces = []
        while steps > 0:
            chunk = min(steps, CHUNK, REBASE - self.step % REBASE, self._steps_to_change())
            pieces.append(self._advance_chunk(chunk))
            steps -= chunk
            if self.step % REBASE == 0:
                for kind in (self._receptor, self._vesicle, self._glucose):
                    kind.rebase()
                self._listed.horizon[:] = 0.0
        return pieces[0] if len(pieces) == 1 else StepRecords(*map(np.concatenate, zip(*pieces, strict=True)))

    def _steps_to_change(self):
        """Steps until the parameters change again, after taking up a change that is due now."""
        passed = bisect_right(self._changes, self.step)
        self._parameters = self._schedule.values[passed]
        return self._changes[passed] - self.step if passed < len(self._changes) else REBASE

    def _advance_chunk(self, steps):
        insulin = self.scenario.bath.insulin.step_means(self.step, steps, self.dt)
        bath = self.scenario.bath.glucose.step_means(self.step, steps, self.dt)
        receptors, _ = self._advance_receptors(insulin)
        signals = np.empty((steps, len(self.signals)))
        active = self._receptors_active(receptors)
        signalling.advance(self.signals, active, self.parameters.signalling, self.dt, signals)
        vesicles, vesicle_events, surface = self._advance_vesicles(np.ascontiguousarray(signals[:, _RAB10]))
        glucose_counts, glucose_events = self._advance_glucose(surface, bath)
        self.step += steps
        return StepRecords(
            (self.step - steps + np.arange(1, steps + 1)) * self.dt,
            insulin,
            bath,
            receptors,
            signals,
            vesicles,
            surface,
            vesicle_events,
            glucose_counts,
            glucose_events,
        )

    def _in_parallel(self, size, block, work):
        """Run work(low, high) over all agents, shared out among the threads in whole blocks; returns the results."""
        if self._pool is None:
            return [work(0, size)]
        blocks = -(-size // block)
        bounds = [min(size, block * (blocks * t // self.threads)) for t in range(self.threads + 1)]
        return list(self._pool.map(work, bounds[:-1], bounds[1:]))

    def _advance_receptors(self, insulin):
        kind, p = self._receptor, self.receptors
        chunk = kind.chunk(self.step, len(insulin), self.dt)
        receptor.tabulate(receptor.Environment(insulin), self.parameters.receptor, chunk)

        def work(low, high):
            fired = np.zeros(chunk.rate.shape, np.int64)
            clocks.fire(low, high, chunk, receptor.TABLE, kind.clock, p.clocks, fired, self._no_log)
            return fired

        counts = kind.tally(sum(self._in_parallel(len(p), vesicle.BLOCK, work)))
        kind.hazard[:] = chunk.hazard[-1]
        return counts

    def _advance_vesicles(self, rab10_active):
        kind, p = self._vesicle, self.vesicles
        chunk = kind.chunk(self.step, len(rab10_active), self.dt)
        vesicle.tabulate(vesicle.Environment(rab10_active), self.parameters.vesicle, chunk)
        vesicles = vesicle_steps.Vesicles(p.clocks, p.x, p.y, p.z, p.glut4)
        sources = vesicle_steps.Sources(kind.clock, self._motion_source)

        def work(low, high):
            before = [getattr(p, name)[low:high].copy() for name in _VESICLE_STATE] if self._capacity else []
            capacity = self._capacity
            while True:
                outcome = vesicle_steps.Outcome(
                    np.zeros(chunk.rate.shape, np.int64), np.zeros(len(chunk.rate), np.int64),
                    clocks.event_log(capacity), np.zeros((capacity, 3), np.float32),
                )  # fmt: skip
                vesicle_steps.advance(low, high, chunk, self._mobility, sources, vesicles, outcome)
                count = int(outcome.log.count[0])
                if count <= capacity or not self._capacity:
                    return outcome.fired, outcome.surface, (outcome.log, outcome.position, count)
                # the log was too short: the same again, which is the same to the bit, with room for all
                capacity = count
                for name, values in zip(_VESICLE_STATE, before):
                    getattr(p, name)[low:high] = values

        fired, change, logs = zip(*self._in_parallel(len(p), vesicle.BLOCK, work))
        if self._capacity:
            self._events.append(self._collect(logs))
        fired, change = sum(fired), sum(change)
        counts, events = kind.tally(fired)
        kind.hazard[:] = chunk.hazard[-1]
        surface = self.glut4_surface + np.cumsum(change)
        self.glut4_surface = int(surface[-1])
        return counts, events, surface

    def _advance_glucose(self, surface, bath):
        kind, p = self._glucose, self.glucose
        chunk = kind.chunk(self.step, len(surface), self.dt)
        fired = np.zeros(chunk.rate.shape, np.int64)
        glucose.advance(
            surface, bath, self.parameters.glucose, chunk, kind.clock, p.clocks, self._listed, kind.counts.copy(),
            fired, self._no_log,
        )  # fmt: skip
        kind.hazard[:] = chunk.hazard[-1]
        return kind.tally(fired)

    def _collect(self, logs):
        columns = [
            (log.time[:n], log.agent[:n], log.transition[:n], position[:n], self.vesicles.glut4[log.agent[:n]])
            for log, position, n in logs
        ]
        joined = Events(*map(np.concatenate, zip(*columns)))
        order = np.lexsort((joined.agent, joined.time))
        return Events(*(column[order] for column in joined))

    def take_events(self) -> Events:
        """The vesicle transitions since the last call, in order of time; taking them often keeps memory bounded."""
        taken = self._events or [Events.none()]
        self._events = []
        return Events(*map(np.concatenate, zip(*taken)))

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on besides scenario, seed and replicate: arrays by name, copies.

        Not in it: the log of events, to be taken before.
        """
        whole = {
            "step": np.array(self.step),
            "signals": self.signals,
            "glut4_surface": np.array(self.glut4_surface),
            "horizon": self._listed.horizon,
            "due": self._listed.who[: self._listed.count[0]],
        }
        for name, kind in self._kinds().items():
            whole |= {f"{name}.{field.name}": getattr(kind.population, field.name) for field in kind.population.fields}
            whole |= {f"{name}.{part}": getattr(kind, part) for part in _Clocked.RUNNING}
        return {name: array.copy() for name, array in whole.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from the `state` of an engine of the same scenario, seed and replicate.

        ValueError if it does not fit.
        """
        own = self.state()
        for name in own.keys() | state.keys():
            fits = name in own and name in state and own[name].dtype == state[name].dtype
            if not fits or (name != "due" and own[name].shape != state[name].shape):
                raise ValueError(f"the state does not fit this engine: {name}")
        self.step, self.glut4_surface = int(state["step"]), int(state["glut4_surface"])
        self.signals[:], self._listed.horizon[:] = state["signals"], state["horizon"]
        self._listed.count[0] = len(state["due"])
        self._listed.who[: len(state["due"])] = state["due"]
        for name, kind in self._kinds().items():
            for field in kind.population.fields:
                getattr(kind.population, field.name)[:] = state[f"{name}.{field.name}"]
            for part in _Clocked.RUNNING:
                setattr(kind, part, state[f"{name}.{part}"].copy())
        self.glut4_total = int(self.vesicles.glut4.sum())
        self._events = []

    def _kinds(self):
        return {"receptor": self._receptor, "vesicle": self._vesicle, "glucose": self._glucose}

    def warnings(self) -> list[str]:
        """What the user should know about the run so far, a sentence each."""
        if self._glucose.counts[glucose.State.OUTSIDE] == 0:
            return ["all glucose outside was used up and uptake stopped; raise parameters.glucose.supply"]
        return []


def _poisson(u: np.ndarray, mean: float) -> np.ndarray:
    """Poisson variates by inversion of uniform numbers."""
    from scipy.special import pdtr, pdtrik

    guess = np.ceil(pdtrik(u, mean))
    return np.where((guess > 0) & (pdtr(np.maximum(guess - 1, 0), mean) >= u), guess - 1, guess).astype(np.int64)
