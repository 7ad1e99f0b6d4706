"""An experiment as scenarios: one, or one for every dose or assay of a series, or the hormones of one without a cell.

    [experiments.NAME]     a scenario: its tables, or the name of an installed one in `scenario` and what differs;
                           or a dose series: `doses`, each from the end of `rest` until the end;
                           or hormones alone, without a cell: `timeline = true`, looked at `every` so long, `until` when

An experiment cannot change parameters: all experiments with a preset are about the same cell, as its hormones leave it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glut4sim.sim.analysis.measurements import QUANTITIES
from glut4sim.sim.analysis.summary import first_stimulation
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.tables import in_one_name
from glut4sim.sim.inputs.errors import InputError, describe, under
from glut4sim.sim.inputs.files import Layer, merge
from glut4sim.sim.inputs.units import INSULIN, SPAN, TIME
from glut4sim.sim.model.parameters import Preset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.experiments.tables import OF_HORMONES, SCENARIO_TABLES, ExperimentTable

MAX_TIMES = 100_000  # of a timeline


@dataclass(frozen=True)
class Experiment:
    """A scenario, one for every dose or assay of a series, or the hormones of one.

    Attributes
    ----------
    scenarios : one for every dose or assay
    step, washout
        when insulin first rises and falls [s]; None where it never does
    doses
        [nM]; empty if it is no series of doses
    assays
        times of the assays since day 0 [s]; empty if it is no series of assays
    timeline
        times at which hormones are looked at [s]; empty if cells are simulated
    observables : what can be measured
    """

    name: str
    title: str
    scenarios: tuple[Scenario, ...]
    step: float | None
    washout: float | None
    doses: tuple[float, ...] = ()
    assays: tuple[float, ...] = ()
    timeline: tuple[float, ...] = ()
    observables: tuple[str, ...] = tuple(QUANTITIES)

    @property
    def preset(self) -> Preset:
        """The cell it is done with."""
        return self.scenarios[0].preset


def read_experiment(name: str, told: ExperimentTable, defaults: Layer, changes: Layer) -> Experiment:
    """The experiment that a table tells of.

    Parameters
    ----------
    name : of the experiment
    told : its table
    defaults
        tables of a scenario that hold where it says nothing else
    changes : tables that hold whatever it says

    Raises
    ------
    InputError
        naming the path within its table
    """
    base = {} if told.scenario is None else under("scenario", _installed, told.scenario)
    layers, _ = in_one_name([Layer("scenario", base), defaults, Layer(name, told.scenario_tables), changes])
    table = merge(layers)
    if told.doses:
        return _series(name, told, table)
    if told.timeline:
        return _timeline(name, told, table)
    scenario = Scenario.from_table(table, name)
    step, washout, _ = first_stimulation(scenario.bath.insulin.times, scenario.bath.insulin.values)
    times = scenario.assay.at if len(scenario.assay.at) > 1 else ()
    return Experiment(name, told.title, scenario.assays, step, washout, assays=times)


def _installed(scenario: str) -> dict[str, Any]:
    """The tables of an installed scenario, or of a file.

    How much glucose its agents stand for is left out: it says how long they last, and nothing of the cell.
    """
    base = Scenario.load(scenario).resolved()
    changed = {name: value for name, value in base["parameters"].items() if name != "glucose.supply"}
    return {key: base[key] for key in SCENARIO_TABLES if key in base} | ({"parameters": changed} if changed else {})


def _series(name: str, told: ExperimentTable, table: dict) -> Experiment:
    """A scenario for every dose."""
    doses, rest, none = told.doses or (), TIME.write(told.rest or 0.0), INSULIN.write(0.0)
    scenarios = [
        Scenario.from_table(merge([Layer("", table), Layer("", {"bath": {"insulin": insulin}})]), name)
        for insulin in ([["0 s", none], [rest, INSULIN.write(dose)]] if dose else none for dose in doses)
    ]
    for scenario in scenarios:
        scenario.check_one_assay()
    return Experiment(name, told.title, tuple(scenarios), told.rest, None, doses=doses)


def _timeline(name: str, told: ExperimentTable, table: dict) -> Experiment:
    """Hormones alone; what is done to the cell plays no part."""
    run = {"duration": "1 min"} | {key: value for key, value in table.get("run", {}).items() if key == "seed"}
    hormones = {key: table[key] for key in OF_HORMONES if key in table}
    scenario = Scenario.from_table({**hormones, "run": run}, name)
    every, until = told.every or 0.0, told.until or 0.0
    if not until / MAX_TIMES <= every <= until or not every:
        shortest, longest = SPAN.write(until / MAX_TIMES), SPAN.write(until)
        raise InputError(f"expected a time from {shortest} to {longest}, got {describe(SPAN.write(every))}.", "every")
    times = tuple((every * np.arange(round(until / every) + 1)).tolist())
    drugs = dict.fromkeys(therapy.drug for therapy in scenario.therapy)
    observables = (*scenario.known.levels, *drugs, *STEPS)
    return Experiment(name, told.title, (scenario,), None, None, timeline=times, observables=observables)
