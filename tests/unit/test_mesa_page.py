"""The page for Mesa's users shows a SolaraViz of a cell that Mesa can draw, and make anew."""

import pytest

from tests.unit.test_how_to import code_of


def test_the_page_of_mesa_draws_a_cell_and_makes_another(monkeypatch):
    for needed in ("altair", "networkx", "solara"):  # all by mesa[rec], as the page says
        pytest.importorskip(needed)
    import reacton
    from ipywidgets.widgets.widget import _instances

    monkeypatch.setenv("MPLBACKEND", "agg")
    shown = {}
    exec(next(code for code in code_of("mesa.md", "python") if "SolaraViz" in code), shown)
    before = set(_instances)
    _, rendered = reacton.render(shown["page"], handle_error=False)
    try:
        drawn = [type(_instances[key]).__name__ for key in set(_instances) - before]
    finally:
        rendered.close()
    assert drawn.count("Image") == 1  # the curve

    field = shown["seed"]
    assert (field["type"], field["value"]) == ("InputText", "1")  # what is typed there comes as text
    again = shown["Cell"](**{**shown["small"], "seed": field["value"]})
    again.step()
    assert len(again.datacollector.get_model_vars_dataframe()["surface_glut4_percent"]) == 2
