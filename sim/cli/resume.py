"""`glut4sim resume`."""

from pathlib import Path
from typing import Annotated

import typer

from glut4sim.sim.cli import compare, fit, run, sweep, uncertainty
from glut4sim.sim.cli.options import (
    CheckpointEvery,
    Computing,
    Printing,
    as_place,
    at_work,
    checked,
    checkpoint_time,
    with_groups,
)


@with_groups
def resume(
    out: Annotated[
        Path, typer.Argument(parser=str, callback=as_place, metavar="DIR", help="Directory of results, or its address.")
    ],
    *,
    computing: Computing,
    checkpoint_every: CheckpointEvery = None,
    printing: Printing,
) -> None:
    """Run what is missing in results of run, compare, sweep, fit or uncertainty: stopped, failed, or never begun.

    Replicates go on from their last checkpoint (run --checkpoint-every) or else begin anew; the results are those that
    come out when nothing stops.
    """
    options = checked(**computing.keywords(), checkpoint_every=checkpoint_time(checkpoint_every))
    with at_work(out.name, out, printing.quiet, resumable=True) as progress:
        from glut4sim.sim.studies import running

        result = running.resume(out, progress=progress, **options)
    from glut4sim.sim.studies.body.comparison import BodiesComparison
    from glut4sim.sim.studies.body.uncertainty import BodyUncertainty
    from glut4sim.sim.studies.comparison.result import Comparison
    from glut4sim.sim.studies.fit.abc_result import AbcResult
    from glut4sim.sim.studies.fit.result import FitResult
    from glut4sim.sim.studies.sweep.curves_result import CurvesResult
    from glut4sim.sim.studies.sweep.result import SweepResult
    from glut4sim.sim.studies.uncertainty.uncertainty import UncertaintyResult

    if isinstance(result, Comparison | BodiesComparison):
        compare.report(result, printing)
    elif isinstance(result, SweepResult | CurvesResult):
        sweep.report(result, printing)
    elif isinstance(result, FitResult):
        fit.report(result, printing)
    elif isinstance(result, AbcResult):
        fit.report_by_agents(result, printing)
    elif isinstance(result, UncertaintyResult | BodyUncertainty):
        uncertainty.report(result, printing)
    else:
        run.report(result.scenario, result, printing)
