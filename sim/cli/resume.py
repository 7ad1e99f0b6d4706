"""`glut4sim resume`."""

from typing import Annotated

import typer

from glut4sim.sim.cli import compare, run, sweep
from glut4sim.sim.cli.options import (
    CheckpointEvery,
    Executor,
    Quiet,
    Scheduler,
    SummaryJson,
    Threads,
    at_work,
    checkpoint_time,
    workers,
)


def resume(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="Directory of results, or the address of a run.")],
    threads: Threads = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    checkpoint_every: CheckpointEvery = None,
    as_json: SummaryJson = False,
    quiet: Quiet = False,
) -> None:
    """Run what is missing in results of run, compare or sweep: what was stopped, failed, or never begun.

    Replicates go on from their last checkpoint (run --checkpoint-every) or else begin anew; the results are those that
    come out when nothing stops.
    """
    from glut4sim.sim.results.storage import place

    where, every = workers(executor, scheduler), checkpoint_time(checkpoint_every)
    out = place(directory)
    with at_work(out.name, out, quiet, resumable=True) as progress:
        from glut4sim.sim.studies import resumption

        result = resumption.resume(
            out,
            threads=threads,
            progress=progress,
            executor=where,
            checkpoint_every=every,
        )
    if isinstance(result, resumption.Comparison):
        compare.report(result, as_json, quiet)
    elif isinstance(result, resumption.SweepResult):
        sweep.report(result, as_json, quiet)
    else:
        run.report(result.scenario, result, as_json, quiet)
