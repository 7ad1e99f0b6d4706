"""Scenarios to begin with: each with a picture of what is expected of it, and what to look for."""

import base64
import threading
from functools import cache
from typing import NamedTuple

import numpy as np
import solara
from solara.alias import rv

from glut4sim.sim.dashboard import colours
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.reference import full_response
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected

WIDTH, HEIGHT, MARGIN = 72.0, 54.0, 4.0  # of a picture
POINTS = 60  # of a course in it


class Card(NamedTuple):
    """A scenario worth beginning with."""

    scenario: str
    title: str
    look_for: str


CARDS = (
    Card("insulin-challenge", "Insulin opens the cell", "receptors light up at once, GLUT4 is out in minutes"),
    Card("fasting", "Hardly any insulin", "how little GLUT4 is out, and how little glucose goes in"),
    Card("meal", "A meal and a muscle", "uptake that rises with the meal and comes back"),
    Card("men/hypogonadal", "Low testosterone", "weaker steps from PI3K on: uptake a fifth lower"),
    Card("metabolic/type-2-diabetes", "Type 2 diabetes", "fewer receptors, half of the uptake"),
    Card("knock-out/rab10", "Without Rab10", "one switch gone: GLUT4 comes out by other ways, less of it"),
)


@solara.component
def Cards(page: PageState, shown: str):
    """The cards of all but the scenario on show."""
    pictures = solara.use_reactive({})

    def draw():
        for card in CARDS:
            pictures.set(pictures.value | {card.scenario: picture(card.scenario)})

    solara.use_effect(lambda: threading.Thread(target=draw, name="dashboard-cards", daemon=True).start(), [])
    Text("h3", "Or begin with")
    with solara.Div(classes=["g4-cards"]):
        for card in CARDS:
            if card.scenario == shown:
                continue
            drawn = pictures.value.get(card.scenario, EMPTY)
            with solara.Button(
                on_click=lambda card=card: page.session.load(lambda: Scenario.load(card.scenario)),
                classes=["g4-card"],
                text=True,
            ).key(card.scenario):
                rv.Html(tag="img", attributes={"alt": "", "src": drawn})
                rv.Html(
                    tag="span",
                    class_="g4-card-text",
                    children=[Text("strong", card.title), f"Look for {card.look_for}."],
                )


@cache
def picture(name: str) -> str:
    """What is expected of a scenario, as the address of an image: insulin as an area, uptake of glucose as a line.

    Both on fixed scales: insulin by the power of ten from 1 pM to 100 nM, uptake as a share of the full response.
    """
    scenario = Scenario.load(name).assays[-1]
    times, found = expected.series(scenario)
    rows = np.linspace(1, len(times) - 1, POINTS).astype(int)
    x = MARGIN + (WIDTH - 2 * MARGIN) * times[rows] / times[-1]
    dose = np.log10(np.maximum(found["insulin"][rows], 1e-3) / 1e-3) / 5.0
    line = found["glucose_uptake_rate"][rows] / full_response(scenario)["glucose_uptake_rate"]
    foot = HEIGHT - MARGIN
    area = f"M{x[0]:.1f} {foot}L{_points(x, dose)}L{x[-1]:.1f} {foot}Z"
    return _as_url(
        _svg(
            f'<path d="{area}" fill="{colours.INSULIN}" opacity=".35"/>'
            f'<path d="M{_points(x, line)}" fill="none" stroke="{colours.GLUCOSE}" stroke-width="2.5"/>'
        )
    )


def _points(x: np.ndarray, share: np.ndarray) -> str:
    y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * np.clip(share, 0.0, 1.0)
    return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y))


def _svg(drawn: str) -> str:
    """A picture of its own ground, so that it looks the same on a dark page."""
    size = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    ground = f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" rx="4" fill="#f4f6f8"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{ground}{drawn}</svg>'


def _as_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


EMPTY = _as_url(_svg(""))
