"""Go on with what was stopped, or failed in part: a run, its assays, a comparison or a sweep."""

import os
from collections.abc import Callable

from sim import assays, comparison, places, sweep
from sim.assays_result import AssaysResult
from sim.comparison_result import Comparison
from sim.ensemble import RunResult
from sim.errors import InputError
from sim.results import read_run
from sim.sweep import SweepResult


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
    out = places.place(out)
    if not places.is_local(out):  # there are only runs
        return assays.resume(out, threads, progress, executor, checkpoint_every)
    if (out / comparison.CONTENT).exists():
        return comparison.resume(out, threads, progress, executor, checkpoint_every)
    if "vary" not in read_run(out)[1]:
        return assays.resume(out, threads, progress, executor, checkpoint_every)
    if checkpoint_every is not None:
        raise InputError("there are no checkpoints of a sweep; leave it out.", "checkpoint_every")
    return sweep.resume(out, threads, progress, executor)
