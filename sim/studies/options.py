"""What a user may choose about runs, whichever study makes them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypedDict

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.fields import check_whole
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.results.provenance import METHODS
from glut4sim.sim.scenario.cell_tables import MAX_REPLICATES, MAX_SEED
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import executors
from glut4sim.sim.studies.executors import Workers

Progress = Callable[[float, float], None]  # of simulated seconds: done, in all

MAX_THREADS = 1024
ALL_THE_SAME = "expected 1: a mean field knows no chance, and only bodies of a [population] differ; leave it out."


class RunKeywords(TypedDict, total=False):
    """The fields of RunOptions, as the public functions take them: `run("meal", seed=3, replicates=8)`."""

    seed: int | None
    replicates: int | None
    mean_field: bool
    threads: int | None
    executor: str | None
    checkpoint_every: float | None
    progress: Progress | None


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a scenario is run. Only the first three say anything about the results.

    Attributes
    ----------
    seed, replicates
        instead of the scenario's; recorded in the resolved scenario
    mean_field
        solve the mean-field twin instead of simulating agents; without chance there is one replicate
    threads
        default all processors; the runs at work share them
    executor
        "threads" (default), "processes", or the address of a Dask scheduler, whose workers must reach `out`
    checkpoint_every
        simulated time between two checkpoints of a replicate [s], from which `resume` goes on; none by
        default: then it begins anew what was not finished. Of many brief replicates (results/layout.py) there are none
    progress
        called with the simulated seconds done and in all, over all runs, about ten times a second

    Raises
    ------
    InputError
        naming the first that makes no sense; a name that there is not is a TypeError, as of any function
    """

    seed: int | None = None
    replicates: int | None = None
    mean_field: bool = False
    threads: int | None = None
    executor: str | None = None
    checkpoint_every: float | None = None
    progress: Progress | None = None

    def __post_init__(self):
        limits = {"seed": (0, MAX_SEED), "replicates": (1, MAX_REPLICATES), "threads": (1, MAX_THREADS)}
        for name, (low, high) in limits.items():
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), low, high)
        every = self.checkpoint_every
        if every is not None:
            if isinstance(every, bool) or not isinstance(every, int | float) or not 0.0 < every < float("inf"):
                raise InputError(f"expected a time above 0 s, got {describe(every)}.", "checkpoint_every")
            if self.mean_field:
                refuse_checkpoints("a mean field, which is solved at one go")

    @property
    def method(self) -> str:
        """What the provenance calls it."""
        return METHODS[self.mean_field]

    @property
    def processors(self) -> int:
        """How many there are to use."""
        return self.threads or os.cpu_count() or 1

    def prepare(self, scenario: Scenario) -> Scenario:
        """The scenario with the seed and the replicates that were chosen.

        A mean field has one replicate, unless these are bodies that differ, and, since it knows no single vesicles, no
        events.

        Raises
        ------
        InputError
            if several replicates of a mean field are asked for that would all be the same
        """
        changes = {name: value for name in ("seed", "replicates") if (value := getattr(self, name)) is not None}
        changes = {name: int(value) for name, value in changes.items()}
        if self.mean_field:
            changes["events"] = False
            if not scenario.population:
                if changes.get("replicates", 1) > 1:
                    raise InputError(ALL_THE_SAME, "replicates")
                changes["replicates"] = 1
        return scenario.model_copy(update={"run": scenario.run.model_copy(update=changes)}) if changes else scenario

    def shared(self, first: Scenario) -> "RunOptions":
        """The options of several scenarios that share their random numbers: what is not chosen is as in the first."""
        run = self.prepare(first).run
        return replace(self, seed=run.seed, replicates=run.replicates)

    def workers(self, tasks: int, scenarios: Iterable[Scenario]) -> Workers:
        """What so many runs of scenarios are computed on, with kernels compiled; whoever asks shuts it down.

        Raises
        ------
        InputError
            as `executors.choose`; also if so many cells at a time do not fit into this machine's memory
        """
        workers = executors.choose(self.executor, self.processors, tasks)
        try:
            if workers.is_local:
                largest = max(scenarios, key=lambda s: s.mean_field_bytes if self.mean_field else s.memory_bytes)
                largest.check_memory(workers.count, self.mean_field)
                if not self.mean_field:
                    from glut4sim.sim.model.ahead import compile_kernels  # which brings the compiler along

                    compile_kernels()
        except BaseException:
            workers.shutdown()
            raise
        return workers

    def check_out(self, out: PlaceLike | None) -> None:
        """InputError if what is asked for cannot be had where the results shall lie.

        That is: checkpoints of results in memory (`out` is None), or processes that cannot write there.
        """
        if self.checkpoint_every is not None and out is None:
            refuse_checkpoints("results in memory")
        if self.executor not in (None, "threads"):
            storage.check_shared(out)

    def as_before(self, method: object) -> "RunOptions":
        """The options of a run that is gone on with, by the method of its provenance."""
        return replace(self, mean_field=method == METHODS[True])

    def as_part(self, before: float, total: float) -> "RunOptions":
        """The options of one run of several, whose progress counts on from the seconds before it."""
        progress = self.progress
        if progress is None:
            return self
        return replace(self, progress=lambda done, _: progress(before + done, total))


def refuse_checkpoints(what: str) -> None:
    """Raise the InputError of what has no checkpoints."""
    raise InputError(f"there are no checkpoints of {what}; leave it out.", "checkpoint_every")
