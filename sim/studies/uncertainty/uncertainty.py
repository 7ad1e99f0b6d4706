"""How sure are the numbers of a scenario? Their 90 % intervals, by the kind of doubt, and which values carry it.

Three kinds of doubt, never mixed (sim/analysis/uncertainty.py):

chance       replicates of the agents, at the central values, of the mean cell
cells        the mean field of cells that differ as [cell] receptors_cv, glut4_cv and volume_cv say
parameters   the mean field at joint draws of what nobody knows (sim/scenario/sampling.py), of the mean cell

and all together: each draw in a cell of its own, with chance. Which values carry the third is read off the same draws
(sim/analysis/given_data.py). Mean fields have coarse bins (sim/studies/expected.py).

The directory holds uncertainty.json, report.md, figure.png, draws.csv, results.zarr with all draws, scenario.toml,
provenance.json, and `agents`, which is the run of the replicates as any other.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.given_data import correlation_ratios
from glut4sim.sim.analysis.uncertainty import KINDS, LEVEL, Interval, split
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.results.provenance import doubts, read_run
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.draws import Draws, read_draws, write_draws
from glut4sim.sim.scenario.factors import Factor
from glut4sim.sim.scenario.sampling import COUNT, Sample, sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body import uncertainty as of_bodies
from glut4sim.sim.studies.body.doubt import how_many
from glut4sim.sim.studies.body.uncertainty import BodyUncertainty
from glut4sim.sim.studies.drawn import without_agents
from glut4sim.sim.studies.options import RunKeywords, RunOptions
from glut4sim.sim.studies.run import ensemble
from glut4sim.sim.studies.run.result import RunResult
from glut4sim.sim.studies.uncertainty.runs import NUMBERS, Runs, differ, mean_cell

if TYPE_CHECKING:
    import xarray

CONTENT, DRAWS, AGENTS = "uncertainty.json", "draws.csv", "agents"  # in the directory
STUDY, NAME = "study", "uncertainty"  # in provenance.json
REPLICATES = 8
SHOWN = 10  # values that are told to carry a number
METHOD = "mean field"  # of what is in results.zarr


@dataclass(frozen=True, repr=False)
class UncertaintyResult(ShowsItself):
    """What a study of uncertainty leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    draws : Draws
        what was drawn
    dataset
        xarray.Dataset
        all draws and their numbers, as results.zarr has them
    content : dict
        content of uncertainty.json
    status
        "complete" or "failed" (a replicate of the agents failed; what was reached is kept)
    outside : bool
        as RunResult.outside, of the agents
    """

    out: Place | None
    scenario: Scenario = field(repr=False)
    draws: Draws = field(repr=False)
    dataset: "xarray.Dataset" = field(repr=False)
    content: dict = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    outside: bool = False

    def shown(self) -> Shown:
        """The main numbers and their intervals."""
        from glut4sim.sim.studies.uncertainty.report import main_numbers, outline, table  # which knows what this is

        return Shown(outline(self.content), *table(self.content, main_numbers(self.content)))


def uncertainty(
    scenario: Scenario | str | os.PathLike,
    out: PlaceLike | None = None,
    draws: int | PlaceLike | None = None,
    ranges: bool = False,
    **keywords: Unpack[RunKeywords],
) -> UncertaintyResult | BodyUncertainty:
    """Find how sure the numbers of a scenario's summary are, and what makes them unsure.

    The result does not depend on where and on how many processors it is computed.

    Parameters
    ----------
    scenario : Scenario, or the name or path of one, with one assay
    out
        new directory for the results; None keeps them in memory
    draws
        how many, or a file of them, such as the posterior.csv of a fit; of a body only how many
    ranges
        draw from the plausible ranges also where the preset has a posterior
    keywords
        as RunOptions. `replicates` is by default REPLICATES; with `mean_field` there are none, and chance is not known

    Raises
    ------
    InputError
        before results are written
    KeyboardInterrupt
        on Ctrl-C; what was reached is written (provenance: "interrupted"), and `resume` goes on with it
    """
    options = RunOptions(**keywords)
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    scenario.check_one_assay()
    if scenario.assay.kind is not None:
        return of_bodies.uncertainty(scenario, out, how_many(draws, ranges), options)
    replicates = 0 if options.mean_field else options.replicates or REPLICATES
    if replicates == 1:
        raise InputError("expected 2 or more, got 1; --mean-field leaves chance out.", place="--replicates")
    options = replace(options, mean_field=False, replicates=replicates or None)
    scenario = options.prepare(scenario)
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"events": False})})
    options.check_out(out)
    for of in (options, without_agents(options)):
        of.workers(max(1, replicates), [scenario]).shutdown()  # any fault in what is asked for
    _ = scenario.parameter_set  # and in what it does
    found = sample([scenario], COUNT if draws is None else draws, scenario.run.seed, ranges)
    plan = _Plan(scenario, found, replicates)
    about = {"method": METHOD, STUDY: NAME, **doubts(scenario)}  # else it would look like a run until CONTENT is there
    writer = Writer(scenario, out, about, options.checkpoint_every)
    if writer.out is not None:
        try:
            write_draws(writer.out / DRAWS, plan.draws)
            if replicates:
                Writer(mean_cell(scenario), writer.out / AGENTS, {"method": "agents"}, options.checkpoint_every)
            writer.write_json(CONTENT, plan.about | {"status": "running"})
        except BaseException:
            storage.remove(writer.out)  # `resume` could not go on with half of it
            raise
    with storage.held(writer.out):
        return _run(writer, plan, Runs(scenario, plan.draws), options)


def resume(out: PlaceLike, options: RunOptions) -> UncertaintyResult | BodyUncertainty:
    """Run what is missing in the results of a study of uncertainty; as `running.resume`."""
    out = storage.place(out)
    scenario, _ = read_run(out)
    with storage.whole(out, f"expected a study of uncertainty, found no whole {CONTENT} and {DRAWS}; run it again."):
        before = storage.read_json(out / CONTENT)
        if of_bodies.KIND in before:
            return of_bodies.resume(out, before, options)
        draws = replace(read_draws(out / DRAWS), origin=before["draws"]["origin"])
        plan = _Plan.again(scenario, draws, before)
    runs = Runs(scenario, draws)
    with storage.held(out):
        runs.read(out / STORE)
        writer = Writer.reopen(out)
        writer.go_on()
        return _run(writer, plan, runs, options)


class _Plan:
    """What is to be done, and where the draws come from."""

    def __init__(self, scenario: Scenario, found: Sample, replicates: int):
        self.scenario, self.replicates, self.draws = scenario, replicates, found.draws[0]
        self.factors: Mapping[str, Factor] = found.factors
        self.about: dict[str, Any] = {
            "scenario": scenario.name,
            "title": scenario.title,
            "seed": scenario.run.seed,
            "level": LEVEL,
            "draws": {
                "count": len(self.draws),
                "origin": self.draws.origin,
                "tried": found.tried,
                "turned_away": dict(found.turned_away),
                "held": dict(found.held),
                "values": {name: asdict(self.factors[name]) for name in self.draws.names},
            },
            "cells": _variation(scenario),
            "replicates": replicates,
        }

    @classmethod
    def again(cls, scenario: Scenario, draws: Draws, before: Mapping) -> "_Plan":
        """The plan of a study that is gone on with; LookupError or TypeError if uncertainty.json does not say it."""
        told = before["draws"]
        factors = {name: Factor(**factor) for name, factor in told["values"].items()}
        found = Sample((draws,), told["held"], told["tried"], told["turned_away"], factors)
        return cls(scenario, found, before["replicates"])


def _variation(scenario: Scenario) -> dict[str, float] | None:
    """How much cells differ, by what; None where they do not."""
    cell = scenario.cell
    found = {"receptors": cell.receptors_cv, "glut4": cell.glut4_cv, "volume": cell.volume_cv}
    return found if differ(scenario) else None


def _run(writer: Writer, plan: _Plan, runs: Runs, options: RunOptions) -> UncertaintyResult:
    """Run what is missing, divide the doubt, and tell."""
    scenario, out = plan.scenario, writer.out
    total = runs.total + scenario.run.duration * plan.replicates
    agents: RunResult | None = None
    status = "failed"
    content: dict = {}
    try:
        with without_agents(options).workers(runs.missing, [scenario]) as workers:
            runs.run(workers, total, options.progress)
        if plan.replicates:
            part = options.as_part(runs.total, total)
            if out is None:
                agents = ensemble.run(mean_cell(scenario), None, part)
            else:
                agents = ensemble.resume(out / AGENTS, part)
        status = "complete" if agents is None or agents.status == "complete" else "failed"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        told = _numbers_of(agents)
        content = plan.about | {"status": status, "warnings": list(writer.warnings)} | _content(plan, runs, told)
        writer.seconds_simulated = [runs.done]
        writer.finish(None, status, [])
        writer.write_json(CONTENT, content)
        if out is not None:
            runs.write(out / STORE, told)
    if out is not None:
        from glut4sim.sim.studies.uncertainty import figure, report

        storage.write(out / "report.md", report.markdown(content))
        with storage.folder(out) as folder:
            figure.save_figure(content, runs, folder / "figure.png")
    warnings = _warnings(content) + (() if agents is None else agents.warnings)
    dataset = runs.dataset(told)
    outside, seconds = agents is not None and agents.outside, writer.wall_seconds
    return UncertaintyResult(out, scenario, plan.draws, dataset, content, warnings, seconds, status, outside)


def _numbers_of(agents: RunResult | None) -> np.ndarray:
    """Of each replicate of the agents, (n, n_number); NaN where there is none."""
    rows = [] if agents is None else agents.replicates
    table = [[np.nan if one[name] is None else one[name] for name in NUMBERS] for one in rows]
    return np.array(table, float).reshape(len(rows), len(NUMBERS))


# ---- what uncertainty.json says ----


def _content(plan: _Plan, runs: Runs, agents: np.ndarray) -> dict:
    numbers, carried = {}, {}
    for i, name in enumerate(NUMBERS):
        value = float(runs.numbers["central"][0, i])
        if not np.isfinite(value):
            continue
        of = {kind: table[:, i] if len(table) else None for kind, table in runs.numbers.items()}
        found = split(
            value, runs.numbers["parameters"][:, i], of["cells"], of["together"],
            agents[:, i] if len(agents) else None, plan.scenario.run.seed,
        )  # fmt: skip
        numbers[name] = {
            "unit": summary.UNITS[name],
            "value": value,
            **{kind: _interval(getattr(found, kind)) for kind in KINDS},
            "shares": found.shares,
        }
        carried[name] = _carriers(plan, runs.numbers["parameters"][:, i])
    missing = [{"kind": kind, "run": k, "error": error} for (kind, k), error in sorted(runs.errors.items())]
    return {"numbers": numbers, "carried_by": carried, "missing": missing}


def _interval(found: Interval | None) -> dict | None:
    return None if found is None else found._asdict()


def _carriers(plan: _Plan, values: np.ndarray) -> list[dict]:
    """The values that explain most of what draws make of a number, the first first."""
    shares, errors = correlation_ratios(plan.draws.values, values)
    order = [i for i in np.argsort(-shares, kind="stable").tolist() if np.isfinite(shares[i])][:SHOWN]
    names = plan.draws.names
    return [{"name": names[i], "share": float(shares[i]), "error": float(errors[i])} for i in order]


def _warnings(content: Mapping) -> tuple[str, ...]:
    """What the user should know, one line each."""
    missing = content["missing"]
    if not missing:
        return tuple(content["warnings"])
    return (
        *content["warnings"],
        f"{len(missing)} mean fields could not be solved, the first because: {missing[0]['error']}",
    )
