"""Run a scenario, or go on with what was stopped, whichever study that takes."""

from typing import TYPE_CHECKING, Unpack

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.results.provenance import doubts, read_run
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.options import Progress, RunKeywords, RunOptions
from glut4sim.sim.studies.run import ensemble
from glut4sim.sim.studies.run.result import RunResult

if TYPE_CHECKING:
    from glut4sim.sim.studies.assays.result import AssaysResult
    from glut4sim.sim.studies.body.comparison import BodiesComparison
    from glut4sim.sim.studies.body.result import BodiesResult
    from glut4sim.sim.studies.body.uncertainty import BodyUncertainty
    from glut4sim.sim.studies.comparison.result import Comparison
    from glut4sim.sim.studies.fit.abc_result import AbcResult
    from glut4sim.sim.studies.fit.result import FitResult
    from glut4sim.sim.studies.sweep.curves_result import CurvesResult
    from glut4sim.sim.studies.sweep.result import SweepResult
    from glut4sim.sim.studies.uncertainty.uncertainty import UncertaintyResult

    AnyResult = (
        RunResult | AssaysResult | BodiesResult | Comparison | SweepResult | CurvesResult | FitResult | AbcResult
        | UncertaintyResult | BodiesComparison | BodyUncertainty
    )  # fmt: skip


def run(
    scenario: Scenario | PlaceLike,
    out: PlaceLike | None = None,
    *,
    only: int | None = None,
    **keywords: Unpack[RunKeywords],
) -> "RunResult | AssaysResult | BodiesResult":
    """Run all replicates of a scenario, at each time of its [assay]; where that is a test of the body, each is a body.

    The results do not depend on where and on how many threads they are computed, nor do states at a given time on the
    recording interval.

    Parameters
    ----------
    scenario : Scenario, or the name, path or address of one
    out
        new directory for the results, or an address such as s3://bucket/run that fsspec knows; None keeps them in
        memory, of a log of events only its statistics
    only
        run this one of the replicates 0, 1 ..; it is the same alone as among all
    keywords
        seed, replicates, mean_field, threads, executor, checkpoint_every, progress: as RunOptions

    Returns
    -------
    RunResult for one assay, AssaysResult for several, BodiesResult of tests of the body

    Raises
    ------
    InputError
        before anything is computed: if `out` exists, or the agents do not fit into memory
    KeyboardInterrupt
        on Ctrl-C, when all replicates have stopped and the results so far are written (provenance: "interrupted")
    """
    options = RunOptions(**keywords)
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    if scenario.assay.kind is not None:
        from glut4sim.sim.studies.body import bodies

        if only is not None:
            raise InputError("tests of the body are run together; leave it out.", "replicate")
        return bodies.run(scenario, out, options)
    if len(scenario.assay.at) == 1:
        return ensemble.run(scenario, out, options, only, doubts=doubts(scenario))
    from glut4sim.sim.studies.assays import assays

    return assays.run(scenario, out, options, only)


def resume(
    out: PlaceLike,
    threads: int | None = None,
    progress: Progress | None = None,
    executor: str | None = None,
    checkpoint_every: float | None = None,
) -> "AnyResult":
    """Run what is missing in a directory of results; the numbers are those that nothing stopped would have given.

    Parameters
    ----------
    out
        directory or address that `run`, `compare`, `sweep`, `fit` or `uncertainty` has made
    threads, progress, executor
        as RunOptions; they may differ from those of that run
    checkpoint_every : as RunOptions, by default as that run

    Raises
    ------
    InputError
        if there is nothing to go on with, another process is at it, version or scenario are not those of the run, or
        checkpoints of a sweep or a fit are asked for, which has none
    KeyboardInterrupt
        on Ctrl-C; what was reached is kept
    """
    options = RunOptions(threads=threads, progress=progress, executor=executor, checkpoint_every=checkpoint_every)
    out = storage.place(out)
    from glut4sim.sim.studies.assays import assays
    from glut4sim.sim.studies.comparison import comparison
    from glut4sim.sim.studies.fit import fit, record
    from glut4sim.sim.studies.sweep import curves, sweep
    from glut4sim.sim.studies.uncertainty import uncertainty

    if (out / comparison.CONTENT).exists():
        return comparison.resume(out, options)
    if (out / record.PROBLEM).exists():
        return fit.resume(out, options)
    if (out / uncertainty.CONTENT).exists():
        return uncertainty.resume(out, options)
    if (out / curves.CONTENT).exists():
        return curves.resume(out, options)
    scenario, before = read_run(out)
    if before.get(uncertainty.STUDY) == uncertainty.NAME:
        return uncertainty.resume(out, options)
    if "vary" in before:
        return sweep.resume(out, options)
    if scenario.assay.kind is not None:
        from glut4sim.sim.studies.body import bodies

        return bodies.resume(out, options)
    study = ensemble if len(scenario.assay.at) == 1 else assays
    return study.resume(out, options)
