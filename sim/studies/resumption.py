"""Go on with what was stopped, or failed in part: a run, its assays, a comparison or a sweep."""

import os
from collections.abc import Callable

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results import storage
from glut4sim.sim.results.writer import read_run
from glut4sim.sim.studies.assays import assays
from glut4sim.sim.studies.assays.result import AssaysResult
from glut4sim.sim.studies.comparison import comparison
from glut4sim.sim.studies.comparison.result import Comparison
from glut4sim.sim.studies.run.ensemble import RunResult
from glut4sim.sim.studies.sweep import sweep
from glut4sim.sim.studies.sweep.sweep import SweepResult


def resume(
    out: str | os.PathLike,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
    executor: str | None = None,
    checkpoint_every: float | None = None,
) -> RunResult | AssaysResult | Comparison | SweepResult:
    """Run what is missing in a directory of results; the numbers are those that nothing stopped would have given.

    Parameters
    ----------
    out : directory that `run`, `compare` or `sweep` has made
    threads, progress, executor, checkpoint_every : as `ensemble.resume`

    Raises
    ------
    InputError
        as `ensemble.resume`; also for checkpoints of a sweep, which has none
    KeyboardInterrupt
        on Ctrl-C; what was reached is kept
    """
    out = storage.place(out)
    if not storage.is_local(out):  # there are only runs
        return assays.resume(out, threads, progress, executor, checkpoint_every)
    if (out / comparison.CONTENT).exists():
        return comparison.resume(out, threads, progress, executor, checkpoint_every)
    if "vary" not in read_run(out)[1]:
        return assays.resume(out, threads, progress, executor, checkpoint_every)
    if checkpoint_every is not None:
        raise InputError("there are no checkpoints of a sweep; leave it out.", "checkpoint_every")
    return sweep.resume(out, threads, progress, executor)
