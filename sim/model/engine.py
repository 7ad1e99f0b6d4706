"""The step loop: one cell, its agents and its signalling, advanced by compiled kernels.

Order of a step

    bath        the mean insulin over the step reaches the receptors
    receptors   fire
    signalling  integrates, driven by the receptors counted at the end of the step
    vesicles    move, then fire, driven by Rab10 at the end of the step
    glucose     fires, driven by the GLUT4 now in the membrane
    record

What the stages do is in sim/model/stages.py; the agent kinds are those of sim/model/kinds.py. Receptors and glucose
fire by clocks (agents/clocks.py), vesicles by candidates in physical time (agents/candidates.py).

What happens in a step flows one way down this list, so a chunk of steps can be done stage by stage: all its steps for
the receptors, then all for signalling, and so on. (A chunk ends where hormones change the parameters.) The results are
those of step after step, bit for bit, whatever the chunk; the agents' loops are then outermost and run in parallel.
Splitting the stages costs O(step).

Where a cell has several membranes (sim/model/membranes.py), receptors, signalling and vesicles are stages of each of
them, with agents and random numbers of their own; what follows sees the sums, and the mean of signalling, weighted by
the vesicles on which it acts.
"""

from bisect import bisect_right
from collections.abc import Mapping

import numpy as np

from glut4sim.agents.population import Population
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import rested, step_records, variability
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.stage_line import StageLine
from glut4sim.sim.model.stages import GlucoseStage, Known, Threads, VesicleStage
from glut4sim.sim.model.step_records import Events, StepRecords

CHUNK = 1024  # most steps per compiled call: few enough for their tables to stay in the cache
REBASE = 2**20  # steps after which running hazards count from zero again, the same for any chunking
LOG_CAPACITY = 2**14  # events for which a chunk's log has room at first, per thread


class Engine:
    """One replicate of a scenario's cell.

    Parameters
    ----------
    scenario : CellInputs
        Such as a Scenario.
    seed : int
        0 .. 2**64 - 1
    replicate : int
        Replicates of a seed are independent.
    threads : int
        Changes the speed, never a bit of the result.
    log_events : bool
        Note every vesicle transition for `take_events`; changes no bit of the result either.

    Attributes
    ----------
    stages : StageLine
        The stages of a step: each agent kind, and signalling.
    """

    def __init__(self, scenario: CellInputs, seed: int, replicate: int = 0, threads: int = 1, log_events: bool = False):
        self.scenario = scenario
        self.dt = scenario.run.step
        self.step = 0
        self._threads = Threads(threads)
        self._record = step_records.record_type()
        self.individual = variability.draw(scenario.cell, seed, replicate)
        self._take_schedule(scenario.parameter_schedule)
        p = self._parameters = self._schedule.values[0]
        self.stages = StageLine(scenario, self.individual, p, seed, replicate)
        self.note_events(log_events)
        self._start(p)

    def _start(self, parameters):
        """Let everything be at rest in the bath as it is first."""
        bath = self.scenario.bath
        known: Known = {name: course.values[0] for name, course in self._bath().items()}

        def around(membrane):
            found = {} if bath.rest is None else rested.start(membrane, membrane.own(parameters), bath)
            return found | {"insulin": membrane.insulin(bath).values[0]}

        def start(stage, known, parameters):
            stage.start(known, parameters)
            return {}

        if len(self.stages.membranes) == 1:
            known |= around(self.stages.membranes[0])
        self.stages.through(known, around, parameters, start)

    # ---- its parts ----

    def population(self, kind: str) -> Population:
        """The agents of a kind, by its name."""
        return self.stages.populations[kind]

    @property
    def receptors(self) -> Population:
        return self.population("receptor")

    @property
    def vesicles(self) -> Population:
        return self.population("vesicle")

    @property
    def glucose(self) -> Population:
        return self.population("glucose")

    @property
    def signals(self) -> np.ndarray:
        """The species of signalling now, (n_species,)."""
        return self.snapshot().signalling[0]

    @property
    def glut4_surface(self) -> int:
        """GLUT4 in the membrane now [copies]."""
        return sum(stage.glut4_surface for stage in self._vesicles)

    @property
    def glut4_total(self) -> int:
        """GLUT4 of the cell [copies]."""
        return sum(stage.glut4_total for stage in self._vesicles)

    @property
    def molecules_per_agent(self) -> float:
        """Glucose molecules that one agent stands for."""
        glucose: GlucoseStage = self.stages.find("glucose")[0]
        return glucose.molecules_per_agent

    @property
    def _vesicles(self) -> list[VesicleStage]:
        return self.stages.find("vesicle")

    # ---- what it is told ----

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

    def _bath(self):
        return {"insulin": self.scenario.bath.insulin, "glucose_bath": self.scenario.bath.glucose}

    # ---- steps ----

    @property
    def time(self) -> float:
        """Simulated time [s]."""
        return self.step * self.dt

    def snapshot(self) -> StepRecords:
        """The present as a StepRecords of one row."""
        columns: Known = {"time": np.array([self.time])}
        columns |= {name: np.array([course.at(self.time)]) for name, course in self._bath().items()}
        columns |= self.stages.through({}, lambda _: {}, self.parameters, lambda stage, *_: stage.now())
        return self._record(**columns)

    def advance(self, steps: int) -> StepRecords:
        """Do so many steps; returns what happened in each."""
        pieces = []
        while steps > 0:
            chunk = min(steps, CHUNK, REBASE - self.step % REBASE, self._steps_to_change())
            pieces.append(self._advance_chunk(chunk))
            steps -= chunk
            if self.step % REBASE == 0:
                for stage in self.stages:
                    stage.rebase()
        return pieces[0] if len(pieces) == 1 else self._record(*map(np.concatenate, zip(*pieces, strict=True)))

    def _steps_to_change(self):
        """Steps until the parameters change again, after taking up a change that is due now."""
        passed = bisect_right(self._changes, self.step)
        self._parameters = self._schedule.values[passed]
        return self._changes[passed] - self.step if passed < len(self._changes) else REBASE

    def _advance_chunk(self, steps):
        bath, place = self._bath(), (self.step, steps, self.dt)
        columns = {name: course.step_means(*place) for name, course in bath.items()}
        columns |= self.stages.through(
            dict(columns),
            lambda one: {"insulin": one.insulin(self.scenario.bath).step_means(*place)},
            self.parameters,
            lambda stage, known, own: stage.advance(known, own, self.step, steps, self._threads),
        )
        self.step += steps
        return self._record(time=(self.step - steps + np.arange(1, steps + 1)) * self.dt, **columns)

    def note_events(self, noted: bool) -> None:
        """Note every vesicle transition from now on, for `take_events`, or none any more."""
        for stage in self._vesicles:
            stage.log_capacity = LOG_CAPACITY if noted else 0

    def take_events(self) -> Events:
        """The vesicle transitions since the last call, in order of time; taking them often keeps memory bounded."""
        taken, first = [], 0
        for stage in self._vesicles:
            events = stage.take_events()
            taken.append(events._replace(agent=events.agent + np.uint32(first)))
            first += len(stage.population)
        if len(taken) == 1:
            return taken[0]
        joined = Events(*map(np.concatenate, zip(*taken)))
        order = np.lexsort((joined.agent, joined.time))
        return Events(*(column[order] for column in joined))

    # ---- to and from disk ----

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on besides scenario, seed and replicate: arrays by name, copies.

        Not in it: the log of events, to be taken before.
        """
        whole = {"step": np.array(self.step)} | self.stages.state()
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
        self.step = int(state["step"])
        self.stages.restore(state)

    def warnings(self) -> list[str]:
        """What the user should know about the run so far, a sentence each."""
        return [sentence for stage in self.stages for sentence in stage.warnings()]
