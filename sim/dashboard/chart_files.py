"""The charts of a page to take home: their numbers as CSV, and their picture as SVG or PNG."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from glut4sim.sim.dashboard.chart_view import PANELS, Curve, Mark
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.reporting import figure_style

WIDTH, HEIGHT = 8.0, 2.1  # of a panel [inch]
DASHES = {"twin": "--"}
_UNITS = {one.name: one.unit for one in OBSERVABLES}


class Charts(NamedTuple):
    """What charts show at a moment, as `chart_view.pack` takes it; and the title of the scenario."""

    title: str
    curves: Sequence[Curve]
    until: float
    marks: Sequence[Mark]
    full: Mapping[str, float]


def table(charts: Charts) -> bytes:
    """CSV: a row for each record, a column for each course, named like "twin.pip3 [percent]"."""
    import pandas as pd

    frames = []
    for curve in charts.curves:
        frame = pd.DataFrame(dict(curve.columns)).set_index("time")
        frames.append(frame.rename(columns=lambda name, curve=curve: f"{curve.name}.{name} [{_UNITS[name]}]"))
    buffer = io.StringIO()
    pd.concat(frames, axis=1).to_csv(buffer, index_label="time [s]")
    return buffer.getvalue().encode()


def picture(charts: Charts, kind: str) -> bytes:
    """The panels below each other, of a kind such as "svg" or "png"."""
    by_name = {curve.name: curve for curve in charts.curves}
    drawn = [(panel, _of(panel, by_name)) for panel in PANELS]
    drawn = [(panel, curves) for panel, curves in drawn if curves]
    with (
        tempfile.TemporaryDirectory() as place,
        figure_style.page(charts.title, size=(WIDTH, HEIGHT * len(drawn) + 0.6), panels_alone=True) as figure,
    ):
        axes = figure.subplots(len(drawn), sharex=True, squeeze=False)[:, 0]
        for ax, (panel, curves) in zip(axes, drawn, strict=True):
            _draw(ax, panel, curves, charts)
        axes[-1].set_xlabel("Time [min]")
        axes[-1].set_xlim(0.0, charts.until / 60.0)
        path = Path(place) / f"charts.{kind}"
        figure_style.save(figure, path)
        return path.read_bytes()


def _of(panel: Mapping[str, Any], by_name: Mapping[str, Curve]) -> list[Curve]:
    """The courses that a panel draws, of those there are."""
    return [by_name[name] for name in panel.get("sets", ("cell", "twin")) if name in by_name]


def _draw(ax, panel, curves, charts):
    for series in panel["series"]:
        scale = charts.full.get(series["name"], 100.0) / 100.0 if "relative" in panel else 1.0
        for curve in curves:
            label = ", ".join(filter(None, [series.get("label", ""), curve.label if len(curves) > 1 else ""]))
            times = curve.columns["time"] / 60.0
            values = curve.columns[series["name"]] / scale
            ax.plot(times, values, DASHES.get(curve.name, "-"), color=series["colour"], label=label or None)
    for mark in charts.marks:
        ax.axvline(mark.time / 60.0, color="0.6", linestyle=":", linewidth=0.8)
    figure_style.frame(ax, panel["title"], panel.get("relative") or panel["unit"])
    if len(panel["series"]) * len(curves) > 1:
        ax.legend(loc="best", fontsize="x-small")
