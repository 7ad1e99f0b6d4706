"""Figures of a suite: simulated curves against published curves and data points, a panel for each check."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import t as t_distribution

from sim.bench import CheckResult, Outcome, SuiteResult
from sim.measurements import QUANTITIES, Fit, fit_to, responses
from sim.plots import BLUE, GREY, SHADE, STYLE, VERMILION
from sim.statistics import CONFIDENCE
from sim.suite import Measurement
from sim.summary import MINUTE

PANEL = (3.7, 3.0)  # inches
MODEL, DATA = BLUE, VERMILION


def save_figure(result: SuiteResult, name: str, path: Path, dpi: int = 130) -> None:
    """Draw all checks of one figure into a file."""
    draw(result, name).savefig(path, dpi=dpi)


def draw(result: SuiteResult, name: str) -> Figure:
    """The figure of a suite that is called so, a panel for each of its checks."""
    shown = [one for one in result.checks if one.check.measurement.figure == name]
    columns = 2 if len(shown) in (2, 4) else min(3, len(shown))
    rows = -(-len(shown) // columns)
    with mpl.rc_context(STYLE | {"axes.titlepad": 8, "axes.titlesize": 9.5}):
        figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.4), layout="constrained")
        for index, one in enumerate(shown):
            ax = figure.add_subplot(rows, columns, index + 1)
            measurement = one.check.measurement
            outcome = result.outcomes[measurement.experiment]
            draw_panel = _deviation if measurement.data.sem is None else _points
            draw_panel(ax, outcome, measurement)
            ax.set_title(_title(one))
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower right", ncols=len(handles))
        return figure


def _title(one: CheckResult) -> str:
    value = "no value" if one.value is None else f"{one.value:.3g}"
    verdict = f"{value}, at most {one.check.expect[1]:g} {one.check.unit}: {'pass' if one.passed else 'FAIL'}"
    return f"{one.check.id}  {one.check.quantity.partition(',')[0]}\n{verdict}"


def _deviation(ax: Axes, outcome: Outcome, measurement: Measurement) -> None:
    """A course against a published curve; the time with insulin is shaded."""
    course, data = outcome.course(measurement), measurement.data
    schedule = outcome.experiment.scenarios[0].bath.insulin
    ends = (*schedule.times[1:], outcome.experiment.scenarios[0].run.duration)
    highest = max(schedule.values)
    for start, end, level in zip(schedule.times, ends, schedule.values):
        if level > 0.0:
            depth = 0.3 + 0.7 * (3.0 + np.log10(level / highest)) / 3.0 if level > 1e-3 * highest else 0.3
            span = [(t - outcome.experiment.step) / MINUTE for t in (start, end)]
            ax.axvspan(*span, color=SHADE, alpha=depth, linewidth=0, zorder=0)
    _band(ax, course.time / MINUTE, course.values, _reach(outcome, measurement))
    ax.plot(data.x / MINUTE, data.y, "--", color=DATA, linewidth=1.3, label="published ODE", zorder=4)
    quantity = QUANTITIES[measurement.observable]
    _label(
        ax, "Time [min]", f"{quantity.long_name.partition(',')[0]} [%]" if quantity.unit == "percent" else quantity.unit
    )


def _points(ax: Axes, outcome: Outcome, measurement: Measurement) -> None:
    """A scaled course, over time or dose, against data points with SEM."""
    course, data, arguments = outcome.course(measurement), measurement.data, measurement.arguments
    fit = fit_to(course, data, arguments["scaling"], arguments.get("at"))
    if data.is_dose:
        lowest = course.doses[course.doses > 0.0].min() / 3.0  # where no insulin is drawn, on a logarithmic axis
        responses, reach = _dose_curve(outcome, measurement, fit)
        _band(ax, np.where(course.doses > 0.0, course.doses, lowest), responses, reach)
        x = np.where(data.x > 0.0, data.x, lowest)
        ax.set_xscale("log")
        _label(ax, f"Insulin [nM]; none at {lowest:g}", "Response, published unit")
    else:
        start = course.values[course.time <= 0.0].mean()
        inside = course.time <= data.x.max() + MINUTE
        scaled = fit.factor * (course.values - start) + fit.offset
        _band(ax, course.time[inside] / MINUTE, scaled[inside], abs(fit.factor) * _reach(outcome, measurement)[inside])
        x = data.x / MINUTE
        _label(ax, "Time [min]", "Response, published unit")
    ax.errorbar(
        x, data.y, data.sem, fmt="o", color=DATA, markersize=4, capsize=2, linewidth=1, label="data, SEM", zorder=4
    )


def _dose_curve(outcome: Outcome, measurement: Measurement, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """The scaled response to each dose, and the half-width of its 95 % interval."""
    at = measurement.arguments["at"]
    course = outcome.course(measurement)
    rest = int(np.argmin(course.doses))

    def scaled(one):
        return fit.factor * (responses(one, at) - responses(one, at)[rest]) + fit.offset

    single = np.array([scaled(outcome.course(measurement, [r])) for r in range(outcome.replicates)])
    return scaled(course), _half_width(single)


def _reach(outcome: Outcome, measurement: Measurement) -> np.ndarray:
    """Half-width of the 95 % interval of a course."""
    return _half_width(np.array([outcome.course(measurement, [r]).values for r in range(outcome.replicates)]))


def _half_width(values: np.ndarray) -> np.ndarray:
    n = len(values)
    if n < 2:
        return np.zeros(values.shape[1:])
    return t_distribution.ppf((1.0 + CONFIDENCE) / 2.0, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n)


def _band(ax: Axes, x: np.ndarray, mean: np.ndarray, reach: np.ndarray) -> None:
    by_chance = bool(reach.any())
    ax.plot(x, mean, color=MODEL, label="simulated, 95 % interval" if by_chance else "simulated", zorder=3)
    if by_chance:
        ax.fill_between(x, mean - reach, mean + reach, color=MODEL, alpha=0.25, linewidth=0, zorder=2)


def _label(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, color=GREY)
    ax.set_ylabel(y, color=GREY)
