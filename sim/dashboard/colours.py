"""One colour for one agent, in the cell, in the table, in the strip of causes and in the charts.

Most are of Okabe and Ito (sim/reporting/figure_style.py). cell_view.css has the same for the cell, and a shade of
GLUT4's for each place of a vesicle; the dark page has brighter ones, see canvas.js.
"""

from glut4sim.sim.reporting.figure_style import BLUE, GREEN, ORANGE, PURPLE, VERMILION

INSULIN = PURPLE
RECEPTOR = VERMILION
IRS1 = "#8C564B"
PIP3 = GREEN
AKT = ORANGE
AS160 = "#7B61C4"
RAB10 = "#4D6B7A"
GLUT4 = BLUE
GLUCOSE = "#9A8700"
