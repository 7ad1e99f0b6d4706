"""The cell, or several side by side, drawn in the browser, and the strip of causes: see cell_view.js."""

from collections.abc import Iterable

import traitlets

from glut4sim.sim.dashboard import causes
from glut4sim.sim.dashboard.browser import script, style
from glut4sim.sim.dashboard.channel import Channel


class CellView(Channel):
    """Cells drawn in three dimensions, with a legend of live numbers; `causes` is what the strip is told of them."""

    _esm = script("canvas.js", "cell_symbols.js", "cell_cut.js", "cell_stage.js", "cause_strip.js", "cell_view.js")
    _css = style("cell_view.css") + style("causes.css")
    causes = traitlets.Dict({"links": causes.table(), "cells": []}).tag(sync=True)

    def show_cells(self, time: float, molecules_per_hexagon: float, cells: Iterable[tuple[str, dict, list]]) -> None:
        """Draw a frame.

        Parameters
        ----------
        time : float
            simulated [s]
        molecules_per_hexagon : float
            flow of glucose that one hexagon stands for [molecules/s]
        cells
            (label, facts, buffers) of each, the last two from `frames.pack`
        """
        cells = list(cells)
        content = {
            "kind": "frame",
            "time": time,
            "molecules_per_hexagon": molecules_per_hexagon,
            "cells": [{"label": label, **facts} for label, facts, _ in cells],
        }
        self.show(content, [buffer for _, _, buffers in cells for buffer in buffers])
