"""The dose-response of the cell on the page, with where it is now: see dose_view.js."""

from typing import Any

import anywidget
import numpy as np
import traitlets

from glut4sim.sim.analysis.dose_response import fit_hill
from glut4sim.sim.dashboard import colours
from glut4sim.sim.dashboard.browser import script, style
from glut4sim.sim.dashboard.reference import Bath
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import observables
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected

DOSES = (0.0, *(10.0 ** (k / 2.0) for k in range(-6, 6)))  # nM: 1 pM to 316 nM
SECONDS = 1800.0  # of each dose
NAME = "surface_glut4_percent"


def content(scenario: Scenario) -> dict[str, Any]:
    """What the view draws: the mean field's surface GLUT4 after half an hour of each dose, from rest without insulin.

    Parameters
    ----------
    scenario : its cell, as hormones have made it at the start of the run

    Returns
    -------
    dict
        `doses` [nM] and `responses` [% of GLUT4], `minutes`, `colour`, and `ec50` [nM], None where no Hill curve fits;
        empty where the equations have no solution
    """
    supplied = expected.supplied(scenario)
    glucose = Schedule((0.0,), (scenario.bath.glucose.values[0],))
    responses = []
    for dose in DOSES:
        insulin = Schedule((0.0,), (0.0,)) if dose == 0.0 else Schedule((0.0, 1.0), (0.0, dose))
        bath = Bath(insulin, glucose, scenario.bath.plasma)
        cell = expected.Cell(scenario.cell, bath, Schedule((0.0,), (supplied.parameter_set,)))
        try:
            solved = expected.solved(cell, np.array([0.0, SECONDS]))
        except ArithmeticError:
            return {}
        responses.append(float(observables.measure(solved, None, observables.mean_scale(cell))[NAME][-1]))
    fitted = fit_hill(DOSES, np.array(responses))
    return {
        "doses": list(DOSES),
        "responses": [round(value, 4) for value in responses],
        "minutes": SECONDS / 60.0,
        "colour": colours.GLUT4,
        "ec50": fitted.ec50.value if fitted.status == "fitted" else None,
    }


class DoseView(anywidget.AnyWidget):
    """The curve in the browser; where the cell is now it hears from the charts."""

    _esm = script("canvas.js", "dose_view.js")
    _css = style("charts.css")
    content = traitlets.Dict().tag(sync=True)
