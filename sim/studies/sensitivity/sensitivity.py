"""Which uncertain values matter: how much a number of the summary moves as parameters take their plausible ranges.

What is varied: every parameter of the scenario's preset, or, where it tests a body, of its organs and tissues; and,
where there are hormones, the gain or power of every effect that acts or might (sim/endocrine/library.py). A range whose
ends differ by more than a factor of 3 is taken in equal ratios (log-uniform), any other, and one that begins at 0 or
below, in equal distances (uniform). What the scenario itself sets, and what has no range, is held and named.

Screening (Morris, Technometrics 33:161, 1991; mu* of Campolongo, Cariboni, Saltelli, Environ Model Softw 22:1509,
2007): from random places on a grid of 4 levels, one parameter after the other moves by 2/3 of its range. mu and mu* are
the mean change and the mean absolute change, per whole range; sigma is their spread, which non-linearity and
interaction make.

Variance (Saltelli et al., Comput Phys Commun 181:259, 2010): S1 is the share of the variance that a parameter explains
by itself, ST that in which it takes part. Only the parameters at the head of the screening vary, the others stand at
their values, so shares are of the variance that these few make. Errors of all are half-widths of 95 % intervals from a
bootstrap, 1.96 standard deviations of the resampled. Sampling and analysis are SALib's (extra `sensitivity`).

Each run is a mean field with coarse radial bins (sim/studies/expected.py), or a body of such cells.

Combinations that the preset forbids, such as an inner radius above the cell's, are not drawn: a trajectory (a row of
the Sobol sample) that holds one gives way to a further one, so that such parameters are not independent. A run that
cannot be solved, or lacks the number, has no value, and its whole trajectory (row) is left out and counted.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis.global_sensitivity import FEWEST, Indices, Screening, decompose, ranked, screen
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.units import write
from glut4sim.sim.model.parameters import ASCENDING
from glut4sim.sim.reporting.numbers import labelled, number
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.results.provenance import doubts
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario.factors import Factor, changed, find_factors
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.options import Progress, RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.sensitivity import measured
from glut4sim.sim.studies.sweep.sweep import MAX_RUNS
from glut4sim.sim.studies.tasks import Task, run_tasks

if TYPE_CHECKING:
    import xarray

METHODS = {"morris": ("morris",), "sobol": ("sobol",), "both": ("morris", "sobol")}


@dataclass(frozen=True, repr=False)
class SensitivityResult(ShowsItself):
    """What a sensitivity analysis leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    factors : tuple of Factor
        what was varied
    screening, indices
        None where not asked for, or where too few runs have a value
    dataset
        xarray.Dataset
        dim run: the values of all factors and all numbers that are measured; NaN if missing
    content : dict
        content of sensitivity.json; its parameters are ranked
    status
        "complete" or "failed" (nothing could be ranked)
    """

    out: Place | None
    scenario: Scenario = field(repr=False)
    factors: tuple[Factor, ...] = field(repr=False)
    screening: Screening | None = field(repr=False)
    indices: Indices | None = field(repr=False)
    dataset: "xarray.Dataset" = field(repr=False)
    content: dict = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str

    def shown(self, top: int = 15) -> Shown:
        """The values that matter most."""
        from glut4sim.sim.studies.sensitivity.report import readable, with_error  # which knows what this is

        content = self.content
        columns = {"Parameter": "left", "Value": "right", "Evidence": "left"}
        columns |= {labelled("mu*", content["unit"]): "right", "sigma": "right", "S1": "right", "ST": "right"}
        rows = []
        for row in content["parameters"][:top]:
            value = f"{row['value']:.4g} {'' if row['unit'] == '1' else row['unit']}".strip()
            cells = with_error(row, "mu_star"), number(row["sigma"]), with_error(row, "s1"), with_error(row, "st")
            rows.append((row["name"], value, row["evidence"], *cells))
        return Shown(f"{readable(content)}: {content['title'] or content['scenario']}", columns, rows)


def sensitivity(
    scenario: Scenario | PlaceLike,
    out: PlaceLike | None = None,
    observable: str | None = None,
    method: str = "both",
    trajectories: int = 10,
    samples: int = 64,
    top: int = 10,
    parameters: Sequence[str] = ("*",),
    seed: int | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> SensitivityResult:
    """Rank the uncertain values behind a scenario by how much they move a number of its summary.

    The result does not depend on the number of processes. They start afresh and import the program that calls this,
    which therefore needs `if __name__ == "__main__":`, unless there is one process only.

    Parameters
    ----------
    scenario : Scenario, or the name, path or address of one
    out
        new directory for results.zarr, sensitivity.json, report.md, figure.png, scenario.toml, provenance.json
    observable
        number of summary.UNITS, by default surface GLUT4 when stimulated; of a test of a body one of
        sim/body/result.py, by default M, HOMA-IR, or glucose
    method
        one of METHODS; "sobol" alone takes all factors
    trajectories
        of the screening, each with a run more than there are factors
    samples
        of the variance, a power of 2, each with two runs more than there are factors
    top
        how many factors of the screening's head the variance is divided among
    parameters
        patterns such as "vesicle.*" of the names to vary
    seed : of the sampling, else the scenario's
    processes : default all processors
    progress : called with the simulated seconds done and in all

    Raises
    ------
    InputError
        before results are written
    KeyboardInterrupt
        on Ctrl-C, when the runs done so far are written (provenance: "interrupted")
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    asked = measured.of(scenario)
    observable = observable or asked.usual
    if observable not in asked.units:
        raise unknown("observable", observable, asked.units).within(place="--observable")
    if method not in METHODS:
        raise unknown("method", method, METHODS).within(place="--method")
    _at_least("--trajectories", trajectories, FEWEST)
    _at_least("--top", top, 1)
    if _at_least("--samples", samples, FEWEST) & (samples - 1):
        raise InputError(f"expected a power of 2, got {samples}.", place="--samples")
    scenario.check_one_assay()
    options = RunOptions(seed=seed, mean_field=True, threads=processes, progress=progress)
    if options.processors > 1:
        options = replace(options, executor="processes")  # the twin is Python, which one thread at a time can do
    scenario = options.prepare(scenario)
    seed = scenario.run.seed
    if find_spec("SALib") is None:
        raise InputError("needs SALib; install it with: pip install 'glut4sim[sensitivity]'", place="sensitivity")
    factors, left_out = find_factors(scenario, parameters)
    size = {"morris": trajectories * (len(factors) + 1)}
    size["sobol"] = samples * (2 + (min(top, len(factors)) if "morris" in METHODS[method] else len(factors)))
    planned = sum(size[name] for name in METHODS[method])
    if planned > MAX_RUNS:
        raise InputError(f"expected at most {MAX_RUNS} runs, got {planned}; take fewer samples or --parameters.")
    scenario.check_memory(min(options.processors, planned), mean_field=True)
    base = asked.numbers(scenario)[observable]
    if base is None:
        raise InputError(f"{scenario.name} has no {observable}; choose another.", place="--observable")

    writer = Writer(scenario, out, {"method": f"sensitivity, {method}", "observable": observable, **doubts(scenario)})
    runs = _Runs(scenario, factors, asked, observable, planned, progress)
    screening = indices = None
    status = "failed"
    try:
        with options.workers(planned, [scenario]) as runs.workers:
            chosen = tuple(range(len(factors)))
            if "morris" in METHODS[method]:
                screening = screen(factors, runs, trajectories, seed, runs.may_combine)
                if screening is not None:
                    chosen = tuple(np.argsort(-screening.mu_star, kind="stable")[:top].tolist())
            if "sobol" in METHODS[method] and (screening is not None or method == "sobol"):
                indices = decompose(factors, runs, chosen, samples, seed, runs.may_combine)
        wanted = {"morris": screening, "sobol": indices}
        status = "failed" if any(wanted[name] is None for name in METHODS[method]) else "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        writer.seconds_simulated = [runs.done * asked.seconds]
        writer.finish(None, status, [])
        dataset = runs.dataset()
        about = {
            "scenario": scenario.name,
            "title": scenario.title,
            "seed": seed,
            "method": method,
            "observable": observable,
            "unit": asked.units[observable],
            "words": asked.readable(observable),
            "value": base,
            "status": status,
            "runs": runs.done,
            "missing": runs.missing,
            "warnings": list(writer.warnings),
            "trajectories": {"wanted": trajectories, "kept": screening and screening.kept},
            "samples": {"wanted": samples, "kept": indices and indices.kept},
        }
        content = about | {"parameters": ranked(factors, screening, indices), "left_out": left_out}
        if writer.out is not None:
            write_dataset(dataset, writer.out / STORE)
            writer.write_json("sensitivity.json", content)
    result = SensitivityResult(
        writer.out, scenario, factors, screening, indices, dataset, content, _warnings(content), writer.wall_seconds,
        status,
    )  # fmt: skip
    if writer.out is not None:
        from glut4sim.sim.studies.sensitivity import figure, report

        storage.write(writer.out / "report.md", report.markdown(content))
        if screening is not None or indices is not None:
            with storage.folder(writer.out) as folder:
                figure.save_figure(content, folder / "figure.png")
    return result


def _at_least(option: str, value: int, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise InputError(f"expected a whole number of at least {low}, got {describe(value)}.", place=option)
    return value


def _warnings(content: dict) -> tuple[str, ...]:
    """What the user should know, one line each."""
    lines = list(content["warnings"])
    if content["missing"]:
        lines.append(
            f"{len(content['missing'])} of {content['runs']} runs have no value, the first because: "
            f"{content['missing'][0]['error']}"
        )
    for method, key, what in (("morris", "trajectories", "trajectories"), ("sobol", "samples", "Sobol samples")):
        if method not in METHODS[content["method"]]:
            continue
        wanted, kept = content[key]["wanted"], content[key]["kept"]
        if kept is None:
            lines.append(f"too few runs have a value for {method.title()}'s analysis")
        elif kept < wanted:
            lines.append(f"{wanted - kept} of {wanted} {what} hold such a run and are left out")
    if content["samples"]["kept"] and all(row["st"] is None for row in content["parameters"]):
        lines.append(f"{content['observable']} changes by less than the twin resolves: there is no variance to share")
    return tuple(lines)


# ---- runs ----


def _attempt(scenario: Scenario, stop: Stop) -> tuple[Mapping[str, float | None], str]:
    """The numbers of a scenario, or why there are none."""
    asked = measured.of(scenario)
    try:
        return asked.numbers(scenario), ""
    except (ArithmeticError, ValueError) as error:
        return dict.fromkeys(asked.units), " ".join(f"{type(error).__name__}: {error}".split())


class _Runs:
    """All runs of an analysis, shared out among workers."""

    workers: Workers

    def __init__(self, scenario, factors, asked: measured.Measured, observable, planned, progress):
        self.scenario, self.factors, self.asked, self.observable = scenario, factors, asked, observable
        self.planned, self.progress = planned, progress
        self.points: list[np.ndarray] = []
        self.numbers: list[Mapping[str, float | None]] = []
        self.stages: list[int] = []  # first run of each call
        self.missing: list[dict] = []
        self.done = 0
        pair = {name for names in ASCENDING for name in names}
        self._ordered = [i for i, factor in enumerate(factors) if factor.name in pair]

    def may_combine(self, points: np.ndarray) -> np.ndarray:
        """Whether the preset allows each combination (runs, factors)."""
        names = [self.factors[i].name for i in self._ordered]
        units = [self.factors[i].unit for i in self._ordered]
        allowed = np.ones(len(points), bool)
        for k, row in enumerate(points[:, self._ordered] if names else ()):
            try:
                self.scenario.preset.override({n: write(v, u) for n, v, u in zip(names, row.tolist(), units)})
            except InputError:
                allowed[k] = False
        return allowed

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """The number asked for at each point (runs, factors); NaN where there is none."""
        first = len(self.points)
        self.stages.append(first)
        self.points += list(points)
        self.numbers += [dict.fromkeys(self.asked.units)] * len(points)
        tasks = {
            run: Task(_attempt, (changed(self.scenario, self.factors, point),))
            for run, point in enumerate(points, first)
        }
        duration = self.asked.seconds
        run_tasks(tasks, self.workers, self._take, lambda: self.done * duration, self.planned * duration, self.progress)
        self.missing.sort(key=lambda entry: entry["run"])
        return self._column(self.observable)[first:]

    def _take(self, run: int, ended: Future) -> None:
        found, error = ended.result()
        self.numbers[run] = found
        self.done += 1
        if found[self.observable] is None or not np.isfinite(found[self.observable]):
            self.missing.append({"run": run, "error": error or f"there is no {self.observable}"})

    def _column(self, name: str) -> np.ndarray:
        return np.array([np.nan if n[name] is None else n[name] for n in self.numbers], float)

    def dataset(self) -> "xarray.Dataset":
        """Values and numbers of all runs drawn so far."""
        import xarray as xr

        points = np.array(self.points).reshape(-1, len(self.factors))
        columns = {
            factor.name: ("run", points[:, i], {"units": factor.unit, "long_name": factor.name})
            for i, factor in enumerate(self.factors)
        }
        for name, unit in self.asked.units.items():
            columns[name] = ("run", self._column(name), {"units": unit, "long_name": self.asked.readable(name)})
        stage = np.searchsorted(self.stages, np.arange(len(points)), side="right") - 1
        coordinates = {
            "run": ("run", np.arange(len(points)), {"long_name": "Run"}),
            "stage": ("run", stage, {"long_name": "Stage of the analysis: 0 first, 1 second"}),
        }
        attributes = {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
        }
        return xr.Dataset(columns, coordinates, attributes)
