"""The page: what `glut4sim dashboard` serves, to each browser tab its own."""

import solara
from solara.alias import rv
from solara.lab import Tab, Tabs, ThemeToggle

from sim.dashboard.browser import style
from sim.dashboard.desk import Desk
from sim.dashboard.knobs import Knobs
from sim.dashboard.markup import Text
from sim.dashboard.scenario_panel import ScenarioPanel
from sim.dashboard.setup_panel import SetupPanel
from sim.dashboard.transport import Transport
from sim.dashboard.twin_panel import TwinPanel
from sim.scenario import Scenario

PANELS = {"Scenario": ScenarioPanel, "Now": Knobs, "What if": TwinPanel, "Set up": SetupPanel}

first = Scenario.load("insulin-challenge")  # that a new page begins with; `serve` sets it


@solara.component
def Page():
    """Transport on top, panels on the left, the cell and its charts beside them, and the weeks before below."""
    desk = solara.use_memo(lambda: Desk(first), [])
    solara.use_effect(lambda: desk.close, [])
    solara.Title("glut4sim")
    solara.Style(style("page.css"))
    with solara.Div(classes=["g4-page"]):
        with solara.Div(classes=["g4-header"]):
            Text("h1", "glut4sim", "g4-name")
            Transport(desk)
            Colours()
        with solara.Div(classes=["g4-layout"]):
            with solara.Div(classes=["g4-side"]), Tabs(grow=True):
                for name, panel in PANELS.items():
                    with Tab(name):
                        panel(desk)
            with solara.Div(classes=["g4-main"]):
                with solara.Div(classes=["g4-views"]):
                    solara.Div(children=[desk.cell_view])
                    solara.Div(children=[desk.charts])
                TimelinePanel(desk)
        Notice(desk)


@solara.component
def Colours():
    """Light, dark, or as the system has it; the toggle itself has no name for a screen reader."""
    with rv.Html(tag="label", attributes={"title": "Colours: light, dark, or as the system has them"}):
        Text("span", "Colours", "g4-unseen")
        ThemeToggle()


@solara.component
def Notice(desk: Desk):
    """What went wrong last, in a line."""
    error = desk.settings.value.error
    with solara.Div(classes=["g4-notice"], attributes={"role": "status"}):
        if error:
            with solara.Error(error, dense=True, classes=["g4-error"]):
                solara.Button("Dismiss", on_click=lambda: desk.session.complain(""), text=True, small=True)


@solara.component
def TimelinePanel(desk: Desk):
    """The weeks before the experiment, where a scenario tells of them."""
    solara.Div(
        classes=["g4-weeks"],
        attributes={"id": "weeks"},
        style={"display": "block" if desk.has_timeline.value else "none"},
        children=[desk.timeline],
    )


@solara.component
def Layout(children):
    """No frame of Solara's around the page."""
    solara.Div(children=children)
