"""Figures of a suite: simulated curves against published curves, data points and bands, and effects in a row each."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import stdtrit

from glut4sim.sim.analysis import measurements
from glut4sim.sim.analysis.dose_response import CONFIDENCE
from glut4sim.sim.analysis.measurements import (
    HOUR,
    MEASURES,
    QUANTITIES,
    Fit,
    Reference,
    Span,
    fit_to,
    responses,
)
from glut4sim.sim.analysis.summary import MINUTE
from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    SHADE,
    VERMILION,
    page,
    save,
)
from glut4sim.sim.studies.benchmark.suite import Check, Measurement
from glut4sim.sim.studies.benchmark.suite_run import CheckResult, Outcome, SuiteResult

PANEL, COURSE = (3.8, 3.1), (4.5, 3.4)  # inches
MODEL, DATA = BLUE, VERMILION
DAY = 86400.0  # s


def save_figure(result: SuiteResult, name: str, path: Path, dpi: int = DPI) -> None:
    """Draw all checks of one figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(result, name), path, dpi)


def draw(result: SuiteResult, name: str) -> Figure:
    """The figure of a suite that is called so.

    Checks whose measurement names it have a panel each, or one for all of an experiment where there are no data to
    compare with. Checks that name it themselves have a row each.

    Returns
    -------
    Figure
    """
    shown = [one for one in result.checks if one.check.measurement.figure == name]
    if not shown:
        return _rows([one for one in result.checks if one.check.figure == name])
    panels = {}
    for one in shown:
        measurement = one.check.measurement
        panels.setdefault(measurement.experiment if measurement.data is None else one.check.id, []).append(one)
    columns = 2 if len(panels) in (2, 4) else min(3, len(panels))
    rows = -(-len(panels) // columns)
    width, height = COURSE if all(one.check.measurement.data is None for one in shown) else PANEL
    with page(size=(width * columns, height * rows + 0.4), style={"axes.titlesize": 9.5}) as figure:
        for index, checks in enumerate(panels.values()):
            ax = figure.add_subplot(rows, columns, index + 1)
            _panel(ax, result, checks)
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        labels = {}
        for ax in figure.axes:
            labels |= dict(zip(*reversed(ax.get_legend_handles_labels())))
        figure.legend(labels.values(), labels.keys(), loc="outside lower right", ncols=len(labels))
    return figure


def _panel(ax: Axes, result: SuiteResult, checks: list[CheckResult]) -> None:
    measurement = checks[0].check.measurement
    outcome = result.outcomes[measurement.experiment]
    if measurement.data is None:
        _course(ax, result, checks)
        lines = textwrap.wrap(outcome.experiment.title.partition(",")[0], width=44)
        ax.set_title("\n".join([*lines, *map(_verdict, checks)]))
        return
    draw_panel = _deviation if measurement.data.sem is None else _points
    draw_panel(ax, outcome, measurement, measurement.data)
    ax.set_title(_title(checks[0]))


def _title(one: CheckResult) -> str:
    verdict = f"{_value(one)}, at most {one.check.expect[1]:g} {one.check.unit}: {'pass' if one.passed else 'FAIL'}"
    return f"{one.check.id}  {one.check.quantity.partition(',')[0]}\n{verdict}"


def _value(one: CheckResult) -> str:
    return "no value" if one.value is None else f"{one.value:.3g}"


def _verdict(one: CheckResult) -> str:
    low, high = one.check.expect
    band = f"{low:g} to {high:g}" + ("" if one.passed else ": FAIL")
    return f"{one.check.id}  {_value(one)} {one.check.unit}".rstrip() + f" (band {band})"


def _course(ax: Axes, result: SuiteResult, checks: list[CheckResult]) -> None:
    """A course of hormones or of repeated assays, relative to what the checks compare it with, and their bands."""
    first = checks[0].check
    outcome = result.outcomes[first.measurement.experiment]
    hours = outcome.course(first.measurement).time[-1] <= 3.0 * DAY
    unit = HOUR if hours else DAY
    scale = _whole(result, first)
    colours = (MODEL, ORANGE, GREEN)
    rescued = first.relative_to if first.compare == "percent rescued" else ()
    for measurement, colour in zip((first.measurement, *rescued), colours):
        other = result.outcomes[measurement.experiment]
        course = other.course(measurement)
        _band(ax, course.time / unit, course.values / scale, _reach(other, measurement) / scale, colour)
        if other.experiment.assays:
            ax.plot(course.time / unit, course.values / scale, "o", color=colour, markersize=3.5, zorder=3)
        if rescued:
            title = other.experiment.title.partition(",")[0]
            ax.text(0.98, 0.05 + 0.09 * colours.index(colour), title, color=colour, fontsize=8, ha="right",
                    transform=ax.transAxes)  # fmt: skip
    for one in checks:
        _expected(ax, one, unit)
    ax.margins(y=0.1)
    ax.set(xlabel="Time [h]" if hours else "Time [d]", ylabel=_of_course(first, scale))


def _whole(result: SuiteResult, check: Check) -> float:
    """What a course is drawn relative to: the value that its check divides by; 1 where it divides by none."""
    m = check.measurement
    course = result.outcomes[m.experiment].course(m)
    if m.measure in ("change", "onset"):
        return measurements.level(course, m.arguments.get("since", (0.0, 0.0)))
    if check.compare == "percent rescued":
        return float(course.values[0])
    if check.relative_to:
        other = check.relative_to[0]
        return MEASURES[other.measure].function(result.outcomes[other.experiment].course(other), **other.arguments)
    return 1.0


def _of_course(check: Check, scale: float) -> str:
    name = check.measurement.observable
    if name in QUANTITIES:
        return "Uptake, relative to before" if name == "transport" else f"{QUANTITIES[name].long_name}, relative"
    known = installed()
    title = known.levels[name].title if name in known.levels else name
    return f"{title}, relative to before" if scale != 1.0 else f"{title} [{known.substance(name).unit}]"


def _expected(ax: Axes, one: CheckResult, unit: float) -> None:
    """The band of a check, and the published value, where the check looks at the course."""
    check, arguments = one.check, one.check.measurement.arguments
    measure = check.measurement.measure
    if measure == "onset":
        since = arguments.get("since", (0.0, 0.0))[0]
        ax.axvspan(*((since + HOUR * hours) / unit for hours in check.expect), color=DATA, alpha=0.15, linewidth=0)
        if check.published is not None:
            ax.axvline((since + HOUR * check.published) / unit, color=DATA, linewidth=1.0, linestyle=":")
        return
    if measure == "change" or check.compare == "percent change":
        low, high = (1.0 + bound / 100.0 for bound in check.expect)
        published = None if check.published is None else 1.0 + check.published / 100.0
    elif check.compare == "ratio":
        (low, high), published = check.expect, check.published
    else:
        return
    x = _middle(arguments["at"]) / unit
    ax.plot([x, x], [low, high], color=DATA, linewidth=5, alpha=0.35, solid_capstyle="butt", label="band", zorder=1)
    if published is not None:
        ax.plot(x, published, "D", color=DATA, markersize=5, label="published", zorder=4)


def _middle(span: Span) -> float:
    return sum(span) / 2.0


def _rows(shown: list[CheckResult]) -> Figure:
    """Checks in percent, one below the other: value with its interval, band, and published value."""
    with page(size=(9.6, 0.36 * len(shown) + 1.4)) as figure:
        ax = figure.add_subplot()
        for row, one in enumerate(reversed(shown)):
            check = one.check
            percent = (lambda x: 100.0 * (x - 1.0)) if check.compare == "ratio" else (lambda x: x)
            low, high = map(percent, check.expect)
            ax.barh(row, high - low, left=low, height=0.62, color=DATA, alpha=0.25, label="" if row else "band")
            if check.published is not None:
                published = percent(check.published)
                ax.plot(published, row, "D", color=DATA, markersize=9, label="" if row else "published", linestyle="")
            if one.value is not None:
                ends = (one.value, one.value) if one.interval is None else one.interval
                ax.plot([*map(percent, ends)], [row, row], color=MODEL, linewidth=2.0)
                ax.plot(
                    percent(one.value), row, "o", color=MODEL, markersize=5, linestyle="",
                    label="" if row else "simulated, 95 % interval",
                )  # fmt: skip
        ax.axvline(0.0, color=GREY, linewidth=0.8)
        ax.set_yticks(range(len(shown)), [f"{one.check.id}  {one.check.quantity}" for one in reversed(shown)])
        ax.set_ylim(-0.6, len(shown) - 0.4)
        ax.use_sticky_edges = False
        ax.margins(x=0.05)
        ax.set_xlabel("Change [%]")
        figure.legend(loc="outside lower right", ncols=3)
    return figure


def _deviation(ax: Axes, outcome: Outcome, measurement: Measurement, data: Reference) -> None:
    """A course against a published curve; the time with insulin is shaded."""
    course, stimulated = outcome.course(measurement), outcome.experiment.step or 0.0
    schedule = outcome.experiment.scenarios[0].bath.insulin
    ends = (*schedule.times[1:], outcome.experiment.scenarios[0].run.duration)
    highest = max(schedule.values)
    for start, end, level in zip(schedule.times, ends, schedule.values):
        if level > 0.0:
            depth = 0.3 + 0.7 * (3.0 + np.log10(level / highest)) / 3.0 if level > 1e-3 * highest else 0.3
            span = [(t - stimulated) / MINUTE for t in (start, end)]
            ax.axvspan(*span, color=SHADE, alpha=depth, linewidth=0, zorder=0)
    _band(ax, course.time / MINUTE, course.values, _reach(outcome, measurement))
    ax.plot(data.x / MINUTE, data.y, "--", color=DATA, linewidth=1.3, label="published ODE", zorder=4)
    quantity = QUANTITIES[measurement.observable]
    name = f"{quantity.long_name.partition(',')[0]} [%]" if quantity.unit == "percent" else quantity.unit
    ax.set(xlabel="Time [min]", ylabel=name)


def _points(ax: Axes, outcome: Outcome, measurement: Measurement, data: Reference) -> None:
    """A scaled course, over time or dose, against data points with SEM."""
    course, arguments = outcome.course(measurement), measurement.arguments
    fit = fit_to(course, data, arguments["scaling"], arguments.get("at"))
    if data.is_dose:
        lowest = course.doses[course.doses > 0.0].min() / 3.0  # where no insulin is drawn, on a logarithmic axis
        responses, reach = _dose_curve(outcome, measurement, fit)
        _band(ax, np.where(course.doses > 0.0, course.doses, lowest), responses, reach)
        x = np.where(data.x > 0.0, data.x, lowest)
        ax.set_xscale("log")
        ax.set_xlabel(f"Insulin [nM]; none at {lowest:g}")
    else:
        start = course.values[course.time <= 0.0].mean()
        inside = course.time <= data.x.max() + MINUTE
        scaled = fit.factor * (course.values - start) + fit.offset
        _band(ax, course.time[inside] / MINUTE, scaled[inside], abs(fit.factor) * _reach(outcome, measurement)[inside])
        x = data.x / MINUTE
        ax.set_xlabel("Time [min]")
    ax.set_ylabel("Response, published unit")
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

    single = np.array([scaled(outcome.course(measurement, np.array([r]))) for r in range(outcome.replicates)])
    return scaled(course), _half_width(single)


def _reach(outcome: Outcome, measurement: Measurement) -> np.ndarray:
    """Half-width of the 95 % interval of a course."""
    return _half_width(np.array([outcome.course(measurement, np.array([r])).values for r in range(outcome.replicates)]))


def _half_width(values: np.ndarray) -> np.ndarray:
    n = len(values)
    if n < 2:
        return np.zeros(values.shape[1:])
    return stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0) * values.std(axis=0, ddof=1) / np.sqrt(n)


def _band(ax: Axes, x: np.ndarray, mean: np.ndarray, reach: np.ndarray, colour: str = MODEL) -> None:
    by_chance = bool(reach.any())
    ax.plot(x, mean, color=colour, label="simulated, 95 % interval" if by_chance else "simulated", zorder=3)
    if by_chance:
        ax.fill_between(x, mean - reach, mean + reach, color=colour, alpha=0.25, linewidth=0, zorder=2)
