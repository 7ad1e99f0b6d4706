"""The cell, or several side by side, drawn in the browser, and the strip of causes: see cell_view.js."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import traitlets

from glut4sim.sim.dashboard import causes
from glut4sim.sim.dashboard.browser import CELL, script, style
from glut4sim.sim.dashboard.channel import Channel


class CellView(Channel):
    """Cells drawn in three dimensions, with a legend of live numbers; `causes` is what the strip is told of them.

    Parameters
    ----------
    follow
        called when the reader wants a vesicle to be followed: with the number of its cell, and its own among those that
        are drawn, or None if no vesicle shall be
    look_back
        called when the reader wants to see the cells as they were: with the time [s], or None for as they are
    """

    _esm = script(*CELL)
    _css = style("cell_view.css") + style("causes.css")
    causes = traitlets.Dict({"links": causes.table(), "cells": []}).tag(sync=True)

    def __init__(
        self,
        follow: Callable[[int, int | None], object] = lambda cell, vesicle: None,
        look_back: Callable[[float | None], object] = lambda time: None,
    ):
        self._follow, self._look_back = follow, look_back
        super().__init__()

    def show_cells(
        self,
        time: float,
        molecules_per_hexagon: float,
        cells: Iterable[tuple[str, dict, list]],
        reach: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Draw a frame.

        Parameters
        ----------
        time : float
            simulated [s]
        molecules_per_hexagon : float
            flow of glucose that one hexagon stands for [molecules/s]
        cells
            (label, facts, buffers) of each, the last two from `frames.pack`
        reach
            `reach`, how far the run has come [s]; `every`, the time between two pictures of its past [s]; and
            `looking_back`, whether this is one of them
        """
        cells = list(cells)
        content = {
            "kind": "frame",
            "time": time,
            **reach,
            "molecules_per_hexagon": molecules_per_hexagon,
            "cells": [{"label": label, **facts} for label, facts, _ in cells],
        }
        self.show(content, [buffer for _, _, buffers in cells for buffer in buffers])

    def _receive(self, widget, content, buffers):
        match content:
            case {"kind": "follow", "cell": int(cell), "vesicle": int() | None as vesicle}:
                self._follow(cell, vesicle)
            case {"kind": "look back", "time": int() | float() | None as time}:
                self._look_back(time)
            case _:
                super()._receive(widget, content, buffers)
