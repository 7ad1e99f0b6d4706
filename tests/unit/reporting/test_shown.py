"""Results show themselves: in a line, and in a notebook as a table in which all text is as it is."""

from glut4sim.sim.reporting.shown import Shown, ShowsItself


class Result(ShowsItself):
    def shown(self):
        return Shown("Doses < 1 nM", {"Dose": "left", "Mean": "right"}, [("a & b", "1.5")])


def test_in_a_line():
    assert repr(Result()) == "<Result: Doses < 1 nM>"


def test_in_a_notebook():
    assert Result()._repr_html_() == (
        '<table><caption style="text-align: left">Doses &lt; 1 nM</caption>'
        '<thead><tr><th style="text-align: left">Dose</th><th style="text-align: right">Mean</th></tr></thead>'
        '<tbody><tr><td style="text-align: left">a &amp; b</td><td style="text-align: right">1.5</td></tr></tbody>'
        "</table>"
    )
