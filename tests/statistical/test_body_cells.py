"""Sampled cells of a tissue converge to their mean field, in an interstitium that changes from exchange to exchange.

256 fibres, of 200 vesicles each, are taken in groups of 1, 4 and 16: the root mean square of a group's uptake over 10
min of insulin, against the mean field's, falls as the square root of the cells. Groups are 256, 64 and 16, so that the
logarithms have standard errors of 1 / sqrt(2 groups), and their slope one of 0.07. Tolerances are 4 standard errors.
"""

import numpy as np

from glut4sim.sim.body.cells import Agents, CellKind, Interstitium, MeanField
from glut4sim.sim.model.parameters import load_preset

CELLS, EXCHANGE, MINUTES = 256, 30.0, 10
FASTING, CLAMPED, GLUCOSE = 0.02, 0.2, 4.5  # nM, nM, mM
SIZES, SLOPE_ERROR = np.array([1, 4, 16]), 0.07


def kind(**changes):
    p = load_preset("skeletal-muscle").build()
    p = p._replace(fibre=p.fibre._replace(**changes))
    return CellKind("skeletal-muscle", p, cells=CELLS, vesicles=200, receptors=400)


def follow(cells, of):
    """Exchanges of a tissue that is given insulin; returns the mean uptake of a cell."""
    around = Interstitium(cells, of, FASTING)
    insulin = [FASTING, *[CLAMPED] * (int(60 * MINUTES / EXCHANGE) - 1)]
    return sum(around.advance(level, GLUCOSE, EXCHANGE * k, EXCHANGE) for k, level in enumerate(insulin))


def off(uptake, mean_field):
    """Slope of the distance from a mean field over the cells of a group, and the mean distance in standard errors."""
    away = uptake / mean_field - 1.0
    distance = [np.sqrt(np.mean(away.reshape(-1, n).mean(axis=1) ** 2)) for n in SIZES]
    slope = np.polyfit(np.log(SIZES), np.log(distance), 1)[0]
    return slope, away.mean() / (away.std(ddof=1) / np.sqrt(CELLS))


def test_cells_converge_to_their_mean_field():
    usual, at_once = kind(), kind(tubule_delay=1e-3)
    cells = Agents(usual, FASTING, GLUCOSE, seed=1)
    follow(cells, usual)
    uptake = np.array([cell.stages["glucose"].net_uptake[0] for cell in cells.engines])
    slope, bias = off(uptake, follow(MeanField(usual, FASTING, GLUCOSE), usual))
    assert abs(slope + 0.5) < 4.0 * SLOPE_ERROR
    assert abs(bias) < 4.0
    # wrong: insulin gets into T-tubules at once
    _, bias = off(uptake, follow(MeanField(at_once, FASTING, GLUCOSE), at_once))
    assert abs(bias) > 4.0
